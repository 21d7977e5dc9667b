"""Reports of abuse: the queue, and what was found. Neither side of the claim is told."""

from functools import partial
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.text import Truncator
from django.utils.timesince import timesince
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminTextareaWidget

from claims.actions.abuse import look_into
from claims.errors import AlreadyLookedIntoError
from claims.models import AbuseFinding, AbuseReport
from portal.lib import clock
from portal.staff.admins import ReadOnlyAdmin, ReadOnlyInline, link_to, list_url
from portal.staff.decisions import DecidingAdmin, Decision, RefusedError
from portal.staff.site import Queue, admin_site

QUEUE = Queue(
    title=_("Reports of abuse"),
    words=_(
        "Clients who say that somebody claims their site wrongly on purpose. Look at who claimed"
        " it and what else they claim. The partner is never told of the report; the oldest come"
        " first."
    ),
    permission="claims.view_abusereport",
    url=partial(list_url, "claims.abusereport", query="finding=open"),
    waiting=AbuseReport.objects.open,
    since="reported_at",
)


class FindingForm(forms.Form):
    """What was found; for staff only."""

    note = forms.CharField(
        label=_("What did you find, and what did you do?"),
        help_text=_("Kept with your name. Neither the client nor the partner is told."),
        max_length=AbuseFinding._meta.get_field("note").max_length,  # noqa: SLF001
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}),
    )


class LookingInto(Decision):
    """Close reports with a note: each by itself, each once."""

    name = "finding"
    permission = "claims.add_abusefinding"
    title = _("Reports of abuse looked into")
    words = _(
        "The reports leave the queue. Nothing else follows by itself: the claim stays declined,"
        " and nobody gets a mail."
    )
    button = _("Looked into")
    form_class = FindingForm
    select_related = ("claim__site", "claim__account", "finding")

    def describe(self, row: AbuseReport) -> str:
        said = {"site": row.claim.site, "agency": row.claim.account, "who": row.reported_by}
        text = _now("%(site)s – claimed by %(agency)s, reported by %(who)s") % said
        return f"{text}: {row.words}" if row.words else text

    def ready(self, row: AbuseReport) -> bool:
        return not hasattr(row, "finding")

    def decide(self, request: HttpRequest, row: AbuseReport, cleaned: dict[str, Any]) -> str:
        try:
            look_into(row, note=cleaned["note"], by=request.user, at=clock.now())  # type: ignore[arg-type]
        except AlreadyLookedIntoError as refusal:
            words = _now("%(claim)s: somebody has looked into it meanwhile.")
            raise RefusedError(words % {"claim": row.claim}) from refusal
        return _now("%(claim)s: looked into.") % {"claim": row.claim}


class Open(admin.SimpleListFilter):
    """Which nobody has looked into yet."""

    title = _("what is to be done")
    parameter_name = "finding"

    def lookups(self, *_args: Any) -> list[tuple[str, str]]:
        return [("open", _now("to be looked into"))]

    def queryset(self, _request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(finding__isnull=True) if self.value() == "open" else queryset


class FindingInline(ReadOnlyInline):
    model = AbuseFinding
    by = "report"
    fields = ("note", "looked_into_by", "looked_into_at")
    readonly_fields = fields


@admin.register(AbuseReport, site=admin_site)
class AbuseReportAdmin(DecidingAdmin, ReadOnlyAdmin):
    """The oldest first where they wait, the latest first otherwise."""

    list_display = ("of_claim", "of_account", "reported_by", "short_words", "ip_address", "age")
    list_select_related = ("claim__site", "claim__account")
    list_filter = (Open,)
    search_fields = (
        "claim__site__address__icontains",
        "claim__account__name__icontains",
        "claim__account__ref__exact",
        "claim__ref__exact",
        "ip_address__exact",
    )
    fields = (
        ("of_claim", "of_account"),
        "words",
        ("reported_by", "reported_at"),
        ("ip_address", "user_agent"),
    )
    readonly_fields = ("of_claim", "of_account")
    inlines = (FindingInline,)
    actions = ("look_into_reports",)
    actions_detail = ("look_into_this",)
    looking_into = LookingInto()
    decisions = (looking_into,)

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        return ("id",) if _is_queue(request) else ("-id",)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        queue = {"list_title": QUEUE.title, "list_words": QUEUE.words}
        context = queue if _is_queue(request) else {}
        response: HttpResponse = super().changelist_view(
            request, {**context, **(extra_context or {})}
        )
        return response

    @display(description=_("claim"))
    def of_claim(self, report: AbuseReport) -> str:
        return link_to(report.claim, report.claim.site.address)

    @display(description=_("claimed by"))
    def of_account(self, report: AbuseReport) -> str:
        return link_to(report.claim.account)

    @display(description=_("words"), empty_value="–")
    def short_words(self, report: AbuseReport) -> str | None:
        return Truncator(report.words).chars(60) or None

    @display(description=_("since"))
    def age(self, report: AbuseReport) -> str:
        return timesince(report.reported_at, clock.now())

    # --- Looking into it -------------------------------------------------------------------------

    def has_look_into_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whether this person may; for one report, whether it waits."""
        may = request.user.has_perm(LookingInto.permission)
        return may and (not object_id or AbuseReport.objects.open().filter(pk=object_id).exists())

    @admin.action(description=_("Looked into"), permissions=["look_into"])
    def look_into_reports(self, request: HttpRequest, chosen: QuerySet) -> HttpResponse:
        return self.looking_into.ask(self, request, chosen)

    @action(description=_("Looked into"), permissions=["look_into"], icon="task_alt")
    def look_into_this(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.looking_into.ask(self, request, AbuseReport.objects.filter(pk=object_id))


def _is_queue(request: HttpRequest) -> bool:
    return request.GET.get("finding") == "open"


admin_site.queues.insert(0, QUEUE)
