"""Adjustments: every one that was asked for, and the queue of those awaiting a second person."""

from functools import partial
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.formats import date_format
from django.utils.timesince import timesince
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from partners.actions.adjustments import decide_adjustment
from partners.adjusted import if_adjusted
from partners.errors import AlreadyDecidedError, OwnRequestError
from partners.models import (
    AdjustmentDecision,
    AdjustmentRequest,
    AdjustmentVerdict,
    PointsEntry,
)
from portal.lib import clock
from portal.lib.nudge import nudge
from portal.mail.tasks import send_mail
from portal.staff.admins import ReadOnlyAdmin, ReadOnlyInline, link_to, list_url
from portal.staff.decisions import DecidingAdmin, Decision, RefusedError, WhyForm
from portal.staff.queues import QueueAdmin, WorkedOff
from portal.staff.site import Queue, admin_site

QUEUE = Queue(
    title=_("Adjustments awaiting a second person"),
    words=_("Points that somebody wants changed by much. Nobody approves their own."),
    permission="partners.view_adjustmentrequest",
    url=partial(list_url, "partners.adjustmentrequest", query="decision=awaited"),
    waiting=AdjustmentRequest.objects.awaiting_second_person,
    since="requested_at",
)
COLOURS = {"waiting": "info", "booked": "success", "declined": "danger"}


class _SecondPerson(Decision):
    """A second person's word on adjustments somebody else has asked for."""

    permission = "partners.add_adjustmentdecision"
    form_class = WhyForm
    select_related = ("account", "programme_year", "requested_by")
    verdict: AdjustmentVerdict

    def describe(self, row: AdjustmentRequest) -> str:
        adjusted = if_adjusted(
            row.account, year=row.programme_year, points=row.points, on=clock.today()
        )
        about = {
            "account": row.account,
            "points": f"{row.points:+d}",
            "year": row.programme_year_id,
            "before": adjusted.points_before,
            "after": adjusted.points_after,
            "rank": adjusted.held_before.name,
            "then": adjusted.held_after.name,
            "reason": row.get_reason_display(),
            "note": row.note,
            "who": row.requested_by,
            "day": date_format(clock.date_of(row.requested_at), "DATE_FORMAT"),
        }
        return (
            _now(
                "%(account)s: %(points)s points for %(year)s, %(before)s now and %(after)s then;"
                " rank held: %(rank)s now and %(then)s then. Asked for by %(who)s on %(day)s –"
                " %(reason)s: %(note)s"
            )
            % about
        )

    def ready(self, row: AdjustmentRequest) -> bool:
        return AdjustmentRequest.objects.awaiting_second_person().filter(pk=row.pk).exists()

    def decide(self, request: HttpRequest, row: AdjustmentRequest, cleaned: dict[str, Any]) -> str:
        try:
            decide_adjustment(
                row,
                verdict=self.verdict,
                why=cleaned["why"],
                by=request.user,  # type: ignore[arg-type]
                at=clock.now(),
            )
        except OwnRequestError as refusal:
            words = _now("%(row)s: you have asked for it yourself, so somebody else decides.")
            raise RefusedError(words % {"row": row}) from refusal
        except AlreadyDecidedError as refusal:
            words = _now("%(row)s was decided already; left as it is.")
            raise RefusedError(words % {"row": row}) from refusal
        nudge(send_mail)
        return self.done() % {"row": row}

    def done(self) -> str:
        """What came of it, in words with the row in them."""
        raise NotImplementedError


class Approving(_SecondPerson):
    name = "approval"
    title = _("Approve adjustments")
    words = _("The points are booked at once, and each account is told by mail.")
    button = _("Approve and book")
    confirms_identity = True
    verdict = AdjustmentVerdict.APPROVED

    def done(self) -> str:
        return _now("%(row)s: booked. The account is told by mail.")


class Declining(_SecondPerson):
    name = "decline"
    title = _("Decline adjustments")
    words = _("Nothing is booked and no account is told; the request stays with your words.")
    button = _("Decline")
    verdict = AdjustmentVerdict.DECLINED

    def done(self) -> str:
        return _now("%(row)s: declined, nothing is booked.")


