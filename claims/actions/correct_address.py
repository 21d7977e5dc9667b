"""Asking a client again whom no mail has reached, at the address where one will."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from claims import rules
from claims.claimable import addresses_of
from claims.errors import (
    ApproverOnOwnTeamError,
    AskedAgainError,
    NotOpenError,
    WantsNoMailError,
    WasReachedError,
)
from claims.models import AddressCorrection, ApprovalRequest, Claim, ClaimState
from portal.lib import clock
from portal.mail.actions.queue import Draft, queue, withhold
from portal.mail.models import MailEvent, MailEventKind, Message
from portal.models import User


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrected:
    """The right address, why it is, and whether the account's address on record was wrong too."""

    address: str
    reason: str
    is_on_record: bool


@transaction.atomic
def correct_address(
    claim: Claim, corrected: Corrected, *, by: User, at: datetime
) -> AddressCorrection:
    """Ask once more: a new mail with a new link, from which 30 days and one follow-up count.

    Links of earlier mails, should one be found after all, still lead to the same question. Raises
    NotOpenError, AskedAgainError, WasReachedError, ApproverOnOwnTeamError, WantsNoMailError.
    """
    request = _locked(claim)
    refuse_unless_lost(request.claim)
    _refuse_address(request.claim, corrected.address)
    if request.follow_up_mail:
        withhold(request.follow_up_mail)
    mail = queue(_asking_anew(request.claim, to=corrected.address))
    row = AddressCorrection.objects.create(
        request=request,
        old_address=request.sent_to,
        new_address=corrected.address,
        is_on_record=corrected.is_on_record,
        reason=corrected.reason,
        old_mail=request.mail,
        mail=mail,
        corrected_by=by,
        corrected_at=at,
    )
    _count_from(request, row, at=at)
    if corrected.is_on_record:
        client = request.claim.client
        client.email = corrected.address
        client.save(update_fields=["email"])
    return row


def _locked(claim: Claim) -> ApprovalRequest:
    """The request, with the claim and its mail locked: no answer and no bounce comes between."""
    locked = (
        Claim.objects.select_for_update(of=("self",))
        .select_related("account", "client", "site")
        .get(pk=claim.pk)
    )
    request = ApprovalRequest.objects.select_related("mail", "follow_up_mail").get(claim=locked)
    Message.objects.select_for_update().get(pk=request.mail_id)
    request.claim = locked
    return request


def refuse_unless_lost(claim: Claim) -> None:
    """Raises as `correct_address` does where there is nothing to ask again."""
    if claim.state != ClaimState.AWAITING:
        raise NotOpenError
    if AddressCorrection.objects.filter(request__claim=claim).exists():
        raise AskedAgainError
    if not Claim.objects.to_be_asked_again().filter(pk=claim.pk).exists():
        raise WasReachedError


def _refuse_address(claim: Claim, address: str) -> None:
    if address.lower() in addresses_of(claim.account):
        raise ApproverOnOwnTeamError
    complaints = MailEvent.objects.filter(kind=MailEventKind.COMPLAINED)
    if complaints.filter(address=address.lower()).exists():
        raise WantsNoMailError


def _asking_anew(claim: Claim, *, to: str) -> Draft:
    return Draft(
        kind="claims/request",
        key=f"claim:{claim.ref}:request:again",
        to=to,
        arguments={"claim_id": claim.pk},
        account_ref=claim.client.ref,
    )


def _count_from(request: ApprovalRequest, row: AddressCorrection, *, at: datetime) -> None:
    on = clock.date_of(at)
    request.sent_to, request.sent_on, request.mail = row.new_address, on, row.mail
    request.follow_up_mail, request.follow_up_due_on = None, rules.follow_up_on(on)
    request.lapses_on = rules.lapses_on(on)
    request.save()
