"""The list of claims, the queue of declined ones, and a claim's page."""

from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.contrib import admin
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.decorators import action, display

from claims.admin import unreached
from claims.admin.reinstatement import PuttingRight
from claims.admin.timeline import timeline
from claims.admin.unreached import CorrectingAddress, UnreachedFilter
from claims.models import Answer, Claim, ClaimState
from portal.lib import clock
from portal.staff.admins import ReadOnlyAdmin, Section, link_to, list_url
from portal.staff.decisions import Decision
from portal.staff.site import Queue, admin_site

QUEUE = Queue(
    title=_("Declined claims to put right"),
    words=_(
        "Clients decline by mistake, and mail scanners answer in seconds."
        " Look who answered, and how fast."
    ),
    permission="claims.view_claim",
    url=partial(list_url, "claims.claim", query="state__exact=declined"),
    waiting=partial(Claim.objects.filter, state=ClaimState.DECLINED),
)
STATE_COLOURS = {
    ClaimState.AWAITING: "info",
    ClaimState.APPROVED: "success",
    ClaimState.DECLINED: "danger",
    ClaimState.LAPSED: "warning",
}


@admin.register(Claim, site=admin_site)
class ClaimAdmin(ReadOnlyAdmin):
    """Claims are decided by clients; staff put a wrong decline right."""

    list_display = ("of_site", "of_account", "of_client", "state_label", "submitted_on")
    queue_display = (
        "of_site",
        "of_account",
        "of_client",
        "reason",
        "answered_by",
        "answered_at",
        "time_taken",
    )
    unreached_display = ("of_site", "of_account", "of_client", "asked_at", "asked_for")
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
    actions = ("reinstate_claims",)
    actions_detail = ("reinstate_this", "correct_address_of_this")
    putting_right = PuttingRight()
    correcting_address = CorrectingAddress()

    # --- The list, and the queue -----------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        claims: QuerySet = super().get_queryset(request)
        latest_first = Prefetch("answers", queryset=Answer.objects.order_by("-ordinal"))
        return claims.prefetch_related(latest_first) if _is_queue(request) else claims

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        return ("-state_since", "-id") if _is_queue(request) else self.ordering

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        if unreached.is_queue(request):
            return self.unreached_display
        return self.queue_display if _is_queue(request) else self.list_display

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        queue = unreached.QUEUE if unreached.is_queue(request) else QUEUE
        words = {"list_title": queue.title, "list_words": queue.words}
        context = words if _is_queue(request) or unreached.is_queue(request) else {}
        response: HttpResponse = super().changelist_view(
            request, {**context, **(extra_context or {})}
        )
        return response

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

    @display(description=_("reason given"))
    def reason(self, claim: Claim) -> str:
        answer = _latest(claim)
        if answer is None:
            return "–"
        said = str(answer.get_reason_display())
        return f"{said}: {answer.comment}" if answer.comment else said

    @display(description=_("answered by"), empty_value="–")
    def answered_by(self, claim: Claim) -> str | None:
        answer = _latest(claim)
        return answer.answered_by if answer else None

    @display(description=_("on"), empty_value="–")
    def answered_at(self, claim: Claim) -> datetime | None:
        answer = _latest(claim)
        return answer.answered_at if answer else None

    @display(description=_("after"), empty_value="–")
    def time_taken(self, claim: Claim) -> str | None:
        """From the mail to the answer. A person takes longer than a few seconds."""
        answer = _latest(claim)
        return _in_words(_since_mail(claim, answer.answered_at)) if answer else None

    @display(description=_("asked at"))
    def asked_at(self, claim: Claim) -> str:
        return claim.request.sent_to

    @display(description=_("for"))
    def asked_for(self, claim: Claim) -> str:
        """How long the claim has waited since the client was asked in vain."""
        return _in_days(clock.today() - claim.request.sent_on)

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

    # --- The pages that ask ----------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        pages = [self._page_of(self.putting_right), self._page_of(self.correcting_address)]
        return [*pages, *super().get_urls()]

    def _page_of(self, decision: Decision) -> URLPattern:
        page = self.admin_site.admin_view(lambda request: decision.page(self, request))
        name = f"{self.opts.app_label}_{self.opts.model_name}_{decision.name}"
        url: URLPattern = path(f"{decision.name}/", page, name=name)
        return url


def _is_queue(request: HttpRequest) -> bool:
    return request.GET.get("state__exact") == ClaimState.DECLINED.value


def _latest(claim: Claim) -> Answer | None:
    """The answer in force, from what the list has fetched."""
    return next(iter(claim.answers.all()), None)


def _since_mail(claim: Claim, answered_at: datetime) -> timedelta | None:
    """From the last mail that was out before the answer."""
    request = getattr(claim, "request", None)
    mails = (request.mail, request.follow_up_mail) if request else ()
    sent = [mail.sent_at for mail in mails if mail and mail.sent_at and mail.sent_at <= answered_at]
    return answered_at - max(sent) if sent else None


def _in_days(taken: timedelta) -> str:
    return ngettext("%(n)d day", "%(n)d days", taken.days) % {"n": taken.days}


def _in_words(taken: timedelta | None) -> str | None:
    if taken is None:
        return None
    seconds = int(taken.total_seconds())
    if seconds < 120:  # noqa: PLR2004 (below two minutes, seconds are what tells a machine)
        return ngettext("%(n)d second", "%(n)d seconds", seconds) % {"n": seconds}
    minutes, hours = seconds // 60, seconds // 3600
    if hours < 2:  # noqa: PLR2004
        return _now("%(n)d minutes (%(s)d s)") % {"n": minutes, "s": seconds}
    if taken.days < 2:  # noqa: PLR2004
        return _now("%(n)d hours") % {"n": hours}
    return _now("%(n)d days") % {"n": taken.days}


admin_site.queues[:0] = [QUEUE, unreached.QUEUE]
