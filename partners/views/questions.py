"""Questions on lines of the ledger: asking one, and all that were asked."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from partners.access import AccountRequest, account_page, render_in_account
from partners.actions.questions import ask
from partners.errors import StillOpenError, TooManyQuestionsError
from partners.forms import QuestionForm
from partners.lines import SHOWN_WITH, how_it_came_about
from partners.models import PointsEntry
from partners.queries import questions as asked_in
from partners.roles import Can
from portal.lib import clock
from portal.lib.pages import page_of


@require_http_methods(["GET", "HEAD", "POST"])
@account_page(Can.SEE)
def line_question(request: AccountRequest, line: int) -> HttpResponse:
    """How a line came about, what was asked about it, and a form to ask."""
    lines = PointsEntry.objects.in_account(request.account).select_related(*SHOWN_WITH)
    entry = get_object_or_404(lines, pk=line)
    form = QuestionForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and _asked(request, entry, form):
        return redirect(request.path)
    asked = list(asked_in(request.account).filter(entry=entry).order_by("id"))
    return render_in_account(
        request,
        "partners/question.html",
        {
            "active_tab": "points",
            "line": entry,
            "facts": how_it_came_about(entry),
            "questions": asked,
            "is_open": any(not hasattr(one, "answer") for one in asked),
            "form": form,
        },
    )


def _asked(request: AccountRequest, entry: PointsEntry, form: QuestionForm) -> bool:
    """Ask, and say that it is on its way; what was refused is told where it was typed."""
    try:
        ask(entry, text=form.cleaned_data["text"], by=request.user, at=clock.now())
    except StillOpenError:
        messages.info(request, _("This line is being looked into already; its answer is to come."))
    except TooManyQuestionsError:
        text = _("That is enough questions for a day. Please go on tomorrow, or write to us.")
        form.add_error("text", text)
        return False
    else:
        messages.success(request, _("Asked. We look into it, and you are told by mail."))
    return True


@require_safe
@account_page(Can.SEE)
def questions(request: AccountRequest) -> HttpResponse:
    """What was asked about the account's lines, what is open first."""
    return render_in_account(
        request,
        "partners/questions.html",
        {
            "active_tab": "points",
            "active_page": "questions",
            "questions": page_of(request, asked_in(request.account)),
        },
    )
