"""Putting wrong declines right: the page that asks why, and what came of each claim."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget

from claims.actions.reinstate import reinstate
from claims.consequences import points_that_follow
from claims.errors import NotDeclinedError
from claims.models import Claim, ClaimState, Reinstatement
from portal.lib import clock
from portal.staff.decisions import Decision, RefusedError


class ReasonForm(forms.Form):
    """Why the decline was wrong; both sides may read it."""

    reason = forms.CharField(
        label=_("Why was the decline wrong?"),
        help_text=_("Both sides are told this, word for word. Kept with your name."),
        max_length=Reinstatement._meta.get_field("reason").max_length,  # noqa: SLF001
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )


class PuttingRight(Decision):
    """Reinstate declined claims: each by itself, each once."""

    name = "reinstatement"
    permission = "claims.add_reinstatement"
    title = _("Put declined claims right")
    words = _(
        "The claims below become approved, as if the client had said yes on the day of the wrong"
        " answer. Below each is what follows for its points. Both sides are told by mail."
    )
    button = _("Reinstate")
    form_class = ReasonForm
    select_related = ("account", "site", "client")

    def describe(self, row: Claim) -> str:
        names = {"site": row.site, "agency": row.account, "client": row.client}
        return _now("%(site)s – claimed by %(agency)s, declined by %(client)s") % names

    def consequences(self, rows: Sequence[Claim]) -> dict[int, list[str]]:
        return points_that_follow([row for row in rows if self.ready(row)], on=clock.today())

    def ready(self, row: Claim) -> bool:
        return row.state == ClaimState.DECLINED

    def decide(self, request: HttpRequest, row: Claim, cleaned: dict[str, Any]) -> str:
        try:
            reinstate(row, by=request.user, reason=cleaned["reason"], at=clock.now())  # type: ignore[arg-type]
        except NotDeclinedError as refusal:
            raise RefusedError(_why_not(row)) from refusal
        words = _now("%(site)s for %(agency)s: put right. Both sides are told.")
        return words % {"site": row.site, "agency": row.account}


def _why_not(claim: Claim) -> str:
    """What the claim is instead of declined."""
    claim.refresh_from_db(fields=["state"])
    names = {"site": claim.site, "agency": claim.account, "state": claim.get_state_display()}
    latest = claim.reinstatements.select_related("reinstated_by").last()
    if latest is None:
        return (
            _now("%(site)s for %(agency)s: left as it is, for it is not declined but: %(state)s.")
            % names
        )
    names |= {
        "person": latest.reinstated_by,
        "day": date_format(clock.date_of(latest.reinstated_at), "DATE_FORMAT"),
    }
    return (
        _now("%(site)s for %(agency)s: put right already, by %(person)s on %(day)s; left as it is.")
        % names
    )
