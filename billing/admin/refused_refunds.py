"""Refunds, and what staff do about those a gateway refused: ask again, or pay back another way."""

from functools import partial
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminTextInputWidget

from billing.actions.refused_refunds import pay_another_way, try_again
from billing.admin.refunds import REASON_LENGTH, what_came_of
from billing.errors import NotRefusedError
from billing.models import Refund
from billing.rules import Outcome
from portal.lib import clock
from portal.lib.money import in_words
from portal.staff.admins import ReadOnlyAdmin, link_to, list_url
from portal.staff.decisions import DecidingAdmin, Decision, RefusedError
from portal.staff.site import Queue, admin_site

COLOURS = {
    Outcome.SUCCEEDED.value: "success",
    Outcome.HARD_DECLINE.value: "danger",
    Outcome.UNKNOWN.value: "info",
    Outcome.OUTAGE.value: "info",
}


class WhyForm(forms.Form):
    """Why the gateway is to be asked again."""

    reason = forms.CharField(
        label=_("Why should it work now?"),
        help_text=_("Kept with your name."),
        max_length=REASON_LENGTH,
        widget=UnfoldAdminTextInputWidget,
    )


class HowForm(forms.Form):
    """How the money went back."""

    reason = forms.CharField(
        label=_("How was it paid back?"),
        help_text=_("For example by which transfer, and when. Kept with your name."),
        max_length=REASON_LENGTH,
        widget=UnfoldAdminTextInputWidget,
    )


class _AboutRefused(Decision):
    """A decision about refunds that were refused and that nobody has taken up yet."""

    permission = "billing.add_refund"
    select_related = ("credit_note__invoice__account",)
    confirms_identity = True

    def describe(self, row: Refund) -> str:
        invoice = row.credit_note.invoice
        about = {
            "note": row.credit_note,
            "amount": in_words(row.amount, row.currency),
            "account": invoice.account,
            "invoice": invoice,
            "why": row.decline_code or "–",
        }
        return (
            _now("%(note)s – %(amount)s to %(account)s, invoice %(invoice)s, refused: %(why)s")
            % about
        )

    def ready(self, row: Refund) -> bool:
        return Refund.objects.refused().filter(pk=row.pk).exists()

    def decide(self, request: HttpRequest, row: Refund, cleaned: dict[str, Any]) -> str:
        try:
            return what_came_of(self.follow_up(request, row, cleaned["reason"]))
        except NotRefusedError as refusal:
            words = _now("%(note)s was taken up already; left as it is.")
            raise RefusedError(words % {"note": row.credit_note}) from refusal

    def follow_up(self, request: HttpRequest, row: Refund, reason: str) -> Refund:
        raise NotImplementedError


class TryingAgain(_AboutRefused):
    """The gateway is asked once more."""

    name = "another_try"
    title = _("Try again to pay back")
    words = _("The gateway is asked once more to pay these back to the card they came from.")
    button = _("Try again")
    form_class = WhyForm

    def follow_up(self, request: HttpRequest, row: Refund, reason: str) -> Refund:
        return try_again(row, reason=reason, by=request.user, at=clock.now())  # type: ignore[arg-type]


class PaidAnotherWay(_AboutRefused):
    """A person has paid it back, outside of the gateway."""

    name = "other_way"
    title = _("Paid back another way")
    words = _(
        "You have paid these back yourself, by bank transfer for example. No gateway is asked."
        " What follows is what follows any refund: a line whose money is all back ends today, its"
        " points are taken back, and the payer is told."
    )
    button = _("It is paid back")
    form_class = HowForm

    def follow_up(self, request: HttpRequest, row: Refund, reason: str) -> Refund:
        return pay_another_way(row, how=reason, by=request.user, at=clock.now())  # type: ignore[arg-type]


class Waiting(admin.SimpleListFilter):
    """Refused, and nobody has taken it up since."""

    title = _("what is to be done")
    parameter_name = "refused"

    def lookups(self, *_args: Any) -> list[tuple[str, str]]:
        return [("yes", _now("refused, to be looked into"))]

    def queryset(self, _request: HttpRequest, queryset: QuerySet) -> QuerySet:
        refused = Refund.objects.refused().values("pk")
        return queryset.filter(pk__in=refused) if self.value() == "yes" else queryset


