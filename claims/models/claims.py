"""Claims and their requests: a contributor asks to be credited for a site, its client is asked."""

from datetime import date
from typing import ClassVar, Self

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import BooleanField, Exists, ExpressionWrapper, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from partners.models import Account, Site
from portal.lib import clock
from portal.lib.refs import RefField
from portal.lib.triggers import never_changes
from portal.mail.models import Message


class ClaimState(models.TextChoices):
    AWAITING = "awaiting", _("waiting for the client")
    WITH_STAFF = "with_staff", _("with our team")
    APPROVED = "approved", _("approved")
    DECLINED = "declined", _("declined")
    REFUSED = "refused", _("refused by our team")
    LAPSED = "lapsed", _("no answer")
    WITHDRAWN = "withdrawn", _("withdrawn")
    MOVED = "moved", _("site moved")
    MERGED = "merged", _("merged into another")


OPEN = (ClaimState.AWAITING, ClaimState.WITH_STAFF)
DECIDED = (ClaimState.APPROVED, ClaimState.DECLINED)
STANDING = (*OPEN, *DECIDED, ClaimState.REFUSED)


def _lost(column: str) -> Exists:
    """Whether the mail in this column surely never arrived."""
    return Exists(Message.objects.undelivered().filter(pk=OuterRef(column)))


def unreached() -> Q:
    """Of claims: open, and no mail of the request in force has reached the client."""
    asked_in_vain = Q(state=ClaimState.AWAITING) & Q(_lost("request__mail"))
    no_follow_up = Q(request__follow_up_mail=None) | Q(_lost("request__follow_up_mail"))
    return asked_in_vain & no_follow_up


class ClaimQuerySet(models.QuerySet["Claim"]):
    def in_account(self, account: Account) -> Self:
        """The claims this account has submitted."""
        return self.filter(account=account)

    def awaiting(self) -> Self:
        return self.filter(state=ClaimState.AWAITING)

    def with_staff(self) -> Self:
        """What our team is to answer in the client's stead."""
        return self.filter(state=ClaimState.WITH_STAFF)

    def moved_away(self) -> Self:
        """Open, while the site has left the account it was asked about."""
        return self.filter(state__in=OPEN).exclude(site__account=F("client"))

    def settling(self) -> Self:
        """Those that say how a site stands: what another on it has absorbed does not."""
        same = Q(merger__into__account=F("account"), merger__into__site=F("site"))
        return self.exclude(same)

    def to_be_asked_again(self) -> Self:
        """Whose client no mail has reached, and who wait for staff to find the right address."""
        return self.filter(unreached(), request__correction=None)

    def with_unreached(self) -> Self:
        """Each with `is_unreached`."""
        told = ExpressionWrapper(unreached(), output_field=BooleanField())
        return self.annotate(is_unreached=told)


class Claim(models.Model):
    """A contributor's request to be credited for a site that sits in someone else's account.

    `client` is the account the site sat in when it was submitted. `state` is what the latest
    answer (of the client or, in its stead, of staff), reinstatement, lapse, withdrawal, merger or
    move of the site made of it; those rows say who and when. A claim with staff has no request.
    """

    ref = RefField()
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="claims")
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="claims")
    client = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="claims_received")
    programme_year = models.PositiveSmallIntegerField(_("programme year"))
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    submitted_at = models.DateTimeField(_("submitted at"))
    submitted_on = models.DateField(_("submitted on"))
    state = models.CharField(
        _("state"),
        max_length=16,
        choices=ClaimState.choices,
        default=ClaimState.AWAITING,
    )
    state_since = models.DateTimeField(_("since"))

    objects: ClassVar[ClaimQuerySet] = ClaimQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("claim")
        verbose_name_plural = _("claims")
        ordering = ("-submitted_at", "-id")
        constraints = [
            models.UniqueConstraint(
                fields=["account", "site"],
                condition=Q(state__in=OPEN),
                name="one_open_claim",
            ),
            models.UniqueConstraint(
                fields=["account", "site", "programme_year"],
                condition=~Q(state=ClaimState.MOVED),
                name="one_claim_a_year",
            ),
            models.CheckConstraint(
                condition=~Q(account=F("client")), name="claim_is_on_anothers_site"
            ),
            models.CheckConstraint(
                condition=Q(state__in=ClaimState.values), name="claim_state_known"
            ),
        ]
        indexes = [
            models.Index(fields=["account", "-submitted_at"], name="claim_by_account"),
            models.Index(
                fields=["state_since"],
                condition=Q(state=ClaimState.DECLINED),
                name="claim_declined",
            ),
            models.Index(
                fields=["submitted_at"],
                condition=Q(state=ClaimState.WITH_STAFF),
                name="claim_with_staff",
            ),
            models.Index(fields=["submitted_on"], name="claim_by_day"),
        ]
        triggers = [
            pgtrigger.ReadOnly(
                name="fixed_fields",
                fields=[
                    "ref",
                    "account",
                    "site",
                    "client",
                    "programme_year",
                    "submitted_at",
                ],
            ),
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.account} → {self.site}"


