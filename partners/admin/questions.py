"""Questions partners ask about lines of their ledger: the queue, the answer, what follows."""

from functools import partial
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.text import Truncator
from django.utils.timesince import timesince
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminTextareaWidget

from partners.actions.questions import answer
from partners.admin import adjusting
from partners.errors import AlreadyAnsweredError
from partners.lines import SHOWN_WITH, how_it_came_about
from partners.models import AdjustmentRequest, LineAnswer, LineQuestion, PointsEntry
from partners.rules import QUESTION_LENGTH
from portal.lib import clock
from portal.lib.nudge import nudge
from portal.mail.tasks import send_mail
from portal.staff.admins import ReadOnlyAdmin, ReadOnlyInline, Section, link_to, list_url
from portal.staff.decisions import DecidingAdmin, Decision, RefusedError
from portal.staff.queues import QueueAdmin, WorkedOff
from portal.staff.site import Queue, admin_site

QUEUE = Queue(
    title=_("Questions on ledger lines"),
    words=_("Partners ask why a line of points is what it is. The oldest come first."),
    permission="partners.view_linequestion",
    url=partial(list_url, "partners.linequestion", query="answer=open"),
    waiting=LineQuestion.objects.open,
    since="asked_at",
)


class AnswerForm(forms.Form):
    """What the partner is answered."""

    text = forms.CharField(
        label=_("Answer"),
        help_text=_("Mailed to whoever asked, word for word; their team sees it by the line."),
        max_length=QUESTION_LENGTH,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 6}),
    )


class Answering(Decision):
    """Answer a question; an adjustment may follow, on its own page."""

    name = "answer"
    permission = "partners.add_lineanswer"
    title = _("Answer a question")
    words = _(
        "Question and answer are kept as they are. If points have to change, adjust them from the"
        " question’s page afterwards."
    )
    button = _("Answer")
    form_class = AnswerForm
    select_related = ("entry__account", "asked_by", "answer")

    def describe(self, row: LineQuestion) -> str:
        about = {"who": row.asked_by, "line": row.entry, "text": row.text}
        return _now("%(line)s – %(who)s asks: %(text)s") % about

    def ready(self, row: LineQuestion) -> bool:
        return not hasattr(row, "answer")

    def decide(self, request: HttpRequest, row: LineQuestion, cleaned: dict[str, Any]) -> str:
        try:
            answer(row, text=cleaned["text"], by=request.user, at=clock.now())  # type: ignore[arg-type]
        except AlreadyAnsweredError as refusal:
            words = _now("%(line)s: somebody has answered it meanwhile.")
            raise RefusedError(words % {"line": row.entry}) from refusal
        nudge(send_mail)
        return _now("Answered. %(who)s is told by mail.") % {"who": row.asked_by}


class Open(admin.SimpleListFilter):
    """Which have no answer yet."""

    title = _("what is to be done")
    parameter_name = "answer"

    def lookups(self, *_args: Any) -> list[tuple[str, str]]:
        return [("open", _now("to be answered"))]

    def queryset(self, _request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(answer__isnull=True) if self.value() == "open" else queryset


class AnswerInline(ReadOnlyInline):
    model = LineAnswer
    by = "question"
    fields = ("text", "answered_by", "answered_at")
    readonly_fields = fields


class AdjustmentInline(ReadOnlyInline):
    """What followed from it."""

    model = AdjustmentRequest
    by = "question"
    show_change_link = True
    fields = ("points", "reason", "note", "requested_by", "requested_at")
    readonly_fields = fields


@admin.register(LineQuestion, site=admin_site)
class LineQuestionAdmin(DecidingAdmin, QueueAdmin, ReadOnlyAdmin):
    """The oldest first where they wait, the latest first otherwise."""

    list_display = ("of_account", "of_line", "short_text", "asked_by", "age", "is_answered")
    list_select_related = ("entry__account", "asked_by", "answer")
    list_filter = (Open,)
    search_fields = (
        "entry__account__name__icontains",
        "entry__account__email__iexact",
        "entry__account__ref__exact",
        "asked_by__email__iexact",
    )
    fields = (("of_account", "of_line"), "text", ("asked_by", "asked_at"))
    readonly_fields = ("of_account", "of_line")
    inlines = (AnswerInline, AdjustmentInline)
    actions_detail = ("answer_this", "adjust")
    answering = Answering()
    decisions = (answering,)
    worked_off = (WorkedOff(queue=QUEUE),)
    ordering = ("-id",)

    @display(description=_("account"))
    def of_account(self, question: LineQuestion) -> str:
        return link_to(question.entry.account)

    @display(description=_("line"))
    def of_line(self, question: LineQuestion) -> str:
        entry = question.entry
        return link_to(entry, f"{entry.points:+d} · {entry.credited_on:%Y-%m-%d}")

    @display(description=_("question"))
    def short_text(self, question: LineQuestion) -> str:
        return Truncator(question.text).chars(48)

    @display(description=_("since"))
    def age(self, question: LineQuestion) -> str:
        return timesince(question.asked_at, clock.now())

    @display(description=_("answered"), boolean=True)
    def is_answered(self, question: LineQuestion) -> bool:
        return hasattr(question, "answer")

    def get_sections(self, request: HttpRequest, row: LineQuestion) -> list[Section]:
        """How the line came about, as the partner reads it, and what else was asked about it."""
        line = PointsEntry.objects.select_related(*SHOWN_WITH).get(pk=row.entry_id)
        others = line.questions.exclude(pk=row.pk).select_related("answer", "asked_by")
        context = {"facts": how_it_came_about(line), "others": others}
        about = Section(_("The line"), "staff/line.html", context)
        return [about, *super().get_sections(request, row)]

    # --- The answer, and what follows ------------------------------------------------------------

    def has_answer_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whether this person may; for one question, whether it waits."""
        may = request.user.has_perm(Answering.permission)
        return may and (not object_id or LineQuestion.objects.open().filter(pk=object_id).exists())

    def has_adjust_permission(self, request: HttpRequest, _object_id: Any = None) -> bool:
        return request.user.has_perm(adjusting.PERMISSION)

    @action(description=_("Answer"), permissions=["answer"], icon="reply")
    def answer_this(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.answering.ask(self, request, LineQuestion.objects.filter(pk=object_id))

    @action(description=_("Adjust points"), permissions=["adjust"], icon="exposure")
    def adjust(self, _request: HttpRequest, object_id: str) -> HttpResponse:
        question = get_object_or_404(LineQuestion.objects.select_related("entry"), pk=object_id)
        query = QueryDict(mutable=True)
        query["question"] = str(question.pk)
        page = reverse(f"admin:{adjusting.NAME}", args=[question.entry.account_id])
        return redirect(f"{page}?{query.urlencode()}")


admin_site.queues.append(QUEUE)
