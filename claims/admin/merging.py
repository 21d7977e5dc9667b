"""Closing a duplicate in favour of the claim that stands: the page that asks which, and why."""

from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from claims.actions.merge import merge
from claims.errors import (
    ClaimsError,
    MergedAlreadyError,
    NothingInCommonError,
    NothingToMergeError,
    SameClaimError,
    StandsNoMoreError,
)
from claims.models import STANDING, Claim, Merger
from portal.lib import clock
from portal.lib.nudge import nudge
from portal.mail.tasks import send_mail
from portal.staff.decisions import Decision, RefusedError

REFUSALS: dict[type[ClaimsError], Any] = {
    SameClaimError: _(
        "This is the reference of the claim itself. Give that of the one that stands."
    ),
    MergedAlreadyError: _("This claim was merged already; it is left as it is."),
    NothingToMergeError: _("This claim has ended by itself, so there is nothing to merge."),
    StandsNoMoreError: _(
        "The other claim was merged itself, or has ended. Give the reference of one that stands."
    ),
    NothingInCommonError: _(
        "The two accounts have nobody in common, so these are two claims and no duplicate."
    ),
}


class MergerForm(forms.Form):
    """Which claim stands, and why this one is its duplicate."""

    standing = forms.CharField(
        label=_("Reference of the claim that stands"),
        help_text=_("It is on that claim’s page, and at the end of its address in the portal."),
        max_length=16,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    reason = forms.CharField(
        label=_("Why is this a duplicate?"),
        help_text=_("Whoever submitted the claim is told this, word for word."),
        max_length=Merger._meta.get_field("reason").max_length,  # noqa: SLF001
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )

    def clean_standing(self) -> Claim:
        found = Claim.objects.filter(ref=self.cleaned_data["standing"].lower()).first()
        if found is None:
            raise forms.ValidationError(
                _("No claim has this reference. Copy it from the page of the claim that stands.")
            )
        return found


class Merging(Decision):
    """Close a claim as a duplicate: once."""

    name = "merger"
    permission = "claims.add_merger"
    title = _("Merge a duplicate claim")
    words = _(
        "The claim below is closed in favour of the one that stands, of the same account or of one"
        " with somebody in common. Its client is not asked or reminded any more. If it was approved"
        " and no other claim of the account on this site carries that, the approval ends and its"
        " points are taken back. Whoever submitted it is told by mail."
    )
    button = _("Merge")
    form_class = MergerForm
    select_related = ("account", "site", "client")

    def describe(self, row: Claim) -> str:
        names = {
            "site": row.site,
            "agency": row.account,
            "year": row.programme_year,
            "state": row.get_state_display(),
        }
        return _now("%(site)s – claimed by %(agency)s for %(year)s, %(state)s") % names

    def ready(self, row: Claim) -> bool:
        return row.state in STANDING

    def decide(self, request: HttpRequest, row: Claim, cleaned: dict[str, Any]) -> str:
        standing, reason = cleaned["standing"], cleaned["reason"]
        try:
            merge(row, into=standing, reason=reason, by=request.user, at=clock.now())  # type: ignore[arg-type]
        except ClaimsError as refusal:
            raise RefusedError(REFUSALS[type(refusal)]) from refusal
        nudge(send_mail)
        names = {"site": row.site, "agency": row.account, "standing": standing}
        return (
            _now("%(site)s for %(agency)s: merged into %(standing)s. They are told by mail.")
            % names
        )
