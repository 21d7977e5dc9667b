"""Submitting sites, and the answer to each line as a page and as CSV."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from claims.actions.submit import submit_all
from claims.errors import ClaimsError, NotJoinedError, TooManyClaimsError
from claims.forms import SubmissionForm
from claims.models import Outcome, Submission, SubmittedLine
from claims.models.submissions import MENDABLE
from claims.queries import lines_of
from partners.access import AccountRequest, account_page, render_in_account
from partners.roles import Can
from portal.lib import clock
from portal.lib.csv import csv_response
from portal.lib.nudge import nudge
from portal.mail.tasks import send_mail

# docs/rules.md: "Claims". A site nobody has and one not worked on are told alike.
TOLD: dict[Outcome, Any] = {
    Outcome.ACCEPTED: gettext_lazy("We have asked its owner."),
    Outcome.WITH_STAFF: gettext_lazy(
        "Who would approve is on your own team, so our team looks into it and writes to you."
    ),
    Outcome.OWN_SITE: gettext_lazy(
        "This site sits in your own account: it earns its points without a claim."
    ),
    Outcome.ALREADY_CLAIMED: gettext_lazy(
        "You have claimed this site already; a site can be claimed once a year."
    ),
    Outcome.NOT_FOUND: gettext_lazy(
        "We don’t find this site among those you contribute to. Check the address, or ask its"
        " owner to add your account as a contributor."
    ),
    Outcome.NOT_AN_ADDRESS: gettext_lazy(
        "This is not the address of a website. Copy it from the browser, for example example.com."
    ),
    Outcome.TOO_MANY: gettext_lazy("That is enough for one day; please go on tomorrow."),
}
TONES = {
    Outcome.ACCEPTED: "good",
    Outcome.WITH_STAFF: "wait",
    Outcome.OWN_SITE: "info",
    Outcome.ALREADY_CLAIMED: "info",
}
REFUSALS: dict[type[ClaimsError], Any] = {
    NotJoinedError: gettext_lazy("Join the programme first; then you can claim sites."),
    TooManyClaimsError: TOLD[Outcome.TOO_MANY],
}


class AnsweredLine:
    """A line with its answer, as the page and the file show it."""

    def __init__(self, line: SubmittedLine) -> None:
        self.line = line
        outcome = Outcome(line.outcome)
        self.label, self.told = outcome.label, TOLD[outcome]
        self.tone = TONES.get(outcome, "bad")

    @property
    def place(self) -> str:
        """Where it stood, in words."""
        place = {"row": self.line.row, "column": self.line.column}
        return (_("line %(row)s, column %(column)s") if self.line.column else _("line %(row)s")) % (
            place
        )


@require_http_methods(["GET", "HEAD", "POST"])
@account_page(Can.SUBMIT_CLAIMS)
def submission(request: AccountRequest) -> HttpResponse:
    """Submit one or many sites; what was typed stays until it has its answer."""
    form = SubmissionForm(request.POST or None, request.FILES or None)
    form.fields["addresses"].initial = request.GET.get("sites", "")
    if request.method == "POST" and form.is_valid():
        lines = form.cleaned_data["lines"]
        try:
            made = submit_all(request.account, lines, by=request.user, at=clock.now())
        except (NotJoinedError, TooManyClaimsError) as refusal:
            form.add_error(None, REFUSALS[type(refusal)])
        else:
            nudge(send_mail)
            return _answered(request, made)
    return render_in_account(
        request, "claims/submission.html", {"active_tab": "claims", "form": form}
    )


def _answered(request: AccountRequest, made: Submission) -> HttpResponse:
    """One site that was accepted has its claim to show; anything else has a page of answers."""
    lines = list(lines_of(made))
    if len(lines) == 1 and lines[0].outcome == Outcome.ACCEPTED and lines[0].claim:
        messages.success(request, _("Sent. We have asked the site’s owner to approve."))
        ref = lines[0].claim.ref
        return redirect("claims:claim", account_ref=request.account.ref, ref=ref)
    return redirect("claims:answers", account_ref=request.account.ref, ref=made.ref)


@require_safe
@account_page(Can.SUBMIT_CLAIMS)
def answers(request: AccountRequest, ref: str) -> HttpResponse:
    """The answer to every line, and a form with those that can be mended."""
    found = get_object_or_404(Submission.objects.in_account(request.account), ref=ref)
    lines = list(lines_of(found))
    left = [line.typed for line in lines if line.outcome in MENDABLE and line.typed]
    return render_in_account(
        request,
        "claims/answers.html",
        {
            "active_tab": "claims",
            "submission": found,
            "lines": [AnsweredLine(line) for line in lines],
            "counts": _counts(lines),
            "left": left,
            "form": SubmissionForm(initial={"addresses": "\n".join(left)}),
        },
    )


def _counts(lines: Sequence[SubmittedLine]) -> list[tuple[Any, int]]:
    """How many lines have each answer, in the order of the answers."""
    counts = Counter(line.outcome for line in lines)
    return [(outcome.label, counts[outcome]) for outcome in Outcome if counts[outcome]]


@require_safe
@account_page(Can.SUBMIT_CLAIMS)
def answers_csv(request: AccountRequest, ref: str) -> HttpResponseBase:
    """The same answers as CSV."""
    found = get_object_or_404(Submission.objects.in_account(request.account), ref=ref)
    return csv_response(
        f"answers-{found.ref}.csv",
        ["line", "column", "typed", "answer", "meaning"],
        _rows(lines_of(found)),
    )


def _rows(lines: Sequence[SubmittedLine] | Any) -> Iterator[tuple[Any, ...]]:
    for line in lines:
        yield line.row, line.column, line.typed, line.outcome, TOLD[Outcome(line.outcome)]
