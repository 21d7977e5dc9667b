"""How a line of the ledger came about, fact by fact, for whoever asks."""

from collections.abc import Iterator
from datetime import date

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from partners.ledger import LedgerLine
from partners.models import ContributorApproval, PointsEntry, QualifyingEvent
from partners.models.points import EntryKind
from partners.rules import EventKind, Relation

Fact = tuple[str, str]
SHOWN_WITH = (
    "account__enrolment",
    "site",
    "event__void",
    "rule",
    "programme_year",
    "reverses",
    "reversal",
    "adjustment",
)


def how_it_came_about(entry: PointsEntry) -> list[Fact]:
    """The facts behind a line, each under its name; fetch it with SHOWN_WITH."""
    return [*_facts(entry), (_("In the ledger since"), _day(entry.credited_on))]


def _facts(entry: PointsEntry) -> Iterator[Fact]:
    line = LedgerLine(entry)
    if entry.kind != EntryKind.CREDIT:
        yield _("Why"), line.what_for
    if entry.reverses:
        yield _("Takes back"), _line(entry.reverses)
    if entry.event:
        yield _("What happened"), _happened(entry.event)
        yield _("Paid on"), _day(entry.event.paid_on)
        yield _("You were"), _as_what(entry)
        yield _("Worth"), line.by_rule
    if entry.kind == EntryKind.CREDIT:
        yield _("Waiting period"), _wait(entry.programme_year.waiting_days)
        yield _("You joined on"), _day(entry.account.enrolment.enrolled_on)


def _happened(event: QualifyingEvent) -> str:
    words = {
        EventKind.ACTIVATED.value: _("Its premium plan was activated; the period began on %(day)s"),
        EventKind.RENEWED.value: _("Its premium plan was renewed; the period began on %(day)s"),
    }
    return words[event.kind] % {"day": _day(event.occurs_on)}


def _as_what(entry: PointsEntry) -> str:
    if entry.relation == Relation.OWNER.value:
        return _("the owner of the site when the money arrived")
    approvals = ContributorApproval.objects.filter(account=entry.account_id, site=entry.site_id)
    approval = approvals.order_by("-approved_on").first()
    if approval is None:
        return _("a contributor to the site")
    return _("a contributor, approved by the client on %(day)s") % {
        "day": _day(approval.approved_on)
    }


def _wait(days: int) -> str:
    words = ngettext("%(n)s day from the event", "%(n)s days from the event", days)
    return words % {"n": days}


def _line(entry: PointsEntry) -> str:
    return _("%(points)s points, in the ledger since %(day)s") % {
        "points": f"{entry.points:+d}",
        "day": _day(entry.credited_on),
    }


def _day(day: date) -> str:
    return date_format(day, "DATE_FORMAT")
