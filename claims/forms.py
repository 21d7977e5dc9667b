"""What the pages of claims ask for."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from claims.models import ClaimState, DeclineReason, Verdict
from claims.pasted import Line, read_pasted
from claims.rules import SHEET_BYTES, SITES_A_SUBMISSION
from claims.sheets import SheetError, read_sheet


class SubmissionForm(forms.Form):
    """Sites to claim: typed, pasted as they come, or in a CSV file. `cleaned_data["lines"]`."""

    addresses = forms.CharField(
        label=_("Sites"),
        help_text=_("One address or many, as you would type them into a browser or paste a list."),
        required=False,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false", "autocapitalize": "none"}),
        max_length=60_000,
    )
    sheet = forms.FileField(
        label=_("Or a CSV file"),
        help_text=_("Any spreadsheet saved as CSV; we find the column with the addresses."),
        required=False,
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,text/csv,text/plain"}),
        error_messages={"empty": _("This file is empty. Choose another one.")},
    )

    def clean_addresses(self) -> list[Line]:
        return read_pasted(self.cleaned_data["addresses"])

    def clean_sheet(self) -> list[Line]:
        sheet = self.cleaned_data["sheet"]
        if sheet is None:
            return []
        if sheet.size > SHEET_BYTES:
            raise forms.ValidationError(
                _("This file is too big (%(size)s). Upload only the column with the addresses.")
                % {"size": filesizeformat(sheet.size)}
            )
        try:
            return read_sheet(sheet.read())
        except SheetError as error:
            raise forms.ValidationError(str(error)) from error

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        lines = [*given.get("addresses", []), *given.get("sheet", [])]
        if len(lines) > SITES_A_SUBMISSION:
            self.add_error(None, _too_many(len(lines)))
        elif not lines and not self.errors:
            self.add_error("addresses", _("Type the address of a site, or choose a file."))
        return {"lines": lines}


def _too_many(count: int) -> str:
    return ngettext(
        "At most %(most)s site at once, please; there are %(n)s.",
        "At most %(most)s sites at once, please; there are %(n)s.",
        SITES_A_SUBMISSION,
    ) % {"most": SITES_A_SUBMISSION, "n": count}


class ClaimFilter(forms.Form):
    """What the list of claims can be narrowed to, and in which order it stands."""

    q = forms.CharField(label=_("Site or person"), required=False, max_length=100)
    year = forms.TypedChoiceField(label=_("Year"), required=False, coerce=int, empty_value=None)
    sort = forms.ChoiceField(
        label=_("Order"),
        required=False,
        choices=[
            ("", _("Latest first")),
            ("oldest", _("Oldest first")),
            ("site", _("By site")),
            ("changed", _("Latest change first")),
            ("next", _("Next date first")),
        ],
    )
    state = forms.ChoiceField(
        required=False, choices=[("", ""), *ClaimState.choices], widget=forms.HiddenInput
    )

    def __init__(self, *args: Any, years: Sequence[int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        every: list[tuple[Any, Any]] = [("", _("Every year"))]
        self.fields["year"].choices = every + [(year, str(year)) for year in years]  # type: ignore[attr-defined]


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
