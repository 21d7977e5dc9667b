"""Requests for quotes: what visitors of the marketplace ask its partners."""

from typing import ClassVar, Self

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from partners.models.accounts import Account
from partners.models.offers import Budget
from portal.lib.refs import RefField
from portal.lib.triggers import never_changes


class HeldFor(models.TextChoices):
    """Why a request was kept from the partner."""

    TRAP = "trap", _("a field was filled in that people do not see")
    HASTE = "haste", _("sent faster than anybody types")
    FORGED = "forged", _("the form was not opened here")


class QuoteRequestQuerySet(models.QuerySet["QuoteRequest"]):
    def received_by(self, account: Account) -> Self:
        """What the partner gets to see."""
        return self.filter(account=account, held_for="")


class QuoteRequest(models.Model):
    """What somebody asked a listed partner; held back where it came from a machine."""

    ref = RefField()
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="quote_requests")
    name = models.CharField(_("name"), max_length=120)
    email = models.EmailField(_("e-mail"), max_length=254)
    needs = models.TextField(_("what is needed"), max_length=4000)
    budget = models.CharField(_("budget"), max_length=16, choices=Budget.choices, blank=True)
    received_at = models.DateTimeField(_("received at"))
    ip_address = models.GenericIPAddressField(_("network address"), null=True, blank=True)
    held_for = models.CharField(_("held back"), max_length=16, choices=HeldFor.choices, blank=True)

    objects: ClassVar[QuoteRequestQuerySet] = QuoteRequestQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("request for a quote")
        verbose_name_plural = _("requests for quotes")
        ordering = ("-received_at", "-id")
        constraints = [
            models.CheckConstraint(
                condition=Q(held_for__in=["", *HeldFor.values]), name="quote_held_for_known"
            ),
            models.CheckConstraint(
                condition=Q(budget__in=["", *Budget.values]), name="quote_budget_known"
            ),
            # A line break in either would be a header of somebody else's in the mail.
            models.CheckConstraint(
                condition=~Q(name__regex=r"[\r\n]") & ~Q(email__regex=r"[\r\n]"),
                name="quote_sender_is_one_line",
            ),
        ]
        indexes = [
            models.Index(fields=["account", "-received_at"], name="quote_by_account"),
            models.Index(Lower("email"), F("received_at").desc(), name="quote_by_email"),
            models.Index(fields=["ip_address", "-received_at"], name="quote_by_network"),
        ]
        triggers = never_changes()

    def __str__(self) -> str:
        return f"{self.name} → {self.account}"