class Awaited(admin.SimpleListFilter):
    """Which still wait for their second person."""

    title = _("what is to be done")
    parameter_name = "decision"

    def lookups(self, *_args: Any) -> list[tuple[str, str]]:
        return [("awaited", _now("awaiting a second person"))]

    def queryset(self, _request: HttpRequest, queryset: QuerySet) -> QuerySet:
        awaited = AdjustmentRequest.objects.awaiting_second_person().values("pk")
        return queryset.filter(pk__in=awaited) if self.value() == "awaited" else queryset


class DecisionInline(ReadOnlyInline):
    model = AdjustmentDecision
    by = "request"
    fields = ("verdict", "why", "decided_by", "decided_at")
    readonly_fields = fields


class EntryInline(ReadOnlyInline):
    """The line it became."""

    model = PointsEntry
    by = "adjustment"
    show_change_link = True
    fields = ("points", "credited_on", "programme_year")
    readonly_fields = fields


@admin.register(AdjustmentRequest, site=admin_site)
class AdjustmentRequestAdmin(DecidingAdmin, QueueAdmin, ReadOnlyAdmin):
    """Asked for on the account's page; the oldest first where they wait."""

    list_display = (
        "of_account",
        "signed",
        "year",
        "reason",
        "state_label",
        "requested_by",
        "age",
    )
    list_select_related = ("account", "requested_by", "decision")
    list_filter = (Awaited, "reason")
    search_fields = (
        "account__name__icontains",
        "account__email__iexact",
        "account__ref__exact",
        "requested_by__email__iexact",
    )
    fields = (
        ("account", "programme_year", "signed"),
        ("reason", "note"),
        ("requested_by", "requested_at", "state_words"),
    )
    readonly_fields = ("signed", "state_words")
    inlines = (DecisionInline, EntryInline)
    actions = ("approve", "decline")
    actions_detail = ("approve_this", "decline_this")
    approving, declining = Approving(), Declining()
    decisions = (approving, declining)
    worked_off = (WorkedOff(queue=QUEUE),)
    ordering = ("-id",)

    @display(description=_("account"))
    def of_account(self, asked: AdjustmentRequest) -> str:
        return link_to(asked.account)

    @display(description=_("points"))
    def signed(self, asked: AdjustmentRequest) -> str:
        return f"{asked.points:+d}"

    @display(description=_("year"))
    def year(self, asked: AdjustmentRequest) -> int:
        return asked.programme_year_id

    @display(description=_("since"))
    def age(self, asked: AdjustmentRequest) -> str:
        return timesince(asked.requested_at, clock.now())

    @display(description=_("state"), label=COLOURS)
    def state_label(self, asked: AdjustmentRequest) -> tuple[str, str]:
        return _state(asked), self.state_words(asked)

    @display(description=_("state"))
    def state_words(self, asked: AdjustmentRequest) -> str:
        words = {
            "booked": _now("booked"),
            "declined": _now("declined"),
            "waiting": _now("awaiting a second person"),
        }
        return words[_state(asked)]

    # --- The second person -----------------------------------------------------------------------

    def has_decide_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whether this person may; for one request, whether it waits for somebody like them."""
        may = request.user.has_perm(_SecondPerson.permission)
        if not (may and object_id):
            return may
        awaited = AdjustmentRequest.objects.awaiting_second_person().filter(pk=object_id)
        return awaited.exclude(requested_by=request.user.pk).exists()

    @admin.action(description=_("Approve"), permissions=["decide"])
    def approve(self, request: HttpRequest, chosen: QuerySet) -> HttpResponse:
        return self.approving.ask(self, request, chosen)

    @admin.action(description=_("Decline"), permissions=["decide"])
    def decline(self, request: HttpRequest, chosen: QuerySet) -> HttpResponse:
        return self.declining.ask(self, request, chosen)

    @action(description=_("Approve"), permissions=["decide"], icon="check")
    def approve_this(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.approving.ask(self, request, AdjustmentRequest.objects.filter(pk=object_id))

    @action(description=_("Decline"), permissions=["decide"], icon="close")
    def decline_this(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.declining.ask(self, request, AdjustmentRequest.objects.filter(pk=object_id))


def _state(asked: AdjustmentRequest) -> str:
    if not asked.needs_second_person:
        return "booked"
    decision: AdjustmentDecision | None = getattr(asked, "decision", None)
    if decision is None:
        return "waiting"
    return "booked" if decision.verdict == AdjustmentVerdict.APPROVED else "declined"


admin_site.queues.append(QUEUE)
