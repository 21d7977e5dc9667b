"""Submitting a claim, and taking it back."""

from datetime import datetime

from django.db import transaction

from claims import rules
from claims.errors import (
    AlreadyClaimedError,
    ApproverOnOwnTeamError,
    NotAContributorError,
    NotAnAddressError,
    NotJoinedError,
    NotOpenError,
    OwnSiteError,
    TooManyClaimsError,
)
from claims.models import ApprovalRequest, Claim, ClaimState, Withdrawal
from partners.actions.activity import record_activity
from partners.addresses import AddressError, and_above, normalise
from partners.models import Account, Contributor, ContributorApproval, Enrolment, Membership, Site
from portal.lib import clock
from portal.lib.refs import new_ref
from portal.mail.actions.queue import Draft, queue, withhold
from portal.models import User


@transaction.atomic
def submit(account: Account, *, address: str, by: User, at: datetime) -> Claim:
    """Claim the site at this address, and ask its client to approve.

    Raises NotJoinedError, NotAnAddressError, NotAContributorError, OwnSiteError,
    ApproverOnOwnTeamError, AlreadyClaimedError, TooManyClaimsError.
    """
    on = clock.date_of(at)
    Account.objects.select_for_update(no_key=True).get(pk=account.pk)
    if not Enrolment.objects.filter(account=account).exists():
        raise NotJoinedError
    if Claim.objects.filter(account=account, submitted_on=on).count() >= rules.SITES_A_DAY:
        raise TooManyClaimsError
    site = _claimable_site(account, address=address, at=at)
    claim = Claim.objects.create(
        ref=new_ref(),
        account=account,
        site=site,
        client=site.account,
        programme_year=on.year,
        submitted_by=by,
        submitted_at=at,
        submitted_on=on,
        state_since=at,
    )
    _ask(claim, at=at)
    record_activity(account, "claim_submitted", by=by, at=at, site=site.address)
    return claim


def _claimable_site(account: Account, *, address: str, at: datetime) -> Site:
    on = clock.date_of(at)
    site = _site_at(address)
    if site is None:
        raise NotAContributorError
    if site.account_id == account.pk:
        raise OwnSiteError
    spells = Contributor.objects.filter(account=account, site=site, from_on__lte=on)
    if not spells.exclude(to_on__lt=on).exists():
        raise NotAContributorError
    _refuse_own_approver(account, approver=site.account.email)
    _refuse_second_claim(account, site, year=on.year)
    return site


def _refuse_own_approver(account: Account, *, approver: str) -> None:
    """The request must not come to who sends it: the account's own address, or one of its team."""
    on_team = Membership.objects.filter(account=account, user__email__iexact=approver)
    if account.email.lower() == approver.lower() or on_team.exists():
        raise ApproverOnOwnTeamError


def _site_at(typed: str) -> Site | None:
    """The site a pasted address leads to: itself, or the site the page is on."""
    try:
        candidates = and_above(normalise(typed))
    except AddressError as error:
        raise NotAnAddressError from error
    found = Site.objects.select_related("account").filter(address__in=candidates)
    return max(found, key=lambda site: len(site.address), default=None)


def _refuse_second_claim(account: Account, site: Site, *, year: int) -> None:
    claims = Claim.objects.filter(account=account, site=site)
    approved = ContributorApproval.objects.filter(account=account, site=site, ended_on=None)
    if (
        claims.awaiting().exists()
        or claims.filter(programme_year=year).exists()
        or approved.exists()
    ):
        raise AlreadyClaimedError


def _ask(claim: Claim, *, at: datetime) -> None:
    on = clock.date_of(at)
    mail = queue(
        Draft(
            kind="claims/request",
            key=f"claim:{claim.ref}:request",
            to=claim.client.email,
            arguments={"claim_id": claim.pk},
            account_ref=claim.client.ref,
        )
    )
    ApprovalRequest.objects.create(
        claim=claim,
        sent_to=claim.client.email,
        sent_on=on,
        follow_up_due_on=rules.follow_up_on(on),
        lapses_on=rules.lapses_on(on),
        mail=mail,
    )


@transaction.atomic
def withdraw(claim: Claim, *, by: User, at: datetime) -> None:
    """Take an unanswered claim back; no follow-up goes out any more. Raises NotOpenError."""
    locked = Claim.objects.select_for_update().get(pk=claim.pk)
    if locked.state != ClaimState.AWAITING:
        raise NotOpenError
    Withdrawal.objects.create(claim=locked, withdrawn_by=by, withdrawn_at=at)
    close(locked, state=ClaimState.WITHDRAWN, at=at)
    site = locked.site.address
    record_activity(locked.account, "claim_withdrawn", by=by, at=at, site=site)


def close(claim: Claim, *, state: ClaimState, at: datetime) -> None:
    """Move a locked claim to a state in which no follow-up is wanted."""
    claim.state, claim.state_since = state, at
    claim.save(update_fields=["state", "state_since"])
    request = ApprovalRequest.objects.select_related("mail", "follow_up_mail").get(claim=claim)
    ApprovalRequest.objects.filter(pk=request.pk).update(follow_up_due_on=None)
    for mail in (request.mail, request.follow_up_mail):
        if mail:
            withhold(mail)
