"""What search engines read of the marketplace (schema.org, JSON-LD)."""

import json
from collections.abc import Iterable
from typing import Any

from django.utils.safestring import SafeString

from partners.models import Profile

# A browser ends a script at the first `</script`, wherever it stands: no `<` gets in.
ESCAPES = {ord(sign): f"\\u{ord(sign):04X}" for sign in "<>&"}


def organization(profile: Profile, *, url: str, logo_url: str = "") -> SafeString:
    """A partner as a schema.org Organization."""
    told = {
        "@context": "https://schema.org",
        "@type": "Organization",
        "name": profile.name,
        "slogan": profile.tagline,
        "description": profile.text,
        "url": url,
        "sameAs": profile.website,
        "logo": logo_url,
        "areaServed": profile.regions_in_words,
        "knowsAbout": profile.services_in_words,
        "knowsLanguage": profile.languages,
    }
    return in_a_script({name: value for name, value in told.items() if value})


def item_list(entries: Iterable[tuple[str, str]], *, first: int) -> SafeString:
    """A page of the directory as a schema.org ItemList; entries are names with their addresses."""
    return in_a_script(
        {
            "@context": "https://schema.org",
            "@type": "ItemList",
            "itemListElement": [
                {"@type": "ListItem", "position": position, "name": name, "url": url}
                for position, (name, url) in enumerate(entries, start=first)
            ],
        }
    )


def in_a_script(told: dict[str, Any]) -> SafeString:
    """As JSON that can stand between the tags of a script, whatever people have typed."""
    return SafeString(json.dumps(told).translate(ESCAPES))
