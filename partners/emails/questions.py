"""What whoever questioned a line of the ledger is answered."""

from django.utils.translation import gettext as _

from partners.models import Account, LineAnswer, LineQuestion, PointsEntry
from portal.lib import clock
from portal.mail.letters import Context, letter, link_to
from portal.mail.models import Message


@letter("partners/question_answered", sample=lambda: _answered(_sample_answer()))
def question_answered(_message: Message, *, answer_id: int) -> Context:
    """What was asked about which line, and the answer."""
    answers = LineAnswer.objects.select_related("question__entry__account")
    return _answered(answers.get(pk=answer_id))


def _answered(answer: LineAnswer) -> Context:
    entry = answer.question.entry
    return {
        "account": entry.account.name,
        "points": f"{entry.points:+d}",
        "day": entry.credited_on,
        "question": answer.question.text,
        "answer": answer.text,
        "action_url": link_to(
            "partners:line_question", account_ref=entry.account.ref, line=str(entry.pk)
        ),
        "action_label": _("Open the line"),
    }


def _sample_answer() -> LineAnswer:
    entry = PointsEntry(
        pk=1,
        account=Account(name="Harbour Studio", ref="x"),
        points=-100,
        credited_on=clock.today(),
    )
    asked = LineQuestion(entry=entry, text="Why were these points taken back?")
    return LineAnswer(question=asked, text="The renewal was refunded at the client’s wish.")
