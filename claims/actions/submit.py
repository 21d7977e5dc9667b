"""Submitting claims, one or many at once, and taking one back."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import transaction

from claims import rules
from claims.claimable import Judgement, judge_lines, lines_answered
from claims.errors import (
    AlreadyClaimedError,
    ClaimsError,
    NotAContributorError,
    NotAnAddressError,
    NotJoinedError,
    NotOpenError,
    OwnSiteError,
    TooManyClaimsError,
)
from claims.models import (
    OPEN,
    ApprovalRequest,
    Claim,
    ClaimState,
    Outcome,
    Submission,
    SubmittedLine,
    Withdrawal,
)
from claims.models.submissions import CLAIMED, LONGEST_TYPED
from claims.pasted import Line
from partners.actions.activity import record_activities, record_activity
from partners.models import Account, Enrolment
from portal.lib import clock
from portal.mail.actions.queue import Draft, queue_many, withhold
from portal.mail.models import Message
from portal.models import User

REFUSED: dict[Outcome, type[ClaimsError]] = {
    Outcome.OWN_SITE: OwnSiteError,
    Outcome.ALREADY_CLAIMED: AlreadyClaimedError,
    Outcome.NOT_FOUND: NotAContributorError,
    Outcome.NOT_AN_ADDRESS: NotAnAddressError,
}


@transaction.atomic
def submit(account: Account, *, address: str, by: User, at: datetime) -> Claim:
    """Claim the site at this address, and ask its client (or our team) to approve.

    Raises NotJoinedError, NotAnAddressError, NotAContributorError, OwnSiteError,
    AlreadyClaimedError, TooManyClaimsError.
    """
    line = submit_all(account, [Line(address)], by=by, at=at).lines.get()
    if refusal := REFUSED.get(Outcome(line.outcome)):
        raise refusal
    return Claim.objects.get(lines=line)


@transaction.atomic
def submit_all(account: Account, lines: Sequence[Line], *, by: User, at: datetime) -> Submission:
    """Answer each line at once: claim its site, or say why not. As many queries for any number.

    Lines beyond the day's number are left for another day. Raises NotJoinedError, and
    TooManyClaimsError when nothing is left of the day at all.
    """
    on = clock.date_of(at)
    account = Account.objects.select_for_update(no_key=True).get(pk=account.pk)
    if not Enrolment.objects.filter(account=account).exists():
        raise NotJoinedError
    left = rules.LINES_A_DAY - lines_answered(account, on=on)
    if left <= 0:
        raise TooManyClaimsError
    judged = judge_lines(account, lines, on=on, at_most=left)
    claims = _claim(account, judged, by=by, at=at)
    submission = Submission.objects.create(
        account=account, submitted_by=by, submitted_at=at, submitted_on=on
    )
    SubmittedLine.objects.bulk_create(_line(submission, one, claims) for one in judged)
    return submission


def _claim(
    account: Account, judged: Sequence[Judgement], *, by: User, at: datetime
) -> dict[int, Claim]:
    """The claims on what may be claimed, by site; the clients of those who have one are asked."""
    on = clock.date_of(at)
    claims = [
        Claim(
            account=account,
            site=one.site,
            client=one.site.account,
            programme_year=on.year,
            submitted_by=by,
            submitted_at=at,
            submitted_on=on,
            state=_first_state(one.outcome),
            state_since=at,
        )
        for one in judged
        if one.site and one.outcome in CLAIMED
    ]
    Claim.objects.bulk_create(claims)
    _ask([claim for claim in claims if claim.state == ClaimState.AWAITING], at=at)
    details = [{"site": claim.site.address} for claim in claims]
    record_activities(account, "claim_submitted", by=by, at=at, details=details)
    return {claim.site_id: claim for claim in claims}


def _first_state(outcome: Outcome) -> ClaimState:
    return ClaimState.WITH_STAFF if outcome is Outcome.WITH_STAFF else ClaimState.AWAITING


def _line(submission: Submission, judged: Judgement, claims: dict[int, Claim]) -> SubmittedLine:
    made = claims.get(judged.site.pk) if judged.site else None
    return SubmittedLine(
        submission=submission,
        row=judged.line.row,
        column=judged.line.column,
        typed=judged.line.text[:LONGEST_TYPED],
        outcome=judged.outcome,
        claim_id=judged.claim_id or (made.pk if made else None),
    )


def _ask(claims: Iterable[Claim], *, at: datetime) -> None:
    on = clock.date_of(at)
    drafts = {claim: _request_mail(claim) for claim in claims}
    queue_many(drafts.values())
    mails = Message.objects.in_bulk([one.key for one in drafts.values()], field_name="key")
    ApprovalRequest.objects.bulk_create(
        ApprovalRequest(
            claim=claim,
            sent_to=claim.client.email,
            sent_on=on,
            follow_up_due_on=rules.follow_up_on(on),
            lapses_on=rules.lapses_on(on),
            mail=mails[draft.key],
        )
        for claim, draft in drafts.items()
    )


def _request_mail(claim: Claim) -> Draft:
    return Draft(
        kind="claims/request",
        key=f"claim:{claim.ref}:request",
        to=claim.client.email,
        arguments={"claim_id": claim.pk},
        account_ref=claim.client.ref,
    )


@transaction.atomic
def withdraw(claim: Claim, *, by: User, at: datetime) -> None:
    """Take an unanswered claim back; no follow-up goes out any more. Raises NotOpenError."""
    locked = Claim.objects.select_for_update().get(pk=claim.pk)
    if locked.state not in OPEN:
        raise NotOpenError
    Withdrawal.objects.create(claim=locked, withdrawn_by=by, withdrawn_at=at)
    close(locked, state=ClaimState.WITHDRAWN, at=at)
    site = locked.site.address
    record_activity(locked.account, "claim_withdrawn", by=by, at=at, site=site)


def close(claim: Claim, *, state: ClaimState, at: datetime) -> None:
    """Move a locked claim to a state in which no follow-up is wanted."""
    claim.state, claim.state_since = state, at
    claim.save(update_fields=["state", "state_since"])
    requests = ApprovalRequest.objects.filter(claim=claim)  # none of a claim with our team
    for request in requests.select_related("mail", "follow_up_mail"):
        requests.update(follow_up_due_on=None)
        for mail in (request.mail, request.follow_up_mail):
            if mail:
                withhold(mail)
