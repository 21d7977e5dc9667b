"""Laws of points, whatever happens: what is said comes true, and the ledger is what it must be."""

import os
from collections.abc import Iterator
from datetime import date, timedelta

from django.db import transaction
from django.db.models import Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from hypothesis.extra.django import TestCase

from partners.actions.points import BATCH, EventTold, attribute, record_events
from partners.explanations import Explanation, Reason, State
from partners.models import Account, CreditInForce, PointsEntry, Standing
from partners.rules import EventKind
from partners.standings import standing_now
from portal.home.points import coming_points, explain_sites, sites_of
from portal.home.tests.lives import A_DAY, BEGINS, Deed, Life, credited, lives

# Longer: CONTRIBUTING.md, "Tests".
WORLDS = int(os.environ.get("POINTS_WORLDS", "12"))

in_some_worlds = settings(max_examples=WORLDS, suppress_health_check=[HealthCheck.too_slow])


def lived(history: list[Deed]) -> Life:
    life = Life()
    for deed in history:
        life.live(deed)
    return life


def told(account: Account, *, on: date) -> dict[int, Explanation]:
    """What the account is told of each site."""
    explained = explain_sites(account, list(sites_of(account)), on=on)
    return {one.site.pk: one for one in explained}


def new_year(life: Life) -> date:
    """The closing day of the year in which the life is: all that lands in it has landed."""
    return date(life.today.year + 1, 1, 15)


class WhatIsSaid(TestCase):
    """The explanation, what is coming, and the rank on track."""

    @in_some_worlds
    @given(history=lives())
    def test_credited_is_said_exactly_where_a_credit_of_the_year_stands(self, history) -> None:
        life = Life()

        for deed in history:
            life.live(deed)

            account = life.accounts[deed.who]
            said = told(account, on=life.today).items()
            stands = {site for site, year in credited(account) if year == life.today.year}
            assert {site for site, one in said if one.state is State.CREDITED} == stands

    @in_some_worlds
    @given(history=lives())
    def test_what_waits_lands_on_the_day_that_was_said_and_not_before(self, history) -> None:
        life = lived(history)
        promises = [
            (one.lands_on or life.today, account, site, one)
            for account in life.accounts
            for site, one in told(account, on=life.today).items()
            if one.state is State.WAITING
        ]

        for _day, account, site, one in sorted(promises, key=lambda promise: promise[0]):
            self._see_it_land(account, site, one, today=life.today)

    def _see_it_land(self, account: Account, site: int, one: Explanation, *, today: date) -> None:
        assert one.lands_on
        assert one.programme_year
        key = site, one.programme_year
        if one.lands_on > today:
            attribute(on=one.lands_on - A_DAY)
            assert key not in credited(account)
        day = max(one.lands_on, today)  # what a missed run left lies there
        attribute(on=day)
        assert credited(account)[key] == (day, one.event_on, one.points)

    @in_some_worlds
    @given(history=lives())
    def test_a_renewal_that_is_expected_brings_what_was_said(self, history) -> None:
        life = lived(history)
        promises = [
            (account, site, one)
            for account in life.accounts
            for site, one in told(account, on=life.today).items()
            if one.reason is Reason.NEXT_RENEWAL and one.programme_year == life.today.year
        ]

        life.live_until(new_year(life))

        for account, site, one in promises:
            found = credited(account)[site, one.programme_year or 0]
            assert found == (one.lands_on, one.event_on, one.points)

    @in_some_worlds
    @given(history=lives())
    def test_what_is_coming_is_what_comes_and_nothing_else(self, history) -> None:
        life = lived(history)
        year, today = life.today.year, life.today
        before = {account: credited(account) for account in life.accounts}
        coming = {
            account: {
                (one.site_id, one.programme_year): (
                    max(one.lands_on, today),
                    one.occurs_on,
                    one.points,
                )
                for one in coming_points(account, on=today)
                if one.programme_year <= year
            }
            for account in life.accounts
        }
        forecast = {account: self._forecast(account, on=today) for account in life.accounts}

        life.live_until(new_year(life))

        for account in life.accounts:
            after = {key: found for key, found in credited(account).items() if key[1] <= year}
            came = {key: found for key, found in after.items() if key not in before[account]}
            assert came == coming[account]
            assert standing(account, year) == forecast[account]

    def _forecast(self, account: Account, *, on: date) -> int:
        return standing_now(account, on=on, coming=coming_points(account, on=on)).forecast


class TheLedger(TestCase):
    """What stands in it, however it came about."""

    @in_some_worlds
    @given(history=lives(most=24))
    def test_a_standing_is_the_sum_of_its_ledger(self, history) -> None:
        lived(history)

        sums = PointsEntry.objects.order_by().values("account", "programme_year")
        entered = sums.annotate(total=Sum("points")).values_list(
            "account", "programme_year", "total"
        )
        kept = Standing.objects.values_list("account", "programme_year", "points")
        assert sorted(kept) == sorted(entered)

    @in_some_worlds
    @given(
        days=some.lists(
            some.tuples(some.integers(0, 3), some.integers(0, 120), some.integers(-14, 40)),
            min_size=4,
            max_size=14,
            unique_by=lambda one: one[:2],
        ),
        past=lives(deeds=("join", "claim", "move"), most=10),
        chance=some.randoms(use_true_random=False),
    )
    def test_events_told_anew_in_any_order_and_size_make_the_same_ledger(
        self, days, past, chance
    ) -> None:
        life = lived(past)
        events = [event(life, *one) for one in days]
        again = events + chance.sample(events, k=len(events) // 2)
        chance.shuffle(again)

        at_once = self._ledger([events], batch=BATCH)
        one_by_one = self._ledger([[one] for one in events], batch=1)
        anyhow = self._ledger(portions(again, size=3), batch=chance.randint(1, 5))

        assert at_once == one_by_one == anyhow

    def _ledger(self, tellings: Iterator[list[EventTold]] | list[list[EventTold]], *, batch: int):
        """What stands after these were told and a run was made twice; then all is as before."""
        with transaction.atomic():
            for telling in tellings:
                record_events(telling, on=BEGINS)
            for _ in range(2):
                attribute(on=date(2027, 12, 31), batch=batch)
            ledger = sorted(
                CreditInForce.objects.values_list(
                    *("account", "site", "programme_year", "event__source", "entry__points")
                )
            )
            standings = sorted(Standing.objects.values_list("account", "programme_year", "points"))
            assert PointsEntry.objects.count() == len(ledger)
            transaction.set_rollback(True)
        return ledger, standings


def event(life: Life, where: int, day: int, paid_later: int) -> EventTold:
    occurs_on = BEGINS + timedelta(days=day)
    return EventTold(
        source=f"told:{where}:{day}",
        site_id=life.sites[where].pk,
        kind=EventKind.RENEWED,
        occurs_on=occurs_on,
        paid_on=occurs_on + timedelta(days=paid_later),
        product_code="premium",
    )


def portions(events: list[EventTold], *, size: int) -> Iterator[list[EventTold]]:
    for first in range(0, len(events), size):
        yield events[first : first + size]


def standing(account: Account, year: int) -> int:
    found = Standing.objects.filter(account=account, programme_year=year).first()
    return found.points if found else 0
