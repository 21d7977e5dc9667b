"""Refunds asked for above one person's limit, and the queue of those awaiting a second person."""

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

from billing.actions.credit import left_to_credit
from billing.actions.refund_requests import approve_refund, decline_refund
from billing.admin.refunds import what_came_of
from billing.errors import (
    CreditTooLargeError,
    InvoiceNotPaidError,
    OwnRefundRequestError,
    RefundDecidedError,
)
from billing.models import RefundDecision, RefundRequest
from portal.lib import clock
from portal.lib.money import in_words
from portal.lib.nudge import nudge
from portal.mail.tasks import send_mail
from portal.models import User
from portal.staff.admins import ReadOnlyAdmin, ReadOnlyInline, link_to, list_url
from portal.staff.decisions import DecidingAdmin, Decision, RefusedError, WhyForm
from portal.staff.queues import QueueAdmin, WorkedOff
from portal.staff.site import Queue, admin_site

QUEUE = Queue(
    title=_("Refunds awaiting a second person"),
    words=_("Money that somebody wants paid back by much. Nobody approves their own."),
    permission="billing.view_refundrequest",
    url=partial(list_url, "billing.refundrequest", query="decision=awaited"),
    waiting=RefundRequest.objects.awaiting_second_person,
    since="requested_at",
)
COLOURS = {"waiting": "info", "approved": "success", "declined": "danger"}


class _SecondPerson(Decision):
    """A second person's word on refunds somebody else has asked for."""

    permission = "billing.add_refunddecision"
    form_class = WhyForm
    select_related = ("line__invoice__account", "requested_by", "decision")

    def describe(self, row: RefundRequest) -> str:
        about = {
            "account": row.line.invoice.account,
            "number": row.line.invoice,
            "asked": row,
            "left": in_words(left_to_credit(row.line.invoice)[row.line_id], row.currency),
            "who": row.requested_by,
            "day": date_format(clock.date_of(row.requested_at), "DATE_FORMAT"),
            "reason": row.reason,
        }
        return (
            _now(
                "%(account)s, %(number)s: %(asked)s, of %(left)s left. Asked for by %(who)s on"
                " %(day)s – %(reason)s"
            )
            % about
        )

    def ready(self, row: RefundRequest) -> bool:
        return _state(row) == "waiting"

    def decide(self, request: HttpRequest, row: RefundRequest, cleaned: dict[str, Any]) -> str:
        try:
            return self.give(row, why=cleaned["why"], by=request.user)  # type: ignore[arg-type]
        except OwnRefundRequestError as refusal:
            words = _now("%(row)s: you have asked for it yourself, so somebody else decides.")
            raise RefusedError(words % {"row": row}) from refusal
        except RefundDecidedError as refusal:
            words = _now("%(row)s was decided already; left as it is.")
            raise RefusedError(words % {"row": row}) from refusal
        except (InvoiceNotPaidError, CreditTooLargeError) as refusal:
            words = _now("%(row)s: that is more than is left of the line. Decline it.")
            raise RefusedError(words % {"row": row}) from refusal

    def give(self, row: RefundRequest, *, why: str, by: User) -> str:
        """Take the decision, and say what came of it."""
        raise NotImplementedError


class Approving(_SecondPerson):
    name = "approval"
    title = _("Approve refunds")
    words = _("The money goes back at once, and each payer is told by mail.")
    button = _("Approve and pay back")
    confirms_identity = True

    def give(self, row: RefundRequest, *, why: str, by: User) -> str:
        made = approve_refund(row, why=why, by=by, at=clock.now())
        nudge(send_mail)
        return what_came_of(made)


class Declining(_SecondPerson):
    name = "decline"
    title = _("Decline refunds")
    words = _("Nothing is paid back and no payer is told; the request stays with your words.")
    button = _("Decline")

    def give(self, row: RefundRequest, *, why: str, by: User) -> str:
        decline_refund(row, why=why, by=by, at=clock.now())
        return _now("%(row)s: declined, nothing is paid back.") % {"row": row}


