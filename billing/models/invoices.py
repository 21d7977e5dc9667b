"""Invoices, and the attempts to collect them."""

from datetime import date
from typing import ClassVar, Self

import pgtrigger
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from billing.models.methods import PaymentMethod
from billing.rules import Outcome
from partners.models import Account
from portal.lib import clock
from portal.lib.money import AmountField, CurrencyField, is_currency
from portal.lib.refs import RefField
from portal.lib.triggers import fixed_once_written

OUTCOMES = [
    (Outcome.SUCCEEDED.value, _("paid")),
    (Outcome.SOFT_DECLINE.value, _("declined")),
    (Outcome.HARD_DECLINE.value, _("declined, needs another card")),
    (Outcome.UNKNOWN.value, _("no answer yet")),
    (Outcome.OUTAGE.value, _("gateway unavailable")),
]


class InvoiceSeries(models.Model):
    """The gapless numbers of an issuer's year; its row lock is what keeps them so."""

    issuer = models.CharField(max_length=16)
    year = models.PositiveSmallIntegerField()
    last_number = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("invoice series")
        verbose_name_plural = _("invoice series")
        constraints = [
            models.UniqueConstraint(fields=["issuer", "year"], name="invoice_series_unique")
        ]

    def __str__(self) -> str:
        return f"{self.issuer}-{self.year}"


class InvoiceState(models.TextChoices):
    OPEN = "open", _("open")
    PAID = "paid", _("paid")
    UNCOLLECTED = "uncollected", _("given up")
    CREDITED = "credited", _("no longer wanted")


class InvoiceQuerySet(models.QuerySet["Invoice"]):
    def in_account(self, account: Account) -> Self:
        return self.filter(account=account)

    def due_for_attempt(self, on: date) -> Self:
        """Open, with an attempt due by that day and none in flight."""
        return self._settled().filter(state=InvoiceState.OPEN, next_attempt_on__lte=on)

    def uncollected(self) -> Self:
        """Open after an unsuccessful attempt, with none in flight."""
        return self._settled().filter(
            Exists(PaymentAttempt.objects.filter(invoice=OuterRef("pk"))),
            state=InvoiceState.OPEN,
        )

    def to_give_up(self, on: date) -> Self:
        """Open, with a line whose last day of collecting has passed and no attempt in flight."""
        return self._settled().filter(state=InvoiceState.OPEN, collect_until__lt=on)

    def _settled(self) -> Self:
        """No attempt whose outcome is not known: money may have moved."""
        in_flight = PaymentAttempt.objects.filter(invoice=OuterRef("pk"), settled_at__isnull=True)
        return self.exclude(Exists(in_flight))


class Invoice(models.Model):
    """One consolidated charge: everything of an account due on a day, with one method and currency.

    What was issued never changes; its state and the day of the next attempt do. A purchase is paid
    while somebody waits, so a decline ends it; a renewal is tried again.
    """

    ref = RefField()
    number = models.CharField(_("number"), max_length=32, unique=True)
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="invoices", db_index=False
    )
    bill_to_name = models.CharField(_("to"), max_length=200)
    bill_to_email = models.EmailField(_("to the address"), max_length=254)
    currency = CurrencyField(verbose_name=_("currency"))
    total_amount = AmountField(verbose_name=_("total"), help_text=_("tax included"))
    is_purchase = models.BooleanField(_("a purchase"), default=False, db_default=False)
    due_on = models.DateField(_("due on"))
    issued_at = models.DateTimeField(_("issued at"), default=clock.now)
    payment_method = models.ForeignKey(
        PaymentMethod,
        on_delete=models.PROTECT,
        related_name="invoices",
        null=True,
        blank=True,
        help_text=_("empty: the account's default at each attempt"),
    )
    state = models.CharField(
        _("state"),
        max_length=16,
        choices=InvoiceState.choices,
        default=InvoiceState.OPEN,
    )
    next_attempt_on = models.DateField(_("next attempt"), null=True, blank=True)
    collect_until = models.DateField(
        _("collect until"), help_text=_("unpaid after this day, a line of it is given up")
    )
    paid_at = models.DateTimeField(_("paid at"), null=True, blank=True)

    objects: ClassVar[InvoiceQuerySet] = InvoiceQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("invoice")
        verbose_name_plural = _("invoices")
        ordering = ("-issued_at", "-id")
        constraints = [
            models.CheckConstraint(condition=is_currency(), name="invoice_currency_is_iso"),
            models.CheckConstraint(condition=Q(total_amount__gte=0), name="invoice_not_negative"),
            models.CheckConstraint(
                name="invoice_paid_has_time",
                condition=Q(state=InvoiceState.PAID, paid_at__isnull=False)
                | (~Q(state=InvoiceState.PAID) & Q(paid_at__isnull=True)),
            ),
            models.CheckConstraint(
                condition=Q(state=InvoiceState.OPEN) | Q(next_attempt_on__isnull=True),
                name="only_open_invoices_are_attempted",
            ),
        ]
        indexes = [
            models.Index(fields=["account", "-issued_at"], name="invoice_by_account"),
            models.Index(
                fields=["next_attempt_on"],
                condition=Q(state=InvoiceState.OPEN),
                name="invoice_due_for_attempt",
            ),
            models.Index(
                fields=["collect_until"],
                condition=Q(state=InvoiceState.OPEN),
                name="invoice_to_give_up",
            ),
        ]
        triggers = fixed_once_written(
            "ref",
            "number",
            "account",
            "bill_to_name",
            "bill_to_email",
            "currency",
            "total_amount",
            "is_purchase",
            "due_on",
            "issued_at",
        )

    def __str__(self) -> str:
        return self.number


