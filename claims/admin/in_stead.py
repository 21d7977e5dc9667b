"""Claims with our team, whose approver is on the claimant's own: the queue, and answering them."""

from functools import partial
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.timesince import timesince
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminRadioSelectWidget, UnfoldAdminTextareaWidget

from claims.actions.answer_in_stead import answer_in_stead
from claims.errors import NotWithStaffError
from claims.models import Claim, ClaimState, StaffAnswer, Verdict
from portal.lib import clock
from portal.lib.nudge import nudge
from portal.mail.tasks import send_mail
from portal.staff.admins import list_url
from portal.staff.decisions import Decision, RefusedError
from portal.staff.queues import WorkedOff
from portal.staff.site import Queue

QUEUE = Queue(
    title=_("Claims to answer in the client’s stead"),
    words=_(
        "Whoever would be asked is on the team that claims, so nobody was. Find out from somebody"
        " else whether they worked on the site. The oldest come first."
    ),
    permission="claims.view_claim",
    url=partial(list_url, "claims.claim", query="state__exact=with_staff"),
    waiting=Claim.objects.with_staff,
    since="submitted_at",
)
WITH_STAFF = WorkedOff(
    queue=QUEUE,
    ordering=("submitted_at", "id"),
    columns=("of_site", "of_account", "of_client", "waits_for", "what_to_do"),
)


class InSteadForm(forms.Form):
    """What our team says, and why; nothing is chosen beforehand."""

    verdict = forms.ChoiceField(
        label=_("Did they work on the site?"),
        choices=[(Verdict.APPROVE, _("Yes: approve")), (Verdict.DECLINE, _("No: refuse"))],
        widget=UnfoldAdminRadioSelectWidget,
    )
    reason = forms.CharField(
        label=_("How do you know?"),
        help_text=_("Whoever submitted the claim is told this, word for word."),
        max_length=StaffAnswer._meta.get_field("reason").max_length,  # noqa: SLF001
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )


class AnsweringInStead(Decision):
    """Approve or refuse what no client can be asked about: once."""

    name = "in_stead"
    permission = "claims.add_staffanswer"
    title = _("Answer in the client’s stead")
    words = _("An approved claim counts from today. Whoever submitted it is told by mail.")
    button = _("Answer")
    form_class = InSteadForm
    select_related = ("account", "site", "client")

    def describe(self, row: Claim) -> str:
        names = {"site": row.site, "agency": row.account, "client": row.client}
        return _now("%(site)s of %(client)s – claimed by %(agency)s") % names

    def ready(self, row: Claim) -> bool:
        return row.state == ClaimState.WITH_STAFF

    def decide(self, request: HttpRequest, row: Claim, cleaned: dict[str, Any]) -> str:
        names = {"site": row.site, "agency": row.account}
        try:
            answer_in_stead(
                row,
                verdict=Verdict(cleaned["verdict"]),
                reason=cleaned["reason"],
                by=request.user,  # type: ignore[arg-type]
                at=clock.now(),
            )
        except NotWithStaffError as refusal:
            words = _now("%(site)s for %(agency)s: answered already, or taken back.")
            raise RefusedError(words % names) from refusal
        nudge(send_mail)
        return _now("%(site)s for %(agency)s: answered. They are told by mail.") % names


class InSteadColumns:
    """What the queue says of each claim with our team."""

    @display(description=_("age"))
    def waits_for(self, claim: Claim) -> str:
        return timesince(claim.submitted_at, clock.now(), depth=1)

    @display(description=_("next step"))
    def what_to_do(self, _claim: Claim) -> str:
        return _now("Approve or refuse, with a reason")
