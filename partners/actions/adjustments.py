"""Staff change an account's points by hand: asked for, approved by a second person, booked."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from partners.actions.activity import record_activity
from partners.adjusted import adjustable_years
from partners.errors import AlreadyDecidedError, OwnRequestError, YearOutOfReachError
from partners.models import (
    Account,
    AdjustmentDecision,
    AdjustmentRequest,
    AdjustmentVerdict,
    LineQuestion,
    PointsEntry,
)
from partners.models.points import EntryKind
from partners.rules import AdjustmentReason, needs_second_person
from portal.lib import clock
from portal.mail.actions.queue import Draft, queue
from portal.models import User


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is to be adjusted, and why; `points` are signed."""

    ref: str  # of the form it was asked with
    year: int
    points: int
    reason: AdjustmentReason
    note: str
    question: LineQuestion | None = None  # the one it follows from


@transaction.atomic
def ask_for_adjustment(
    account: Account, asked: Asked, *, by: User, at: datetime
) -> AdjustmentRequest:
    """Adjust points at once, or note that a second person has to approve it first.

    The same `ref` again gives what was made of it. A closed year is booked like any other, and its
    ranks stay. Raises YearOutOfReachError.
    """
    locked = Account.objects.select_for_update(no_key=True).get(pk=account.pk)
    if made := AdjustmentRequest.objects.filter(ref=asked.ref).first():
        return made
    if not adjustable_years(locked, on=clock.date_of(at)).filter(year=asked.year).exists():
        raise YearOutOfReachError
    request = AdjustmentRequest.objects.create(
        ref=asked.ref,
        account=locked,
        programme_year_id=asked.year,
        points=asked.points,
        reason=asked.reason.value,
        note=asked.note,
        question=asked.question,
        needs_second_person=needs_second_person(asked.points),
        requested_by=by,
        requested_at=at,
    )
    if not request.needs_second_person:
        _book(request, at=at)
    return request


@transaction.atomic
def decide_adjustment(
    request: AdjustmentRequest, *, verdict: AdjustmentVerdict, why: str, by: User, at: datetime
) -> AdjustmentDecision:
    """A second person approves, which books it, or declines, which changes nothing.

    Raises OwnRequestError, and AlreadyDecidedError for what needs no (more) word.
    """
    locked = AdjustmentRequest.objects.select_for_update().get(pk=request.pk)
    if not AdjustmentRequest.objects.awaiting_second_person().filter(pk=locked.pk).exists():
        raise AlreadyDecidedError
    if locked.requested_by_id == by.pk:
        raise OwnRequestError
    decision = AdjustmentDecision.objects.create(
        request=locked, verdict=verdict, why=why, decided_by=by, decided_at=at
    )
    if verdict == AdjustmentVerdict.APPROVED:
        _book(locked, at=at)
    return decision


def _book(request: AdjustmentRequest, *, at: datetime) -> None:
    """The line in the ledger, with what its account is told."""
    entry = PointsEntry.objects.create(
        account=request.account,
        programme_year=request.programme_year,
        kind=EntryKind.ADJUSTMENT,
        points=request.points,
        credited_on=clock.date_of(at),
        adjustment=request,
        note=request.note,
        entered_by=request.requested_by,
    )
    record_activity(
        request.account,
        "points_adjusted",
        by=None,
        at=at,
        points=f"{request.points:+d}",
        year=str(request.programme_year_id),
    )
    queue(
        Draft(
            kind="partners/points_adjusted",
            key=f"adjustment:{request.ref}",
            to=request.account.email,
            arguments={"entry_id": entry.pk},
            account_ref=request.account.ref,
        )
    )
