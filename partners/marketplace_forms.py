"""What the marketplace's pages ask for: of partners, and of visitors."""

import re
from typing import Any

from django import forms
from django.core.validators import URLValidator
from django.utils.translation import gettext_lazy as _

from partners.models import Profile
from partners.models.offers import Budget, Language, Region, Service
from partners.rules import QUOTE_POLICY

LINK = re.compile(r"(?:https?://|www\.)", re.IGNORECASE)


class ProfileForm(forms.ModelForm):
    """A profile; a draft may lack things, a listed one may not."""

    services = forms.MultipleChoiceField(
        choices=Service.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    regions = forms.MultipleChoiceField(
        choices=Region.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    languages = forms.MultipleChoiceField(
        choices=Language.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    website = forms.URLField(
        label=_("Website"),
        max_length=200,
        required=False,
        assume_scheme="https",
        validators=[URLValidator(schemes=["http", "https"])],
    )

    class Meta:
        model = Profile
        fields = ("name", "tagline", "text", "website", "services", "regions", "languages")
        help_texts = {
            "tagline": _("What you do and for whom; it stands below your name in the directory."),
            "text": _("Plain text. An empty line begins a new paragraph."),
        }
        widgets = {"text": forms.Textarea(attrs={"rows": 10})}

    def __init__(self, *args: Any, is_listed: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in Profile.TOLD_BY_ALL:
            self.fields[name].label = Profile.TOLD_BY_ALL[name]
            self.fields[name].required = is_listed or name == "name"
        for name in ("services", "regions", "languages"):
            self.fields[name].widget.attrs["class"] = "choices-in-columns"


class LogoForm(forms.Form):
    """A file to be made a logo of."""

    logo = forms.FileField(
        label=_("Picture"),
        help_text=_("PNG, JPEG or WebP, at most 2 MB. It is shown on a white square."),
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/webp"}),
    )


def _any(label: Any, choices: list[tuple[str, Any]]) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, required=False, choices=[("", _("Any")), *choices])


class DirectoryFilter(forms.Form):
    """What the directory can be narrowed to."""

    q = forms.CharField(label=_("Search"), required=False, max_length=100)
    service = _any(_("Service"), Service.choices)
    region = _any(_("Region"), Region.choices)
    language = _any(_("Language"), Language.choices)


class QuoteForm(forms.Form):
    """What somebody wants a quote for, and where the answer goes."""

    name = forms.CharField(
        label=_("Your name"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    email = forms.EmailField(
        label=_("Your e-mail"),
        max_length=254,
        help_text=_("The partner answers to this address."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    needs = forms.CharField(
        label=_("What you need"),
        min_length=20,
        max_length=4000,
        help_text=_("What kind of site, for whom, and by when."),
        widget=forms.Textarea(attrs={"rows": 7}),
    )
    budget = forms.ChoiceField(
        label=_("Budget"),
        required=False,
        choices=[("", _("I don’t know yet")), *Budget.choices],
        help_text=_("Roughly, in pounds, euros or dollars."),
    )

    def clean_name(self) -> str:
        """One line: it is going to stand in a mail."""
        return " ".join(str(self.cleaned_data["name"]).split())

    def clean_needs(self) -> str:
        needs = str(self.cleaned_data["needs"])
        if len(LINK.findall(needs)) > QUOTE_POLICY.links_at_most:
            words = _(
                "Please leave out links beyond the first %(n)d; you can send more once you have an"
                " answer."
            )
            raise forms.ValidationError(words % {"n": QUOTE_POLICY.links_at_most})
        return needs