class Awaited(admin.SimpleListFilter):
    """Which still wait for their second person."""

    title = _("what is to be done")
    parameter_name = "decision"

    def lookups(self, *_args: Any) -> list[tuple[str, str]]:
        return [("awaited", _now("awaiting a second person"))]

    def queryset(self, _request: HttpRequest, queryset: QuerySet) -> QuerySet:
        awaited = RefundRequest.objects.awaiting_second_person().values("pk")
        return queryset.filter(pk__in=awaited) if self.value() == "awaited" else queryset


class DecisionInline(ReadOnlyInline):
    model = RefundDecision
    by = "request"
    fields = ("verdict", "why", "credit_note", "decided_by", "decided_at")
    readonly_fields = fields


@admin.register(RefundRequest, site=admin_site)
class RefundRequestAdmin(DecidingAdmin, QueueAdmin, ReadOnlyAdmin):
    """Asked for by paying a line back; the oldest first where they wait."""

    list_display = ("of_invoice", "in_currency", "reason", "state_label", "requested_by", "age")
    list_select_related = ("line__invoice", "requested_by", "decision")
    list_filter = (Awaited,)
    search_fields = (
        "line__invoice__number__exact",
        "line__invoice__account__name__icontains",
        "requested_by__email__iexact",
    )
    fields = ("line", "in_currency", "reason", ("requested_by", "requested_at"))
    readonly_fields = ("in_currency",)
    inlines = (DecisionInline,)
    actions = ("approve", "decline")
    actions_detail = ("approve_this", "decline_this")
    approving, declining = Approving(), Declining()
    decisions = (approving, declining)
    worked_off = (WorkedOff(queue=QUEUE),)
    ordering = ("-id",)

    @display(description=_("invoice"))
    def of_invoice(self, asked: RefundRequest) -> str:
        return link_to(asked.line.invoice)

    @display(description=_("amount"))
    def in_currency(self, asked: RefundRequest) -> str:
        return in_words(asked.amount, asked.currency)

    @display(description=_("since"))
    def age(self, asked: RefundRequest) -> str:
        return timesince(asked.requested_at, clock.now())

    @display(description=_("state"), label=COLOURS)
    def state_label(self, asked: RefundRequest) -> tuple[str, str]:
        words = {
            "approved": _now("approved"),
            "declined": _now("declined"),
            "waiting": _now("awaiting a second person"),
        }
        return _state(asked), words[_state(asked)]

    # --- The second person -----------------------------------------------------------------------

    def has_decide_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whether this person may; for one request, whether it waits for somebody like them."""
        may = request.user.has_perm(_SecondPerson.permission)
        if not (may and object_id):
            return may
        awaited = RefundRequest.objects.awaiting_second_person().filter(pk=object_id)
        return awaited.exclude(requested_by=request.user.pk).exists()

    @admin.action(description=_("Approve"), permissions=["decide"])
    def approve(self, request: HttpRequest, chosen: QuerySet) -> HttpResponse:
        return self.approving.ask(self, request, chosen)

    @admin.action(description=_("Decline"), permissions=["decide"])
    def decline(self, request: HttpRequest, chosen: QuerySet) -> HttpResponse:
        return self.declining.ask(self, request, chosen)

    @action(description=_("Approve"), permissions=["decide"], icon="check")
    def approve_this(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.approving.ask(self, request, RefundRequest.objects.filter(pk=object_id))

    @action(description=_("Decline"), permissions=["decide"], icon="close")
    def decline_this(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.declining.ask(self, request, RefundRequest.objects.filter(pk=object_id))


def _state(asked: RefundRequest) -> str:
    decision: RefundDecision | None = getattr(asked, "decision", None)
    return decision.verdict if decision else "waiting"


admin_site.queues.append(QUEUE)