class PaymentAttempt(models.Model):
    """One try at the gateway. Committed with its key before the gateway hears of it.

    While `outcome` is empty or unknown the attempt is in flight, and an invoice has one at most: an
    unknown outcome is resolved by asking with the same key, never by a new charge.
    """

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="attempts")
    ordinal = models.PositiveSmallIntegerField()
    idempotency_key = models.CharField(max_length=64, unique=True)
    payment_method = models.ForeignKey(
        PaymentMethod, on_delete=models.PROTECT, related_name="attempts", null=True
    )
    amount = AmountField(verbose_name=_("amount"))
    currency = CurrencyField(verbose_name=_("currency"))
    attempted_on = models.DateField(_("attempted on"))
    created_at = models.DateTimeField(default=clock.now, editable=False)
    outcome = models.CharField(_("outcome"), max_length=16, choices=OUTCOMES, blank=True)
    decline_code = models.CharField(_("decline code"), max_length=64, blank=True)
    provider_ref = models.CharField(_("gateway's reference"), max_length=128, blank=True)
    settled_at = models.DateTimeField(_("settled at"), null=True, blank=True)

    class Meta:
        verbose_name = _("payment attempt")
        verbose_name_plural = _("payment attempts")
        ordering = ("invoice", "ordinal")
        constraints = [
            models.UniqueConstraint(fields=["invoice", "ordinal"], name="attempt_ordinal_unique"),
            models.UniqueConstraint(
                fields=["invoice"],
                condition=Q(settled_at__isnull=True),
                name="one_attempt_in_flight",
            ),
            models.UniqueConstraint(
                fields=["invoice"],
                condition=Q(outcome=Outcome.SUCCEEDED.value),
                name="one_success_an_invoice",
            ),
            models.CheckConstraint(condition=Q(amount__gte=0), name="attempt_not_negative"),
            models.CheckConstraint(condition=is_currency(), name="attempt_currency_is_iso"),
        ]
        indexes = [
            models.Index(
                fields=["created_at"],
                condition=Q(settled_at__isnull=True),
                name="attempt_in_flight",
            ),
            models.Index(fields=["attempted_on"], name="attempt_by_day"),
        ]
        triggers = [
            *fixed_once_written("invoice", "ordinal", "idempotency_key", "amount", "currency"),
            pgtrigger.Protect(
                name="settled_stays_settled",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__settled_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.invoice} #{self.ordinal}"

    def was_with(self, method: PaymentMethod) -> bool:
        """Whether it tried this card as it is now: no other, and none the network renewed since."""
        is_renewed = method.updated_at is not None and method.updated_at > self.created_at
        return self.payment_method_id == method.pk and not is_renewed
