"""Deciding on an application: the checklist, and what came of it."""

from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldBooleanWidget

from partners.actions.marketplace.decisions import approve, decline
from partners.errors import NotWaitingError
from partners.marketplace import STANDARDS_IN_WORDS
from partners.models import Application, ApplicationDecision
from partners.models.marketplace import ApplicationState
from partners.rules import STANDARDS, Standard
from portal.lib import clock
from portal.staff.decisions import Decision, RefusedError

NOT_MET = _("Only what meets every standard is listed. If this is not met, decline instead.")


class Checklist(forms.Form):
    """One box for each standard."""

    all_required = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        boxes = {
            standard.value: forms.BooleanField(
                label=STANDARDS_IN_WORDS[standard],
                required=self.all_required,
                error_messages={"required": NOT_MET},
                label_suffix="",
                widget=UnfoldBooleanWidget,
            )
            for standard in STANDARDS
        }
        self.fields = boxes | self.fields


class ApprovalForm(Checklist):
    """Every standard has to be met."""

    all_required = True


class DeclineForm(Checklist):
    """What is met, and why it is not enough."""

    reason = forms.CharField(
        label=_("Why is it not listed, and what would have to change?"),
        help_text=_("The partner is told this, word for word, and which standards are not met."),
        max_length=ApplicationDecision._meta.get_field("reason").max_length,  # noqa: SLF001
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )


class _Deciding(Decision):
    """What approving and declining have in common."""

    permission = "partners.add_applicationdecision"
    select_related = ("account",)

    def describe(self, row: Application) -> str:
        return str(row.account)

    def ready(self, row: Application) -> bool:
        return row.state == ApplicationState.OPEN

    def decide(self, request: HttpRequest, row: Application, cleaned: dict[str, Any]) -> str:
        try:
            return self.settle(request, row, cleaned)
        except NotWaitingError as refusal:
            text = _now("%(account)s: decided or withdrawn already; left as it is.")
            raise RefusedError(text % {"account": row.account}) from refusal

    def settle(self, request: HttpRequest, row: Application, cleaned: dict[str, Any]) -> str:
        """Decide, and say what came of it. Raises NotWaitingError."""
        raise NotImplementedError


class Approving(_Deciding):
    """List the account."""

    name = "approval"
    title = _("Approve for the marketplace")
    words = _("Tick what you have looked at. The profile becomes public, and the team is told.")
    button = _("Approve and list")
    form_class = ApprovalForm

    def settle(self, request: HttpRequest, row: Application, cleaned: dict[str, Any]) -> str:
        approve(row, standards_met=_ticked(cleaned), by=request.user, at=clock.now())  # type: ignore[arg-type]
        return _now("%(account)s is listed. The team is told.") % {"account": row.account}


class Declining(_Deciding):
    """Say no, and why."""

    name = "declining"
    title = _("Decline an application")
    words = _("Tick what is met. The team is told the reason, and may apply again.")
    button = _("Decline")
    form_class = DeclineForm

    def settle(self, request: HttpRequest, row: Application, cleaned: dict[str, Any]) -> str:
        decline(
            row,
            standards_met=_ticked(cleaned),
            reason=cleaned["reason"],
            by=request.user,  # type: ignore[arg-type]
            at=clock.now(),
        )
        return _now("%(account)s: declined. The team is told why.") % {"account": row.account}


def _ticked(cleaned: dict[str, Any]) -> set[Standard]:
    return {standard for standard in STANDARDS if cleaned.get(standard.value)}
