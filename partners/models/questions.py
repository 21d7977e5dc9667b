"""What partners ask about lines of their ledger, and what they are answered."""

from typing import ClassVar, Self

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Case, CharField, Exists, OuterRef, Q, Value, When
from django.utils.translation import gettext_lazy as _

from partners.models.accounts import Account
from partners.models.points import PointsEntry
from partners.rules import QUESTION_LENGTH
from portal.lib.triggers import never_changes


class LineQuestionQuerySet(models.QuerySet["LineQuestion"]):
    def in_account(self, account: Account) -> Self:
        return self.filter(entry__account=account)

    def open(self) -> Self:
        """Nobody has answered them yet."""
        return self.filter(answer__isnull=True)


class LineQuestion(models.Model):
    """Somebody wants to know why a line of the ledger is what it is. One is open at a time."""

    entry = models.ForeignKey(
        PointsEntry, on_delete=models.PROTECT, related_name="questions", verbose_name=_("line")
    )
    text = models.TextField(_("question"), max_length=QUESTION_LENGTH)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("asked by"),
    )
    asked_at = models.DateTimeField(_("asked at"))

    objects: ClassVar[LineQuestionQuerySet] = LineQuestionQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("question on a line")
        verbose_name_plural = _("questions on lines")
        ordering = ("id",)
        constraints = [models.CheckConstraint(condition=~Q(text=""), name="line_question_asks")]
        triggers = [
            *never_changes(),
            pgtrigger.Trigger(
                name="one_open_question",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func="""
                    -- One question of a line at a time, so that two cannot both be the only one.
                    PERFORM FROM partners_pointsentry WHERE id = NEW.entry_id FOR NO KEY UPDATE;
                    IF EXISTS (SELECT FROM partners_linequestion asked
                                WHERE asked.entry_id = NEW.entry_id
                                  AND NOT EXISTS (SELECT FROM partners_lineanswer
                                                   WHERE question_id = asked.id)) THEN
                        RAISE EXCEPTION 'a line has one open question';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return str(self.entry)


class LineAnswer(models.Model):
    """What staff say to a question, once; whoever asks on asks a new one."""

    question = models.OneToOneField(LineQuestion, on_delete=models.PROTECT, related_name="answer")
    text = models.TextField(_("answer"), max_length=QUESTION_LENGTH)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("answered by"),
    )
    answered_at = models.DateTimeField(_("answered at"))

    class Meta:
        verbose_name = _("answer to a question")
        verbose_name_plural = _("answers to questions")
        constraints = [models.CheckConstraint(condition=~Q(text=""), name="line_answer_says")]
        triggers = never_changes()

    def __str__(self) -> str:
        return str(self.question)


class QuestionState(models.TextChoices):
    """Whether a line was questioned, as a list of lines shows it."""

    NONE = "", _("not questioned")
    OPEN = "open", _("question open")
    ANSWERED = "answered", _("question answered")


def question_state() -> Case:
    """The QuestionState of each ledger line, to annotate a query of them with."""
    asked = LineQuestion.objects.filter(entry=OuterRef("pk"))
    return Case(
        When(Exists(asked.open()), then=Value(QuestionState.OPEN)),
        When(Exists(asked), then=Value(QuestionState.ANSWERED)),
        default=Value(QuestionState.NONE),
        output_field=CharField(),
    )
