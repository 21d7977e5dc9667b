"""After months on imported data: every ledger is what its events explain, every charge once.

The expectation is worked out here in plain Python from the events alone, without the query that
attributes.
"""

from collections import defaultdict
from datetime import date, timedelta

import pytest
from django.core.management import call_command
from django.db.models import Count, Sum

from billing.models import Invoice, Period, SimulatedCharge
from billing.models.invoices import InvoiceState
from partners.actions.approvals import approve_contributor
from partners.actions.enrolment import join
from partners.actions.years import prepare_years
from partners.models import (
    Account,
    Contributor,
    ContributorApproval,
    Enrolment,
    PointsEntry,
    Programme,
    ProgrammeTerms,
    QualifyingEvent,
    Standing,
)
from portal.home.advance import advance
from portal.lib import clock
from portal.models import User
from portal.rehearsal import move_clock

pytestmark = pytest.mark.django_db

BEGINS, ENDS = date(2026, 10, 5), date(2027, 2, 20)
WAITING = timedelta(days=14)
VALUE = 100


@pytest.fixture
def lived(tmp_path):
    """Thirty accounts, every second one a partner, from autumn over the end of the year."""
    move_clock(BEGINS)
    call_command("make_sample", tmp_path, accounts=30, seed=7, verbosity=0)
    call_command("import_data", tmp_path, verbosity=0)
    prepare_years(on=BEGINS)
    Programme.objects.create(opens_on=BEGINS)
    ProgrammeTerms.objects.create(version="1", in_force_from=BEGINS, text="Be fair.")
    person = User.objects.create_user("someone@people.example")
    for number, account in enumerate(Account.objects.order_by("pk")):
        if number % 2 == 0:
            join(account, by=person, at=clock.now())
    for spell in Contributor.objects.filter(to_on__isnull=True).order_by("pk"):
        approve_contributor(
            account=spell.account, site=spell.site, from_year=BEGINS.year, on=BEGINS
        )
    for _report in advance(to=ENDS):
        pass


def points_by_hand():
    """What each partner has earned by the end: a site once a year, 14 days after its event."""
    joined = dict(Enrolment.objects.values_list("account_id", "enrolled_on"))
    earned = defaultdict(set)
    for event in QualifyingEvent.objects.select_related("site").filter(
        occurs_on__year__gte=BEGINS.year
    ):
        approvals = ContributorApproval.objects.filter(site=event.site_id)
        for earner in {event.site.account_id, *approvals.values_list("account_id", flat=True)}:
            lands_on = max(event.occurs_on + WAITING, event.paid_on, joined.get(earner, ENDS))
            closes_on = date(event.occurs_on.year + 1, 1, 15)
            if earner in joined and lands_on <= ENDS and lands_on < closes_on:
                earned[earner, event.occurs_on.year].add(event.site_id)
    return {key: VALUE * len(sites) for key, sites in earned.items()}


def test_every_ledger_is_what_its_events_explain_and_every_charge_was_made_once(lived):
    by_hand = points_by_hand()
    ledger = PointsEntry.objects.values_list("account", "programme_year").annotate(Sum("points"))

    assert len(by_hand) > 10
    assert {(account, year): points for account, year, points in ledger} == by_hand
    standings = Standing.objects.exclude(points=0).values_list(
        "account", "programme_year", "points"
    )
    assert {(account, year): points for account, year, points in standings} == by_hand

    # The gateway's own book and ours agree, charge by charge.
    paid = Invoice.objects.filter(state=InvoiceState.PAID, total_amount__gt=0)
    taken = SimulatedCharge.objects.filter(outcome="succeeded")
    assert paid.count() > 50
    assert sorted(taken.values_list("amount", "currency")) == sorted(
        paid.values_list("total_amount", "currency")
    )

    # No period was charged twice, and the periods of a subscription follow one another.
    twice = Period.objects.values("subscription", "starts_on").annotate(n=Count("id"))
    assert not twice.filter(n__gt=1).exists()
    ends = {}
    for period in Period.objects.order_by("subscription", "starts_on"):
        assert ends.get(period.subscription_id, period.starts_on) == period.starts_on
        ends[period.subscription_id] = period.ends_on
