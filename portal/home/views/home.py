"""An account's home: the rank, the points, what is coming, what needs doing."""

from dataclasses import dataclass
from datetime import timedelta

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from billing.queries import at_a_glance
from claims.models import ClaimState
from claims.queries import counts_by_state
from partners.access import AccountRequest, account_page, render_in_account
from partners.explanations import Explanation
from partners.ledger import LedgerLine
from partners.queries import ledger
from partners.roles import Can, allows
from partners.rules import BADGE_FROM_LEVEL
from partners.standings import standing_now
from partners.views.programme import joining
from portal.home.chart import Chart
from portal.home.forecast import brought_by_joining, coming_lines, course_now
from portal.home.points import coming_points, explain_sites, sites_of
from portal.lib import clock

COMING_SHOWN = 6
LEDGER_SHOWN = 5
SITES_EXPLAINED = 5
RENEWALS_AHEAD = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Todo:
    """Something for a person to do, and where."""

    text: str
    url: str
    tone: str


@require_safe
@account_page(Can.SEE)
def home(request: AccountRequest) -> HttpResponse:
    """Rank, points, what is coming and when, what changed, what is to do."""
    account, today = request.account, clock.today()
    context = joining(request)
    coming = coming_points(account, on=today)
    standing = standing_now(account, on=today, coming=coming)
    course = course_now(account, standing, coming, on=today)
    brought = [] if context["enrolment"] else brought_by_joining(account, on=today)
    is_new = not course.steps
    return render_in_account(
        request,
        "home/home.html",
        {
            **context,
            "active_tab": "home",
            "standing": standing,
            "has_badge": standing.held.level >= BADGE_FROM_LEVEL,
            "chart": None if is_new else Chart(course),
            "coming": coming_lines(course, coming[:COMING_SHOWN]),
            "coming_count": len(coming),
            "coming_points": sum(one.points for one in coming),
            "recent": [LedgerLine(entry) for entry in ledger(account)[:LEDGER_SHOWN]],
            "explained": _first_sites(request) if is_new else [],
            "brought": brought,
            "brought_points": sum(one.points for one in brought),
            "todos": _todos(request),
        },
    )


def _first_sites(request: AccountRequest) -> list[Explanation]:
    """For who has no points yet: the rule, worked out on their own sites."""
    first = sites_of(request.account)[:SITES_EXPLAINED]
    return explain_sites(request.account, list(first), on=clock.today())


def _todos(request: AccountRequest) -> list[Todo]:
    account = request.account
    todos = []
    waiting = counts_by_state(account).get(ClaimState.AWAITING, 0)
    if waiting:
        text = ngettext(
            "%(n)s claim waits for its client", "%(n)s claims wait for their clients", waiting
        )
        url = reverse("claims:list", args=[account.ref]) + "?state=awaiting"
        todos.append(Todo(text % {"n": waiting}, url, "wait"))
    if allows(request.role, Can.SEE_BILLING):
        todos += _billing_todos(request)
    return todos


def _billing_todos(request: AccountRequest) -> list[Todo]:
    glance = at_a_glance(request.account, until=clock.today() + RENEWALS_AHEAD)
    url = reverse("billing:overview", args=[request.account.ref])
    todos = []
    if glance.need_a_card:
        text = ngettext(
            "%(n)s payment failed for good: add another card",
            "%(n)s payments failed for good: add another card",
            glance.need_a_card,
        )
        todos.append(Todo(text % {"n": glance.need_a_card}, url, "bad"))
    if glance.tried_again:
        text = ngettext(
            "%(n)s payment failed and is tried again",
            "%(n)s payments failed and are tried again",
            glance.tried_again,
        )
        todos.append(Todo(text % {"n": glance.tried_again}, url, "wait"))
    if glance.renewals and not glance.has_card:
        todos.append(Todo(_("Add a card, or coming renewals cannot be paid"), url, "bad"))
    if glance.renewals:
        text = ngettext(
            "%(n)s renewal is charged in the next 30 days",
            "%(n)s renewals are charged in the next 30 days",
            glance.renewals,
        )
        todos.append(Todo(text % {"n": glance.renewals}, url + "#coming", "info"))
    return todos
