"""What the pages of claims ask for."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from claims.models import ClaimState, DeclineReason, Verdict
from claims.rules import SITES_A_SUBMISSION


class SubmissionForm(forms.Form):
    """The addresses of one or many sites, one a line."""

    addresses = forms.CharField(
        label=_("Sites"),
        help_text=_("One address a line, as you would type it into a browser."),
        widget=forms.Textarea(attrs={"rows": 5, "spellcheck": "false", "autocapitalize": "none"}),
        max_length=60_000,
    )

    def clean_addresses(self) -> list[str]:
        lines = [line.strip() for line in str(self.cleaned_data["addresses"]).splitlines()]
        addresses = list(dict.fromkeys(line for line in lines if line))
        if len(addresses) > SITES_A_SUBMISSION:
            raise forms.ValidationError(
                ngettext(
                    "At most %(n)s site at once, please.",
                    "At most %(n)s sites at once, please.",
                    SITES_A_SUBMISSION,
                )
                % {"n": SITES_A_SUBMISSION}
            )
        return addresses


class ClaimFilter(forms.Form):
    """What the list of claims can be narrowed to."""

    q = forms.CharField(label=_("Address"), required=False, max_length=100)
    state = forms.ChoiceField(
        label=_("State"), required=False, choices=[("", _("All")), *ClaimState.choices]
    )


class AnswerForm(forms.Form):
    """A person's answer. Nothing is chosen beforehand, and a name has to be typed."""

    verdict = forms.ChoiceField(
        label=_("Your answer"), choices=Verdict.choices, widget=forms.RadioSelect
    )
    reason = forms.ChoiceField(
        label=_("If no, why?"),
        help_text=_("Needed if your answer is no."),
        required=False,
        choices=[("", _("Please choose")), *DeclineReason.choices],
    )
    comment = forms.CharField(
        label=_("Anything you want to add"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    name = forms.CharField(
        label=_("Your name"),
        help_text=_("Kept with your answer, so that everyone knows a person gave it."),
        max_length=120,
        min_length=2,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if said.get("verdict") == Verdict.DECLINE and not said.get("reason"):
            self.add_error("reason", _("Please tell us why, so that a mistake can be put right."))
        if said.get("verdict") == Verdict.APPROVE:
            said["reason"] = ""
        return said
