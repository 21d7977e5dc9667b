"""Clients no mail has reached: the queue, and asking again at the right address."""

from functools import partial
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.decorators import display
from unfold.widgets import (
    UnfoldAdminEmailInputWidget,
    UnfoldAdminTextareaWidget,
    UnfoldBooleanWidget,
)

from claims.actions.correct_address import Corrected, correct_address, refuse_unless_lost
from claims.errors import (
    ApproverOnOwnTeamError,
    AskedAgainError,
    ClaimsError,
    NotOpenError,
    WantsNoMailError,
    WasReachedError,
)
from claims.models import AddressCorrection, Claim
from portal.lib import clock
from portal.lib.nudge import nudge
from portal.mail.tasks import send_mail
from portal.staff.admins import list_url
from portal.staff.decisions import Decision, RefusedError
from portal.staff.queues import WorkedOff
from portal.staff.site import Queue

QUEUE = Queue(
    title=_("Clients not reached"),
    words=_(
        "The request came back or was refused. Find the right address, and the client is asked"
        " again, once. Until then the claim waits and does not lapse."
    ),
    permission="claims.view_claim",
    url=partial(list_url, "claims.claim", query="unreached=yes"),
    waiting=Claim.objects.to_be_asked_again,
    since="submitted_at",
)
NOT_REACHED = WorkedOff(
    queue=QUEUE,
    columns=("of_site", "of_account", "of_client", "asked_at", "asked_for", "ask_again"),
)
REFUSALS: dict[type[ClaimsError], Any] = {
    NotOpenError: _("This claim is not waiting for an answer any more; nobody was asked again."),
    AskedAgainError: _("This client was asked again already, and is not asked a third time."),
    WasReachedError: _("The mail has arrived, or may have: this client is not asked again."),
    ApproverOnOwnTeamError: _(
        "Whoever reads at this address is on the team that claims. Find another."
    ),
    WantsNoMailError: _("Whoever reads at this address reported our mail as spam. Find another."),
}


class UnreachedFilter(admin.SimpleListFilter):
    """The claims whose client is to be asked again."""

    title = _("client not reached")
    parameter_name = "unreached"

    def lookups(self, request: HttpRequest, _model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("to be asked again"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() != "yes":
            return queryset
        return queryset.filter(pk__in=Claim.objects.to_be_asked_again().values("pk"))


class AddressForm(forms.Form):
    """The right address, whether it is the account's, and how it was found."""

    address = forms.EmailField(
        label=_("The right address"),
        max_length=254,
        widget=UnfoldAdminEmailInputWidget(attrs={"autocomplete": "off"}),
    )
    is_on_record = forms.BooleanField(
        label=_("Correct the account’s address on record as well"),
        help_text=_("Leave it, if only this request is better sent elsewhere."),
        required=False,
        widget=UnfoldBooleanWidget,
    )
    reason = forms.CharField(
        label=_("How do you know?"),
        help_text=_("Kept with your name, for the team. The partner is not told the address."),
        max_length=AddressCorrection._meta.get_field("reason").max_length,  # noqa: SLF001
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )


class CorrectingAddress(Decision):
    """Ask a client again whom no mail has reached: once."""

    name = "address"
    permission = "claims.add_addresscorrection"
    title = _("Ask the client again")
    words = _(
        "The request goes out anew, with a new link, to the address you give. Thirty days and one"
        " follow-up count from it. This can be done once."
    )
    button = _("Ask again")
    form_class = AddressForm
    select_related = ("account", "site", "client", "request")

    def describe(self, row: Claim) -> str:
        names = {"site": row.site, "client": row.client, "address": row.request.sent_to}
        return _now("%(site)s – %(client)s, asked in vain at %(address)s") % names

    def ready(self, row: Claim) -> bool:
        try:
            refuse_unless_lost(row)
        except ClaimsError:
            return False
        return True

    def decide(self, request: HttpRequest, row: Claim, cleaned: dict[str, Any]) -> str:
        corrected = Corrected(
            address=cleaned["address"],
            is_on_record=cleaned["is_on_record"],
            reason=cleaned["reason"],
        )
        if corrected.is_on_record and not request.user.has_perm("partners.change_account"):
            raise RefusedError(_now("The address on record is support’s to correct."))
        try:
            correct_address(row, corrected, by=request.user, at=clock.now())  # type: ignore[arg-type]
        except ClaimsError as refusal:
            raise RefusedError(REFUSALS[type(refusal)]) from refusal
        nudge(send_mail)
        return _now("%(client)s is asked again at %(address)s.") % {
            "client": row.client,
            "address": corrected.address,
        }


class UnreachedColumns:
    """What the queue says of each claim whose client no mail has reached."""

    @display(description=_("asked at"))
    def asked_at(self, claim: Claim) -> str:
        return claim.request.sent_to

    @display(description=_("age"))
    def asked_for(self, claim: Claim) -> str:
        """How long the claim has waited since the client was asked in vain."""
        days = (clock.today() - claim.request.sent_on).days
        return ngettext("%(n)d day", "%(n)d days", days) % {"n": days}

    @display(description=_("next step"))
    def ask_again(self, _claim: Claim) -> str:
        return _now("Find the right address and ask again")
