"""The simulated gateway's own book, as a foreign system would keep it."""

from django.db import models

from portal.lib.money import AmountField, CurrencyField


class SimulatedCharge(models.Model):
    """What the simulated gateway did with a key. The same key again gets the same answer.

    A charge that got lost on its way, or met a gateway that was down, is no charge: its outcome
    says so until it comes again and is made.
    """

    idempotency_key = models.CharField(max_length=64, primary_key=True)
    method_ref = models.CharField(max_length=128)
    amount = AmountField()
    currency = CurrencyField()
    outcome = models.CharField(max_length=16)
    decline_code = models.CharField(max_length=64, blank=True)
    charged_at = models.DateTimeField()

    class Meta:
        verbose_name = "simulated charge"
        verbose_name_plural = "simulated charges"

    def __str__(self) -> str:
        return self.idempotency_key


class SimulatedRenewal(models.Model):
    """The new details a card's network sent it."""

    method_ref = models.CharField(max_length=128, primary_key=True)
    last4 = models.CharField(max_length=4)
    expires_month = models.PositiveSmallIntegerField()
    expires_year = models.PositiveSmallIntegerField()

    class Meta:
        verbose_name = "simulated renewal of a card"
        verbose_name_plural = "simulated renewals of cards"

    def __str__(self) -> str:
        return self.method_ref


class SimulatedRefund(models.Model):
    """What it paid back of a charge."""

    idempotency_key = models.CharField(max_length=64, primary_key=True)
    charge = models.ForeignKey(SimulatedCharge, on_delete=models.PROTECT, related_name="refunds")
    amount = AmountField()
    refunded_at = models.DateTimeField()

    class Meta:
        verbose_name = "simulated refund"
        verbose_name_plural = "simulated refunds"

    def __str__(self) -> str:
        return self.idempotency_key
