"""Questions on lines of the ledger: asked by partners, answered by staff."""

from datetime import datetime

from django.db import transaction

from partners.actions.activity import record_activity
from partners.errors import AlreadyAnsweredError, StillOpenError, TooManyQuestionsError
from partners.models import LineAnswer, LineQuestion, Membership, PointsEntry
from partners.rules import QUESTIONS_A_DAY
from portal.lib import clock
from portal.lib.limits import DailyLimit
from portal.mail.actions.queue import Draft, queue
from portal.models import User

QUESTIONS = DailyLimit("line-questions", QUESTIONS_A_DAY)


@transaction.atomic
def ask(entry: PointsEntry, *, text: str, by: User, at: datetime) -> LineQuestion:
    """Ask about a line; staff find it in their queue.

    Raises StillOpenError, TooManyQuestionsError.
    """
    locked = PointsEntry.objects.select_for_update(no_key=True).get(pk=entry.pk)
    if locked.questions.open().exists():
        raise StillOpenError
    account, on = entry.account, clock.date_of(at)
    if QUESTIONS.is_used_up(account.ref, on=on):
        raise TooManyQuestionsError
    QUESTIONS.count(account.ref, on=on)
    asked = LineQuestion.objects.create(entry=locked, text=text, asked_by=by, asked_at=at)
    record_activity(account, "line_questioned", by=by, at=at, points=f"{locked.points:+d}")
    return asked


@transaction.atomic
def answer(question: LineQuestion, *, text: str, by: User, at: datetime) -> LineAnswer:
    """Answer a question; whoever asked is told by mail. Raises AlreadyAnsweredError."""
    locked = LineQuestion.objects.select_for_update(no_key=True).get(pk=question.pk)
    if LineAnswer.objects.filter(question=locked).exists():
        raise AlreadyAnsweredError
    made = LineAnswer.objects.create(question=locked, text=text, answered_by=by, answered_at=at)
    queue(
        Draft(
            kind="partners/question_answered",
            key=f"question:{locked.pk}:answered",
            to=_reader(locked),
            arguments={"answer_id": made.pk},
            account_ref=locked.entry.account.ref,
        )
    )
    return made


def _reader(question: LineQuestion) -> str:
    """Whoever asked, while they sit in the account; after that the address on record."""
    account = question.entry.account
    seat = Membership.objects.filter(account=account, user=question.asked_by)
    return question.asked_by.email if seat.exists() else account.email