class ApprovalRequestQuerySet(models.QuerySet["ApprovalRequest"]):
    def follow_up_due(self, on: date) -> Self:
        """Requests whose one follow-up is due and still to be decided."""
        return self.filter(follow_up_due_on__lte=on)

    def lapse_due(self, on: date) -> Self:
        return self.filter(claim__state=ClaimState.AWAITING, lapses_on__lte=on)


class ApprovalRequest(models.Model):
    """The question put to the client. Its links are `ApprovalLink` rows, one for each mail.

    Address, day and mail are those of the asking in force: the first, or the one that an
    `AddressCorrection` made; the database lets nothing else change them. `follow_up_due_on` is the
    follow-up's due row: emptied in the transaction that queues it, or that makes it pointless (an
    answer, a withdrawal, a lapse).
    """

    claim = models.OneToOneField(Claim, on_delete=models.PROTECT, related_name="request")
    sent_to = models.EmailField(_("sent to"), max_length=254)
    sent_on = models.DateField(_("sent on"))
    follow_up_due_on = models.DateField(_("follow-up due"), null=True, blank=True)
    lapses_on = models.DateField(_("lapses on"))
    mail = models.OneToOneField(Message, on_delete=models.PROTECT, related_name="+")
    follow_up_mail = models.OneToOneField(
        Message, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )

    objects: ClassVar[ApprovalRequestQuerySet] = ApprovalRequestQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("approval request")
        verbose_name_plural = _("approval requests")
        constraints = [
            models.CheckConstraint(
                condition=Q(follow_up_mail__isnull=True) | Q(follow_up_due_on__isnull=True),
                name="one_follow_up",
            )
        ]
        indexes = [
            models.Index(
                fields=["follow_up_due_on"],
                condition=Q(follow_up_due_on__isnull=False),
                name="request_follow_up_due",
            ),
            models.Index(fields=["lapses_on"], name="request_lapse_due"),
        ]
        triggers = [
            pgtrigger.ReadOnly(name="fixed_fields", fields=["claim"]),
            pgtrigger.Trigger(
                name="fixed_unless_corrected",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange("sent_to", "sent_on", "mail"),
                func="""
                    IF NOT EXISTS (
                        SELECT FROM claims_addresscorrection AS corrected
                        WHERE corrected.request_id = NEW.id
                            AND corrected.mail_id = NEW.mail_id
                            AND corrected.new_address = NEW.sent_to
                            AND OLD.mail_id <> NEW.mail_id
                    ) THEN
                        RAISE EXCEPTION 'Cannot update rows from claims_approvalrequest';
                    END IF;
                    RETURN NEW;
                """,
            ),
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return str(self.claim)


class AddressCorrection(models.Model):
    """Staff found the right address of a client no mail had reached, and the client is asked anew.

    Once a request. `is_on_record`: the account's address on record was corrected with it.
    """

    request = models.OneToOneField(
        ApprovalRequest, on_delete=models.PROTECT, related_name="correction"
    )
    old_address = models.EmailField(_("old address"), max_length=254)
    new_address = models.EmailField(_("new address"), max_length=254)
    is_on_record = models.BooleanField(_("also on record"))
    reason = models.CharField(_("reason"), max_length=300)
    old_mail = models.OneToOneField(Message, on_delete=models.PROTECT, related_name="+")
    mail = models.OneToOneField(Message, on_delete=models.PROTECT, related_name="+")
    corrected_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    corrected_at = models.DateTimeField(_("corrected at"))

    class Meta:
        verbose_name = _("address correction")
        verbose_name_plural = _("address corrections")
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="correction_has_a_reason"),
            models.CheckConstraint(
                condition=~Q(mail=F("old_mail")), name="correction_has_a_new_mail"
            ),
        ]
        triggers = never_changes()

    def __str__(self) -> str:
        return f"{self.old_address} → {self.new_address}"


class ApprovalLink(models.Model):
    """A link to answer with, as one mail carried it. The token itself is in that mail only."""

    request = models.ForeignKey(ApprovalRequest, on_delete=models.PROTECT, related_name="links")
    token_hash = models.CharField(max_length=64, unique=True)
    mail = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = _("approval link")
        verbose_name_plural = _("approval links")
        triggers = never_changes()

    def __str__(self) -> str:
        return str(self.request)
