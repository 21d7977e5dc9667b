"""A client's answer: a person's, under their name, and changeable for a while."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from claims import rules
from claims.actions.abuse import report_abuse
from claims.actions.submit import close
from claims.audience import submitters
from claims.errors import AnswerFinalError, NotAnswerableError
from claims.models import (
    DECIDED,
    Answer,
    ApprovalRequest,
    Claim,
    ClaimState,
    DeclineReason,
    Verdict,
)
from partners.actions.approvals import approve_contributor, end_approval
from partners.audience import draft_to
from portal.lib import clock
from portal.mail.actions.queue import Draft, queue_many


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a person put into the form."""

    verdict: Verdict
    name: str
    reason: str = ""
    comment: str = ""
    ip_address: str | None = None
    user_agent: str = ""


@transaction.atomic
def answer(request: ApprovalRequest, said: Said, *, at: datetime) -> Answer:
    """Record the answer and let the points follow it. The row lock on the claim decides any race.

    The same answer again changes nothing and gives the one in force; that it is abuse is told to
    staff all the same. Raises NotAnswerableError (withdrawn, lapsed, or put right by staff),
    AnswerFinalError (the time to change it is over).
    """
    claim = (
        Claim.objects.select_for_update(of=("self",))
        .select_related("site", "account")
        .get(pk=request.claim_id)
    )
    in_force = refuse_unless_answerable(claim, at=at)
    if said.reason == DeclineReason.ABUSE:
        _report(claim, said, at=at)
    if in_force and in_force.verdict == said.verdict:
        return in_force
    given = Answer.objects.create(
        claim=claim,
        ordinal=in_force.ordinal + 1 if in_force else 1,
        verdict=said.verdict,
        reason=said.reason,
        comment=said.comment,
        answered_by=said.name,
        answered_at=at,
        answered_on=clock.date_of(at),
        ip_address=said.ip_address,
        user_agent=said.user_agent[:300],
    )
    follow_verdict(claim, given, at=at)
    _tell_both(claim, given)
    return given


def _report(claim: Claim, said: Said, *, at: datetime) -> None:
    report_abuse(
        claim,
        by=said.name,
        words=said.comment,
        ip_address=said.ip_address,
        user_agent=said.user_agent[:300],
        at=at,
    )


def refuse_unless_answerable(claim: Claim, *, at: datetime) -> Answer | None:
    """The answer in force, if it can still be changed. Raises as `answer` does.

    One query, and none while nobody has answered.
    """
    if claim.state == ClaimState.AWAITING:
        if claim.site.account_id != claim.client_id:
            raise NotAnswerableError  # the site has moved: who was asked cannot say any more
        return None
    answers = list(claim.answers.all())  # the latest first
    if claim.state not in DECIDED or not answers or was_put_right(claim, answers[0]):
        raise NotAnswerableError
    until = rules.answer_changeable_until(answers[-1].answered_on)
    if clock.date_of(at) > until:
        raise AnswerFinalError(until)
    return answers[0]


def was_put_right(claim: Claim, latest: Answer) -> bool:
    """A claim's state follows its latest answer, until staff turn a no into a yes."""
    return claim.state == ClaimState.APPROVED and latest.verdict == Verdict.DECLINE


def follow_verdict(claim: Claim, given: Answer, *, at: datetime) -> None:
    on = clock.date_of(at)
    if given.verdict == Verdict.APPROVE:
        close(claim, state=ClaimState.APPROVED, at=at)
        approve_contributor(
            account=claim.account, site=claim.site, from_year=claim.programme_year, on=on
        )
    else:
        close(claim, state=ClaimState.DECLINED, at=at)
        end_approval(account=claim.account, site=claim.site, on=on)


def _tell_both(claim: Claim, given: Answer) -> None:
    request, arguments = claim.request, {"answer_id": given.pk}
    receipt = Draft(
        kind="claims/answer_receipt",
        key=f"claim:{claim.ref}:receipt:{given.ordinal}",
        to=request.sent_to,
        arguments=arguments,
        account_ref=claim.client.ref,
    )
    key = f"claim:{claim.ref}:answered:{given.ordinal}"
    to_partner = [
        draft_to(seat, letter="claims/answered", key=key, arguments=arguments)
        for seat in submitters([claim]).values()
    ]
    queue_many([receipt, *to_partner])
