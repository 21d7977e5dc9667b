"""The list of claims, the queue of declined ones, and a claim's page."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from claims.admin import in_stead, queue, unreached
from claims.admin.in_stead import AnsweringInStead, InSteadColumns
from claims.admin.merging import Merging
from claims.admin.queue import QueueColumns, queued
from claims.admin.reinstatement import PuttingRight
from claims.admin.timeline import timeline
from claims.admin.unreached import CorrectingAddress, UnreachedColumns, UnreachedFilter
from claims.models import STANDING, Claim, ClaimState
from partners.addresses import as_stored
from portal.staff.admins import ReadOnlyAdmin, Section, link_to
from portal.staff.decisions import DecidingAdmin
from portal.staff.finding import Findable, Way, equals
from portal.staff.queues import QueueAdmin
from portal.staff.site import admin_site

STATE_COLOURS = {
    ClaimState.AWAITING: "info",
    ClaimState.APPROVED: "success",
    ClaimState.DECLINED: "danger",
    ClaimState.LAPSED: "warning",
    ClaimState.WITH_STAFF: "info",
    ClaimState.REFUSED: "danger",
    ClaimState.MOVED: "warning",
    ClaimState.MERGED: "warning",
}


@admin.register(Claim, site=admin_site)
class ClaimAdmin(
    QueueColumns, InSteadColumns, UnreachedColumns, DecidingAdmin, QueueAdmin, ReadOnlyAdmin
):
    """Claims are decided by clients; staff put a wrong decline right."""

    list_display = ("of_site", "of_account", "of_client", "state_label", "submitted_on")
    list_select_related = (
        "site",
        "account",
        "client",
        "request__mail",
        "request__follow_up_mail",
    )
    list_filter = ("state", UnreachedFilter)
    search_fields = (
        "ref__exact",
        "site__address__icontains",
        "account__name__icontains",
        "account__email__iexact",
        "account__ref__exact",
        "client__name__icontains",
        "client__email__iexact",
        "client__ref__exact",
        "request__sent_to__iexact",
        "submitted_by__email__iexact",
    )
    ordering = ("-id",)
    fields = (
        ("account", "site", "client"),
        ("state", "state_since"),
        ("programme_year", "submitted_by", "submitted_at"),
        "ref",
    )
    actions = ("reinstate_claims", "answer_claims")
    actions_detail = ("reinstate_this", "answer_this", "correct_address_of_this", "merge_this")
    putting_right, answering = PuttingRight(), AnsweringInStead()
    correcting_address, merging = CorrectingAddress(), Merging()
    decisions = (putting_right, answering, correcting_address, merging)
    worked_off = (queue.DECLINED, in_stead.WITH_STAFF, unreached.NOT_REACHED)

    # --- The list, and the queue -----------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        claims: QuerySet = super().get_queryset(request)
        return queued(claims) if queue.DECLINED.is_asked(request) else claims

    @display(description=_("site"))
    def of_site(self, claim: Claim) -> str:
        return claim.site.address

    @display(description=_("claimed by"))
    def of_account(self, claim: Claim) -> str:
        return link_to(claim.account)

    @display(description=_("client"))
    def of_client(self, claim: Claim) -> str:
        return link_to(claim.client)

    @display(description=_("state"), label=STATE_COLOURS)
    def state_label(self, claim: Claim) -> tuple[str, str]:
        return claim.state, claim.get_state_display()

    # --- A claim's page --------------------------------------------------------------------------

    def get_sections(self, request: HttpRequest, row: Claim) -> list[Section]:
        moments = {"moments": timeline(row)}
        return [Section(_("What happened"), "staff/timeline.html", moments)]

    # --- Putting right ---------------------------------------------------------------------------

    def has_reinstate_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whether this person may; for one claim, whether there is anything to put right."""
        may = request.user.has_perm(PuttingRight.permission)
        if not (may and object_id):
            return may
        return Claim.objects.filter(pk=object_id, state=ClaimState.DECLINED).exists()

    @admin.action(description=_("Reinstate"), permissions=["reinstate"])
    def reinstate_claims(self, request: HttpRequest, chosen: QuerySet) -> HttpResponse:
        return self.putting_right.ask(self, request, chosen)

    @action(description=_("Reinstate"), permissions=["reinstate"], icon="undo")
    def reinstate_this(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.putting_right.ask(self, request, Claim.objects.filter(pk=object_id))

    # --- Asking again ----------------------------------------------------------------------------

    def has_correct_address_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whether this person may; for one claim, whether its client is to be asked again."""
        may = request.user.has_perm(CorrectingAddress.permission)
        if not (may and object_id):
            return may
        return Claim.objects.to_be_asked_again().filter(pk=object_id).exists()

    @action(description=_("Ask again"), permissions=["correct_address"], icon="forward_to_inbox")
    def correct_address_of_this(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.correcting_address.ask(self, request, Claim.objects.filter(pk=object_id))

    # --- Merging ---------------------------------------------------------------------------------

    def has_merge_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whether this person may; for one claim, whether there is anything to merge."""
        may = request.user.has_perm(Merging.permission)
        if not (may and object_id):
            return may
        return Claim.objects.filter(pk=object_id, state__in=STANDING).exists()

    @action(description=_("Merge into another"), permissions=["merge"], icon="merge")
    def merge_this(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.merging.ask(self, request, Claim.objects.filter(pk=object_id))

    # --- Answering in the client's stead ---------------------------------------------------------

    def has_in_stead_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whether this person may; for one claim, whether it is with our team."""
        may = request.user.has_perm(AnsweringInStead.permission)
        if not (may and object_id):
            return may
        return Claim.objects.with_staff().filter(pk=object_id).exists()

    @admin.action(description=_("Answer in the client’s stead"), permissions=["in_stead"])
    def answer_claims(self, request: HttpRequest, chosen: QuerySet) -> HttpResponse:
        return self.answering.ask(self, request, chosen)

    @action(
        description=_("Answer in the client’s stead"), permissions=["in_stead"], icon="how_to_reg"
    )
    def answer_this(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.answering.ask(self, request, Claim.objects.filter(pk=object_id))


admin_site.queues[:0] = [listed.queue for listed in ClaimAdmin.worked_off]


def _ways(term: str) -> list[Way]:
    """By site, by the address the client was asked at, by the client's own, by reference."""
    asked_at = [Q(request__mail__to=term), Q(request__mail__to=term.lower())]
    site = Q(site__address__startswith=as_stored(term))
    return [site, *asked_at, equals("client__email", term), Q(ref=term)]


admin_site.findable.append(
    Findable(
        title=_("Claims"),
        model=Claim,
        ways=_ways,
        detail=lambda claim: f"{claim.account.name} · {claim.get_state_display()}",
        words=lambda claim: claim.site.address,
        select_related=("site", "account"),
    )
)
