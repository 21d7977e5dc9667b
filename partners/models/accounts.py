"""Accounts, and who sits in them."""

from typing import TYPE_CHECKING, ClassVar, Self

import pgtrigger
from django.conf import settings
from django.contrib.postgres.indexes import OpClass
from django.db import models
from django.db.models import F, Value
from django.db.models.functions import Coalesce, Lower, NullIf
from django.utils.translation import gettext_lazy as _

from partners.roles import Role
from portal.lib import clock
from portal.lib.history import tracked
from portal.lib.money import CurrencyField, is_currency
from portal.lib.refs import RefField

if TYPE_CHECKING:
    from portal.models import User


def bills_to(of: str = "") -> Coalesce:
    """The address invoices and receipts go to, in a query; `of` leads from there to the account."""
    own = NullIf(F(f"{of}invoice_email"), Value(""))
    return Coalesce(own, F(f"{of}email"))


class AccountQuerySet(models.QuerySet["Account"]):
    def visible_to(self, user: "User") -> Self:
        """The accounts this person sits in, whatever the role."""
        return self.filter(memberships__user=user)


@tracked(inserts=False)
class Account(models.Model):
    """A customer of the platform: holds sites, pays for them, has a team.

    It becomes a partner by its Enrolment. `email` is the address on record: where claims on its
    sites ask for approval, and where invoices and receipts go unless there is an `invoice_email`.
    """

    ref = RefField()
    platform_ref = models.CharField(
        _("platform's reference"), max_length=64, null=True, blank=True, unique=True
    )
    name = models.CharField(_("name"), max_length=200)
    email = models.EmailField(_("address on record"), max_length=254)
    invoice_email = models.EmailField(
        _("invoice address"),
        max_length=254,
        blank=True,
        default="",
        help_text=_("where invoices and receipts go; empty: the address on record"),
    )
    country = models.CharField(_("country"), max_length=2, help_text=_("ISO 3166 code"))
    currency = CurrencyField(verbose_name=_("currency"))
    created_at = models.DateTimeField(default=clock.now, editable=False)

    objects: ClassVar[AccountQuerySet] = AccountQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        ordering = ("name", "id")
        constraints = [
            models.CheckConstraint(condition=is_currency(), name="account_currency_is_iso"),
            models.CheckConstraint(
                condition=models.Q(country__regex=r"^[A-Z]{2}$"),
                name="account_country_is_iso",
            ),
            models.CheckConstraint(condition=~models.Q(name=""), name="account_has_name"),
        ]
        indexes = [
            models.Index(Lower("name"), "id", name="account_by_name"),
            models.Index(Lower("email"), name="account_by_email"),
            models.Index(fields=["created_at"], name="account_by_time"),
            models.Index(OpClass(Lower("name"), "text_pattern_ops"), name="account_by_beginning"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def bills_to(self) -> str:
        """The address invoices and receipts go to; `bills_to` above says the same in a query."""
        return self.invoice_email or self.email


@tracked()
class Membership(models.Model):
    """A user's seat and role in an account. Ending it ends access with the next request."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships"
    )
    role = models.CharField(_("role"), max_length=16, choices=Role.choices)
    since_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        ordering = ("account", "since_at", "id")
        constraints = [
            models.UniqueConstraint(fields=["account", "user"], name="membership_unique"),
            models.CheckConstraint(
                condition=models.Q(role__in=Role.values), name="membership_role_known"
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="the_last_owner_stays",
                when=pgtrigger.After,
                operation=pgtrigger.UpdateOf("role", "account_id") | pgtrigger.Delete,
                condition=pgtrigger.Q(old__role=Role.OWNER),
                func="""
                    -- One change of owners at a time, so that two cannot each rely on the other.
                    PERFORM FROM partners_account WHERE id = OLD.account_id FOR NO KEY UPDATE;
                    IF FOUND AND NOT EXISTS (SELECT FROM partners_membership
                                              WHERE account_id = OLD.account_id
                                                AND role = 'owner') THEN
                        RAISE EXCEPTION 'the last owner of an account stays';
                    END IF;
                    RETURN NULL;
                """,
            )
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.account} ({self.get_role_display()})"


class PendingMembership(models.Model):
    """A seat the platform handed over for an address nobody has proved to be theirs yet.

    It turns into a Membership when a person signs up (or in) with that address verified.
    """

    account = models.ForeignKey(
        Account, on_delete=models.CASCADE, related_name="pending_memberships"
    )
    email = models.EmailField(_("e-mail"), max_length=254)
    role = models.CharField(_("role"), max_length=16, choices=Role.choices)

    class Meta:
        verbose_name = _("pending membership")
        verbose_name_plural = _("pending memberships")
        constraints = [
            models.UniqueConstraint("account", Lower("email"), name="pending_membership_unique"),
            models.CheckConstraint(
                condition=models.Q(role__in=Role.values),
                name="pending_membership_role_known",
            ),
        ]
        indexes = [models.Index(Lower("email"), name="pending_membership_by_email")]

    def __str__(self) -> str:
        return f"{self.email} · {self.account}"
