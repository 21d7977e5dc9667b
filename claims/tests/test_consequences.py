"""What reinstating would bring is said beforehand, by the query that credits, and comes true."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from claims.actions.reinstate import reinstate
from claims.consequences import points_that_follow
from claims.models import Claim, Verdict
from partners.actions.points import attribute, void_event
from partners.models import PointsEntry
from partners.models.points import VoidReason
from portal.testing import builders as make
from portal.testing.snapshot import changed, snapshot

pytestmark = pytest.mark.django_db

SUBMITTED, DECLINED = date(2026, 6, 15), date(2026, 6, 18)
PUT_RIGHT = date(2026, 9, 1)


def declined_claim(*, on: date = SUBMITTED, **of) -> Claim:
    claim = make.claim_submitted(on=on, **of)
    make.answered(claim=claim, verdict=Verdict.DECLINE, on=on + timedelta(days=3))
    claim.refresh_from_db()
    return claim


@pytest.fixture
def declined() -> Claim:
    return declined_claim()


def said(claim: Claim, *, on: date = PUT_RIGHT) -> list[str]:
    return points_that_follow([claim], on=on)[claim.pk]


def put_right(claim: Claim, *, on: date = PUT_RIGHT) -> None:
    reinstate(claim, by=make.person(name="Dana"), reason="A slip", at=make.noon(on))


def test_an_event_whose_time_has_come_lands_today(declined) -> None:
    make.event(site=declined.site, on=date(2026, 5, 1))

    assert said(declined) == [
        "Upgrade or renewal of May 1, 2026: 100 points for 2026, on Sept. 1, 2026."
    ]


@pytest.mark.parametrize("days_ago", [0, 1, 13])
def test_what_is_said_comes_true_on_its_day_and_not_before(declined, days_ago) -> None:
    happened = PUT_RIGHT - timedelta(days=days_ago)
    make.event(site=declined.site, on=happened)
    lands = happened + timedelta(days=14)

    (sentence,) = said(declined)

    assert sentence.endswith(f"100 points for 2026, on Sept. {lands.day}, 2026.")
    put_right(declined)
    attribute(on=lands - timedelta(days=1))
    before = PointsEntry.objects.count()
    attribute(on=lands)
    assert (before, PointsEntry.objects.get().credited_on) == (0, lands)


def test_a_site_counts_once_a_year_and_that_is_said(declined) -> None:
    make.event(site=declined.site, on=date(2026, 5, 1))
    make.event(site=declined.site, on=date(2026, 8, 1))

    _first, second = said(declined)

    assert second == "Upgrade or renewal of Aug. 1, 2026: nothing more, a site counts once in 2026."


def test_of_money_that_went_back_nothing_follows(declined) -> None:
    void_event(
        make.event(site=declined.site, on=date(2026, 5, 1)), reason=VoidReason.REFUND, on=PUT_RIGHT
    )

    assert said(declined) == ["Upgrade or renewal of May 1, 2026: nothing, its money went back."]


def test_a_wrong_answer_after_the_year_had_closed_brings_nothing_for_it() -> None:
    claim = make.claim_submitted(on=date(2026, 12, 28))
    make.event(site=claim.site, on=date(2026, 12, 1))
    make.answered(claim=claim, verdict=Verdict.DECLINE, on=date(2027, 1, 15))
    claim.refresh_from_db()

    sentences = said(claim, on=date(2027, 2, 1))

    assert sentences == [
        "Upgrade or renewal of Dec. 1, 2026: nothing, it comes after 2026 has closed."
    ]
    put_right(claim, on=date(2027, 2, 1))
    attribute(on=date(2027, 2, 1))
    assert not PointsEntry.objects.exists()


def test_a_wrong_answer_of_the_last_open_day_brings_what_it_took_after_the_year_has_closed() -> (
    None
):
    claim = make.claim_submitted(on=date(2026, 12, 28))
    make.event(site=claim.site, on=date(2026, 12, 1))
    make.answered(claim=claim, verdict=Verdict.DECLINE, on=date(2027, 1, 14))
    claim.refresh_from_db()

    (sentence,) = said(claim, on=date(2027, 2, 1))

    assert sentence.endswith("100 points for 2026, on Feb. 1, 2027.")


def test_events_before_the_claims_year_are_no_consequence(declined) -> None:
    make.event(site=declined.site, on=date(2025, 5, 1))

    assert said(declined) == [
        "No upgrade or renewal so far: points follow with the site’s next one."
    ]


def test_a_renewal_that_is_expected_is_said_with_its_day(declined) -> None:
    make.subscription_bought(site=declined.site, on=date(2026, 3, 1))

    sentences = said(declined)

    assert sentences[-1] == (
        "Renewal expected on March 1, 2027: 100 points for 2027, on March 15, 2027."
    )


def test_looking_writes_nothing_and_asks_as_often_for_many_as_for_one(declined) -> None:
    others = [
        declined_claim(account=declined.account, site=make.site(account=declined.client))
        for _ in range(3)
    ]
    before = snapshot()

    with CaptureQueriesContext(connection) as for_one:
        points_that_follow([declined], on=PUT_RIGHT)
    with CaptureQueriesContext(connection) as for_many:
        points_that_follow([declined, *others], on=PUT_RIGHT)

    assert len(for_one) == len(for_many) == 3
    assert changed(before) == []
