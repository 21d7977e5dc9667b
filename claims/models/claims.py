"""Claims: a contributor asks to be credited for a site, its client answers, staff put right."""

from datetime import date
from typing import ClassVar, Self

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
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


OPEN = (ClaimState.AWAITING, ClaimState.WITH_STAFF)
DECIDED = (ClaimState.APPROVED, ClaimState.DECLINED)


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


class Claim(models.Model):
    """A contributor's request to be credited for a site that sits in someone else's account.

    `client` is the account the site sat in when it was submitted. `state` is what the latest
    answer (of the client or, in its stead, of staff), reinstatement, lapse, withdrawal or move of
    the site made of it; those rows say who and when. A claim with staff has no request.
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

    `follow_up_due_on` is the follow-up's due row: emptied in the transaction that queues it, or
    that makes it pointless (an answer, a withdrawal, a lapse).
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
            pgtrigger.ReadOnly(name="fixed_fields", fields=["claim", "sent_to", "sent_on", "mail"]),
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return str(self.claim)


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


class Verdict(models.TextChoices):
    APPROVE = "approve", _("Yes, they worked on this site")
    DECLINE = "decline", _("No, I don’t confirm this")


class DeclineReason(models.TextChoices):
    UNKNOWN_PARTNER = "unknown_partner", _("I don’t know them")
    DID_NOT_WORK = "did_not_work", _("They didn’t work on this site")
    WRONG_SITE = "wrong_site", _("It’s the wrong site")
    ABUSE = "abuse", _("This looks like abuse – please look into it")
    OTHER = "other", _("Another reason")


class Answer(models.Model):
    """What a person answered, under the name they typed. Changing one's mind adds another.

    The one in force is the one with the highest ordinal.
    """

    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="answers")
    ordinal = models.PositiveSmallIntegerField()
    verdict = models.CharField(_("answer"), max_length=16, choices=Verdict.choices)
    reason = models.CharField(_("reason"), max_length=24, choices=DeclineReason.choices, blank=True)
    comment = models.TextField(_("comment"), max_length=1000, blank=True)
    answered_by = models.CharField(_("answered by"), max_length=120)
    answered_at = models.DateTimeField(_("answered at"))
    answered_on = models.DateField(_("answered on"))
    ip_address = models.GenericIPAddressField(_("network address"), null=True, blank=True)
    user_agent = models.CharField(_("browser"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("answer")
        verbose_name_plural = _("answers")
        ordering = ("claim", "-ordinal")
        constraints = [
            models.UniqueConstraint(fields=["claim", "ordinal"], name="answer_ordinal_unique"),
            models.CheckConstraint(condition=~Q(answered_by=""), name="answer_has_a_name"),
            models.CheckConstraint(
                name="decline_has_a_reason",
                condition=Q(verdict=Verdict.APPROVE, reason="")
                | (Q(verdict=Verdict.DECLINE) & ~Q(reason="")),
            ),
        ]
        triggers = never_changes()

    def __str__(self) -> str:
        return f"{self.claim}: {self.get_verdict_display()}"


class Withdrawal(models.Model):
    """The partner took the claim back."""

    claim = models.OneToOneField(Claim, on_delete=models.PROTECT, related_name="withdrawal")
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    withdrawn_at = models.DateTimeField(_("withdrawn at"))

    class Meta:
        verbose_name = _("withdrawal")
        verbose_name_plural = _("withdrawals")
        triggers = never_changes()

    def __str__(self) -> str:
        return str(self.claim)


class Reinstatement(models.Model):
    """Staff put a wrong decline right: who, when and why."""

    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="reinstatements")
    answer = models.OneToOneField(Answer, on_delete=models.PROTECT, related_name="reinstatement")
    reason = models.CharField(_("reason"), max_length=300)
    reinstated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    reinstated_at = models.DateTimeField(_("reinstated at"), default=clock.now)

    class Meta:
        verbose_name = _("reinstatement")
        verbose_name_plural = _("reinstatements")
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="reinstatement_has_a_reason")
        ]
        triggers = never_changes()

    def __str__(self) -> str:
        return str(self.claim)
