"""What the pages of claims ask for."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.http import QueryDict
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from claims.answer_stamps import opened_at, stamp, was_read
from claims.models import ApprovalRequest, ClaimState, DeclineReason, Verdict
from claims.names import reads_like_a_name
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
    """A person's answer. Nothing is chosen beforehand, and a name has to be typed.

    What only a program would send is refused like any mistake: with the reason, and with
    everything typed still there, so that a person it happens to needs to press once more.
    """

    verdict = forms.ChoiceField(
        label=_("Your answer"),
        choices=Verdict.choices,
        error_messages={"required": _("Choose yes or no.")},
    )
    reason = forms.ChoiceField(
        label=_("If no, why?"),
        required=False,
        choices=[("", _("Please choose")), *DeclineReason.choices],
    )
    comment = forms.CharField(label=_("Anything you want to add"), required=False, max_length=1000)
    name = forms.CharField(
        label=_("Your name"), max_length=120, error_messages={"required": _("Type your name.")}
    )
    # People neither see nor reach it.
    website = forms.CharField(required=False)
    opened = forms.CharField(required=False)

    def __init__(
        self, data: QueryDict | None = None, *, asked: ApprovalRequest, at: datetime
    ) -> None:
        super().__init__(data)
        self.asked, self.at = asked, at
        self.opened_at = opened_at(data.get("opened", ""), asked.claim) if data else None

    @property
    def stamp(self) -> str:
        """When the page was first opened, for the form to carry along; now, if that is unknown."""
        return stamp(self.asked.claim, at=self.opened_at or self.at)

    def clean_name(self) -> str:
        typed = " ".join(str(self.cleaned_data["name"]).split())
        said_elsewhere = [
            str(self.fields["name"].label),
            self.data.get("comment", ""),
            self.asked.claim.site.address,
        ]
        if not reads_like_a_name(typed, not_these=said_elsewhere):
            raise forms.ValidationError(
                _("Please type your own name, as you would sign a letter."), code="no_name"
            )
        return typed

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if said.get("verdict") == Verdict.DECLINE and not said.get("reason"):
            self.add_error("reason", _("Please tell us why, so that a mistake can be put right."))
        if said.get("verdict") == Verdict.APPROVE:
            said["reason"] = ""
        if not self.errors:
            self._refuse_programs()
        return said

    def _refuse_programs(self) -> None:
        if self.cleaned_data["website"]:
            raise forms.ValidationError(
                _(
                    "A field that people don’t see was filled in, perhaps by a program that fills"
                    " in forms for you. It is empty again: please send your answer once more."
                ),
                code="trap",
            )
        if self.opened_at is None or not was_read(self.opened_at, at=self.at):
            raise forms.ValidationError(
                _(
                    "That was faster than people read. Nothing is lost: please look at your answer"
                    " once more and send it again."
                ),
                code="haste",
            )
