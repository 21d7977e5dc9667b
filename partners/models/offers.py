"""What customers filter the marketplace by: services, regions, languages; and their budgets."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Service(TextChoices):
    """What an agency does for its customers."""

    DESIGN = "design", _("Web design")
    BUILD = "build", _("Building sites")
    SHOP = "shop", _("Online shops")
    BRAND = "brand", _("Branding")
    WORDS = "words", _("Texts and translation")
    SEARCH = "search", _("Search engines")
    MARKETING = "marketing", _("Marketing and newsletters")
    ACCESS = "access", _("Accessibility")
    MOVING = "moving", _("Moving a site here")
    CARE = "care", _("Care and training")


class Region(TextChoices):
    """Where its customers are."""

    WORLDWIDE = "worldwide", _("Worldwide")
    BRITAIN = "britain", _("United Kingdom and Ireland")
    NORTHERN_EUROPE = "northern_europe", _("Northern Europe")
    WESTERN_EUROPE = "western_europe", _("Western Europe")
    SOUTHERN_EUROPE = "southern_europe", _("Southern Europe")
    EASTERN_EUROPE = "eastern_europe", _("Central and Eastern Europe")
    NORTH_AMERICA = "north_america", _("North America")
    LATIN_AMERICA = "latin_america", _("Latin America")
    AFRICA = "africa", _("Africa")
    MIDDLE_EAST = "middle_east", _("Middle East")
    ASIA = "asia", _("Asia")
    OCEANIA = "oceania", _("Australia and Oceania")


class Language(TextChoices):
    """What it speaks with them (ISO 639-1)."""

    ARABIC = "ar", _("Arabic")
    CHINESE = "zh", _("Chinese")
    CZECH = "cs", _("Czech")
    DANISH = "da", _("Danish")
    DUTCH = "nl", _("Dutch")
    ENGLISH = "en", _("English")
    FINNISH = "fi", _("Finnish")
    FRENCH = "fr", _("French")
    GERMAN = "de", _("German")
    GREEK = "el", _("Greek")
    HEBREW = "he", _("Hebrew")
    HINDI = "hi", _("Hindi")
    HUNGARIAN = "hu", _("Hungarian")
    ITALIAN = "it", _("Italian")
    JAPANESE = "ja", _("Japanese")
    KOREAN = "ko", _("Korean")
    NORWEGIAN = "no", _("Norwegian")
    POLISH = "pl", _("Polish")
    PORTUGUESE = "pt", _("Portuguese")
    ROMANIAN = "ro", _("Romanian")
    SPANISH = "es", _("Spanish")
    SWEDISH = "sv", _("Swedish")
    THAI = "th", _("Thai")
    TURKISH = "tr", _("Turkish")
    UKRAINIAN = "uk", _("Ukrainian")
    WELSH = "cy", _("Welsh")


class Budget(TextChoices):
    """What a customer thinks of spending, in pounds, euros or dollars."""

    SMALL = "small", _("Under 1,000")
    MEDIUM = "medium", _("1,000 to 5,000")
    LARGE = "large", _("5,000 to 20,000")
    VERY_LARGE = "very_large", _("Over 20,000")