@admin.register(Refund, site=admin_site)
class RefundAdmin(DecidingAdmin, ReadOnlyAdmin):
    """Money on its way back, and what became of it."""

    list_display = (
        "of_note",
        "of_account",
        "in_currency",
        "outcome_label",
        "decline_code",
        "created_at",
        "note",
    )
    list_select_related = ("credit_note__invoice__account",)
    list_filter = (Waiting, ("settled_at", admin.EmptyFieldListFilter))
    search_fields = (
        "credit_note__number__iexact",
        "credit_note__invoice__number__iexact",
        "credit_note__invoice__account__name__icontains",
        "credit_note__invoice__account__email__iexact",
        "credit_note__invoice__account__ref__exact",
        "provider_ref__exact",
        "idempotency_key__exact",
    )
    ordering = ("-id",)
    fields = (
        ("credit_note", "of_invoice", "of_account"),
        ("in_currency", "outcome_words", "decline_code"),
        ("created_at", "asked_by"),
        ("settled_at", "settled_by"),
        "note",
        ("attempt", "provider_ref", "idempotency_key"),
    )
    readonly_fields = ("in_currency", "outcome_words", "of_invoice", "of_account")
    actions = ("try_again", "paid_another_way")
    actions_detail = ("try_this_again", "paid_this_another_way")
    trying_again, other_way = TryingAgain(), PaidAnotherWay()
    decisions = (trying_again, other_way)

    @display(description=_("credit note"))
    def of_note(self, refund: Refund) -> str:
        return str(refund.credit_note)

    @display(description=_("invoice"))
    def of_invoice(self, refund: Refund) -> str:
        return link_to(refund.credit_note.invoice)

    @display(description=_("account"))
    def of_account(self, refund: Refund) -> str:
        return link_to(refund.credit_note.invoice.account)

    @display(description=_("amount"))
    def in_currency(self, refund: Refund) -> str:
        return in_words(refund.amount, refund.currency)

    @display(description=_("outcome"), label=COLOURS)
    def outcome_label(self, refund: Refund) -> tuple[str, str]:
        return refund.outcome, self.outcome_words(refund)

    @display(description=_("outcome"))
    def outcome_words(self, refund: Refund) -> str:
        if refund.outcome == Outcome.SUCCEEDED.value:
            return _now("paid back")
        if refund.outcome == Outcome.HARD_DECLINE.value:
            return _now("refused")
        return _now("on its way")

    def has_follow_up_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whether this person may; for one refund, whether there is anything to do about it."""
        may = request.user.has_perm(_AboutRefused.permission)
        return may and (not object_id or Refund.objects.refused().filter(pk=object_id).exists())

    @admin.action(description=_("Try again"), permissions=["follow_up"])
    def try_again(self, request: HttpRequest, chosen: QuerySet) -> HttpResponse:
        return self.trying_again.ask(self, request, chosen)

    @admin.action(description=_("Paid back another way"), permissions=["follow_up"])
    def paid_another_way(self, request: HttpRequest, chosen: QuerySet) -> HttpResponse:
        return self.other_way.ask(self, request, chosen)

    @action(description=_("Try again"), permissions=["follow_up"], icon="replay")
    def try_this_again(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.trying_again.ask(self, request, Refund.objects.filter(pk=object_id))

    @action(description=_("Paid back another way"), permissions=["follow_up"], icon="task_alt")
    def paid_this_another_way(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.other_way.ask(self, request, Refund.objects.filter(pk=object_id))


admin_site.queues.append(
    Queue(
        title=_("Refused refunds"),
        words=_("The gateway would not pay these back: try again, or pay back another way."),
        permission="billing.view_refund",
        url=partial(list_url, "billing.refund", query="refused=yes"),
        waiting=Refund.objects.refused,
        since="settled_at",
    )
)
