"""What the portal and a gateway know of each other: who is who there, and what it told."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from partners.models import Account
from portal.lib import clock
from portal.lib.triggers import fixed_once_written


class GatewayCustomer(models.Model):
    """Who an account is at a gateway. Cards are kept for a customer there, and charged as one."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    gateway = models.CharField(_("gateway"), max_length=32)
    provider_ref = models.CharField(_("gateway's reference"), max_length=128)

    class Meta:
        verbose_name = _("customer at the gateway")
        verbose_name_plural = _("customers at the gateway")
        constraints = [
            models.UniqueConstraint(fields=["account", "gateway"], name="one_customer_a_gateway"),
            models.UniqueConstraint(
                fields=["gateway", "provider_ref"], name="customer_provider_ref_unique"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account} ({self.gateway})"


class GatewayEvent(models.Model):
    """What a gateway told by itself, kept before anything is done about it; each event once.

    Settled when it needs nobody any more; the note says what was not done, and why.
    """

    gateway = models.CharField(_("gateway"), max_length=32)
    event_ref = models.CharField(_("gateway's reference"), max_length=128)
    kind = models.CharField(_("kind"), max_length=96, blank=True)
    payload = models.JSONField(_("what was told"))
    received_at = models.DateTimeField(_("received at"), default=clock.now, editable=False)
    settled_at = models.DateTimeField(_("settled at"), null=True, blank=True)
    note = models.CharField(_("note"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("gateway event")
        verbose_name_plural = _("gateway events")
        ordering = ("-received_at", "-id")
        constraints = [
            models.UniqueConstraint(fields=["gateway", "event_ref"], name="gateway_event_once"),
        ]
        indexes = [
            models.Index(fields=["-received_at"], name="gateway_event_latest"),
            models.Index(
                F("received_at"),
                condition=Q(settled_at__isnull=True),
                name="gateway_event_unsettled",
            ),
        ]
        triggers = fixed_once_written("gateway", "event_ref", "kind", "payload", "received_at")

    def __str__(self) -> str:
        return f"{self.kind or '?'} {self.event_ref}"
