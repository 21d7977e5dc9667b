"""What is written to the partner when a claim ends otherwise than by its client's answer."""

from django.utils.translation import gettext as _

from claims import samples
from claims.emails.claims import CLAIM, for_partner, next_step
from claims.models import Claim, Merger, StaffAnswer, Verdict
from portal.lib import clock
from portal.mail.letters import Context, letter
from portal.mail.models import Message


@letter("claims/answered_by_staff", sample=lambda: _decided(_sample_answer(), step=samples.step()))
def answered_by_staff(_message: Message, *, claim_id: int) -> Context:
    """Our team decided in the client's stead: what, why, and what follows."""
    given = StaffAnswer.objects.select_related(*CLAIM).get(claim=claim_id)
    is_yes = given.verdict == Verdict.APPROVE
    return _decided(given, step=next_step(given.claim) if is_yes else "")


def _decided(given: StaffAnswer, *, step: str) -> Context:
    return for_partner(given.claim) | {
        "is_yes": given.verdict == Verdict.APPROVE,
        "answered_on": clock.date_of(given.answered_at),
        "staff_reason": given.reason,
        "next_step": step,
    }


@letter("claims/moved", sample=lambda: _moved(samples.request().claim, is_own=False))
def moved(_message: Message, *, claim_id: int) -> Context:
    """The site left the account that was asked before there was an answer."""
    related = ("account", "site", "client", "submitted_by")
    claim = Claim.objects.select_related(*related).get(pk=claim_id)
    return _moved(claim, is_own=claim.site.account_id == claim.account_id)


def _moved(claim: Claim, *, is_own: bool) -> Context:
    ended_on = clock.date_of(claim.state_since)
    return for_partner(claim) | {"moved_on": ended_on, "is_own": is_own}


@letter("claims/merged", sample=lambda: _merged(_sample_merger()))
def merged(_message: Message, *, claim_id: int) -> Context:
    """Our team closed the claim as a duplicate: why, and what stands instead."""
    related = Merger.objects.select_related(*CLAIM, "into__site")
    return _merged(related.get(claim=claim_id))


def _merged(merger: Merger) -> Context:
    """Which claim stands is said where it is the account's own; others' claims are not told."""
    duplicate, standing = merger.claim, merger.into
    is_own = standing.account_id == duplicate.account_id
    return for_partner(duplicate) | {
        "merged_on": clock.date_of(merger.merged_at),
        "staff_reason": merger.reason,
        "standing": standing if is_own else None,
    }


def _sample_merger() -> Merger:
    return Merger(
        claim=samples.request().claim,
        into=samples.request().claim,
        reason=_("You claimed this site under its other address as well."),
        merged_at=clock.now(),
    )


def _sample_answer() -> StaffAnswer:
    return StaffAnswer(
        claim=samples.request().claim,
        verdict=Verdict.DECLINE,
        reason=_("The owner of the site told us that another agency looks after it."),
        answered_at=clock.now(),
    )
