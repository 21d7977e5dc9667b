"""Queued mail: every message is a row, written in the transaction of what caused it."""

from datetime import datetime
from email.utils import make_msgid, parseaddr
from functools import cache
from typing import ClassVar, Self

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from portal.lib import clock
from portal.lib.refs import RefField
from portal.lib.triggers import fixed_once_written, never_changes
from portal.mail.rules import ARRIVED, NEVER_ARRIVED


def new_message_id() -> str:
    """A Message-ID that stays the same through every retry."""
    return make_msgid(domain=_domain_of(settings.DEFAULT_FROM_EMAIL))


@cache
def _domain_of(sender: str) -> str:
    return parseaddr(sender)[1].rpartition("@")[2]


class MailState(models.TextChoices):
    QUEUED = "queued", _("queued")
    SENDING = "sending", _("being handed over")
    SENT = "sent", _("sent")
    FAILED = "failed", _("refused")
    WITHHELD = "withheld", _("no longer wanted")
    UNKNOWN = "unknown", _("unknown")


class MessageQuerySet(models.QuerySet["Message"]):
    def ready(self, at: datetime) -> Self:
        """Waiting to be sent, and not held back by an earlier failure."""
        return self.filter(state=MailState.QUEUED, not_before__lte=at)

    def that_were(self, *kinds: str) -> Self:
        """Of which the provider told any of these."""
        told = MailEvent.objects.filter(message=OuterRef("pk"), kind__in=kinds)
        return self.filter(Exists(told))

    def undelivered(self) -> Self:
        """Surely not with their readers: refused, kept back, or come back for good."""
        told = MailEvent.objects.filter(message=OuterRef("pk"), kind__in=NEVER_ARRIVED)
        kept_here = Q(state__in=[MailState.FAILED, MailState.WITHHELD])
        return self.filter(kept_here | Exists(told))

    def in_trouble(self) -> Self:
        """Refused by the server, or handed over without anybody knowing what became of it."""
        told = MailEvent.objects.filter(message=OuterRef("pk"), kind__in=[*ARRIVED, *NEVER_ARRIVED])
        return self.filter(Q(state=MailState.FAILED) | Q(state=MailState.UNKNOWN) & ~Exists(told))


class Message(models.Model):
    """One mail to one address, as it was (or will be) sent.

    `key` names its cause ("claim 17, follow-up"); it is unique, so a cause can queue one mail
    however often it is told. It is written from `kind` and `arguments` when it is handed over, and
    marked as such before the server hears of it: after a crash in between it is unknown, shown to
    staff, and never sent again by itself. What was sent never changes; secret links and what is in
    attachments are left out of the copy that is kept.
    """

    ref = RefField()
    key = models.CharField(_("key"), max_length=120, unique=True)
    kind = models.CharField(_("message"), max_length=64, help_text=_("app/message"))
    to = models.EmailField(_("to"), max_length=254)
    reply_to = models.EmailField(_("reply to"), max_length=254, blank=True)
    language = models.CharField(_("language"), max_length=16, default="en")
    arguments = models.JSONField(_("arguments"), default=dict)
    subject = models.CharField(_("subject"), max_length=250, blank=True)
    text = models.TextField(_("text"), blank=True)
    html = models.TextField(_("HTML"), blank=True)
    attachments = models.JSONField(
        _("attachments"),
        default=list,
        blank=True,
        help_text=_("name, size and digest of each file; the files themselves are not kept"),
    )
    message_id = models.CharField(
        _("Message-ID"), max_length=200, unique=True, default=new_message_id
    )
    account_ref = models.CharField(_("account"), max_length=16, blank=True)
    state = models.CharField(
        _("state"), max_length=16, choices=MailState.choices, default=MailState.QUEUED
    )
    queued_at = models.DateTimeField(_("queued at"), default=clock.now)
    not_before = models.DateTimeField(_("not before"), default=clock.now)
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    handed_over_at = models.DateTimeField(_("handed over at"), null=True, blank=True)
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    last_error = models.TextField(_("last error"), blank=True)

    objects: ClassVar[MessageQuerySet] = MessageQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering = ("-queued_at", "-id")
        constraints = [
            models.CheckConstraint(
                name="message_sent_has_time",
                condition=~Q(state=MailState.SENT) | Q(sent_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                fields=["not_before", "id"],
                condition=Q(state=MailState.QUEUED),
                name="message_ready",
            ),
            models.Index(
                fields=["handed_over_at"],
                condition=Q(state=MailState.SENDING),
                name="message_in_flight",
            ),
            models.Index(
                fields=["queued_at"],
                condition=Q(state__in=[MailState.FAILED, MailState.UNKNOWN]),
                name="message_in_trouble",
            ),
            models.Index(fields=["account_ref", "-queued_at"], name="message_by_account"),
            models.Index(fields=["to", "-queued_at"], name="message_by_address"),
            models.Index(fields=["-queued_at", "-id"], name="message_latest"),
        ]
        triggers = [
            *fixed_once_written("ref", "key", "kind", "to", "arguments", "message_id", "queued_at"),
            pgtrigger.Protect(
                name="sent_never_changes",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__state=MailState.SENT),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subject or self.kind} → {self.to}"


class MailEventKind(models.TextChoices):
    DELIVERED = "delivered", _("delivered")
    DEFERRED = "deferred", _("delayed")
    SOFT_BOUNCED = "soft_bounced", _("came back for now")
    BOUNCED = "bounced", _("came back")
    REJECTED = "rejected", _("refused by the provider")
    COMPLAINED = "complained", _("reported as spam")
    OTHER = "other", _("something else")


class MailEvent(models.Model):
    """What the mail provider told of a mail, each once; what became of the mail follows from them.

    Without a message it belongs to none of ours, or made no sense. What the provider sent is not
    kept whole: it may hold links that let their reader in.
    """

    message = models.ForeignKey(
        Message, on_delete=models.PROTECT, related_name="events", null=True, blank=True
    )
    provider = models.CharField(_("provider"), max_length=32)
    kind = models.CharField(_("what happened"), max_length=16, choices=MailEventKind.choices)
    at = models.DateTimeField(_("at"))
    received_at = models.DateTimeField(_("received at"))
    address = models.EmailField(_("address"), max_length=254, blank=True)
    event_ref = models.CharField(_("provider’s reference"), max_length=200, blank=True)
    told_of = models.CharField(
        _("told of"), max_length=200, blank=True, help_text=_("how the provider named the mail")
    )
    description = models.CharField(_("in its words"), max_length=500, blank=True)
    digest = models.CharField(
        max_length=64, unique=True, help_text=_("of what makes it the same event told again")
    )

    class Meta:
        verbose_name = _("mail event")
        verbose_name_plural = _("mail events")
        ordering = ("-at", "-id")
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=MailEventKind.values), name="mail_event_kind_known"
            ),
        ]
        indexes = [
            models.Index(fields=["-received_at", "-id"], name="mail_event_latest"),
            models.Index(
                fields=["address"],
                condition=Q(kind=MailEventKind.COMPLAINED),
                name="mail_event_complained",
            ),
            models.Index(fields=["kind", "-at"], name="mail_event_by_kind"),
        ]
        triggers = never_changes()

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.address or self.told_of}"
