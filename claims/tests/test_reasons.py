"""What stands in the way of a claimed site's points, over the years and their claims."""

from datetime import date

import pytest

from claims.actions.follow_up import lapse_due
from claims.actions.reinstate import reinstate
from claims.actions.submit import withdraw
from claims.models import Claim, Verdict
from claims.next_steps import next_steps
from claims.queries import claim_hindrances, claims_of
from partners.explanations import Reason
from portal.testing import builders as make

pytestmark = pytest.mark.django_db

LAST_YEAR, THIS_YEAR = date(2025, 12, 20), date(2026, 3, 2)
LAST_DAY, NEW_YEAR = date(2025, 12, 31), date(2026, 1, 1)


@pytest.fixture
def older() -> Claim:
    return make.claim_submitted(on=LAST_YEAR)


def reason(claim: Claim, *, on: date) -> Reason | None:
    hindrance = claim_hindrances(claim.account, [claim.site_id], on=on)[claim.site_id]
    return hindrance.reason if hindrance else None


def this_years(older: Claim) -> Claim:
    return make.claim_submitted(account=older.account, site=older.site, on=THIS_YEAR)


# --- One claim -----------------------------------------------------------------------------------


def test_a_site_that_was_not_claimed_has_no_reason(older) -> None:
    other = make.site(account=older.client)

    assert claim_hindrances(older.account, [other.pk], on=LAST_YEAR) == {}


def test_another_accounts_claim_is_no_reason(older) -> None:
    charlies = make.account(owner="Charlie")

    assert claim_hindrances(charlies, [older.site_id], on=LAST_YEAR) == {}


@pytest.mark.parametrize(
    ("on", "expected"), [(LAST_DAY, Reason.CLAIM_DECLINED), (NEW_YEAR, Reason.CLAIM_AGAIN)]
)
def test_what_came_to_nothing_can_be_claimed_again_once_its_year_is_over(
    older, on, expected
) -> None:
    make.answered(claim=older, verdict=Verdict.DECLINE, on=LAST_YEAR)

    assert reason(older, on=on) is expected


def test_a_claim_of_december_still_waits_in_january(older) -> None:
    assert reason(older, on=NEW_YEAR) is Reason.CLAIM_AWAITING


def test_a_claim_of_december_that_lapses_in_january_can_be_made_again_at_once(older) -> None:
    lapse_due(at=make.noon(date(2026, 1, 19)))

    assert reason(older, on=date(2026, 1, 19)) is Reason.CLAIM_AGAIN


# --- Two claims ----------------------------------------------------------------------------------


def test_the_newer_claim_says_why_while_none_is_approved(older) -> None:
    make.answered(claim=older, verdict=Verdict.DECLINE, on=LAST_YEAR)
    newer = this_years(older)
    withdraw(newer, by=newer.submitted_by, at=make.noon(THIS_YEAR))

    assert reason(older, on=THIS_YEAR) is Reason.CLAIM_WITHDRAWN


def test_an_older_claim_put_right_settles_it_though_this_years_lapsed(older) -> None:
    make.answered(claim=older, verdict=Verdict.DECLINE, on=LAST_YEAR)
    this_years(older)
    lapse_due(at=make.noon(date(2026, 5, 1)))
    dana = make.person(name="Dana")

    reinstate(older, by=dana, reason="A slip", at=make.noon(date(2026, 5, 2)))

    assert reason(older, on=date(2026, 5, 2)) is None


def test_an_older_claim_put_right_settles_it_while_this_years_still_waits(older) -> None:
    make.answered(claim=older, verdict=Verdict.DECLINE, on=LAST_YEAR)
    this_years(older)
    dana = make.person(name="Dana")

    reinstate(older, by=dana, reason="A slip", at=make.noon(THIS_YEAR))

    assert reason(older, on=THIS_YEAR) is None


def test_a_no_to_the_older_claim_undoes_the_approval_of_the_newer(older) -> None:
    """No and yes and no through the older link, with a yes to the newer claim in between."""
    make.answered(claim=older, verdict=Verdict.DECLINE, on=date(2025, 12, 30))
    newer = make.claim_submitted(account=older.account, site=older.site, on=date(2026, 1, 5))
    make.answered(claim=newer, on=date(2026, 1, 6))
    make.answered(claim=older, on=date(2026, 1, 7))

    make.answered(claim=older, verdict=Verdict.DECLINE, on=date(2026, 1, 8))

    assert reason(newer, on=date(2026, 1, 8)) is Reason.NOT_A_CONTRIBUTOR


def test_an_approval_settles_every_year_after(older) -> None:
    make.answered(claim=older, on=LAST_YEAR)

    assert reason(older, on=date(2028, 6, 1)) is None


# --- What happens next ---------------------------------------------------------------------------


def next_of(claim: Claim, *, on: date) -> tuple[str, date | None]:
    step = next_steps(claim.account, list(claims_of(claim.account)), on=on)[claim.pk]
    return step.text, step.on


def test_the_next_step_of_an_open_claim_is_the_reminder_and_then_the_lapse(older) -> None:
    before = next_of(older, on=LAST_YEAR)
    older.request.follow_up_due_on = None
    older.request.save()

    assert before == ("One reminder, if there is no answer by then", date(2025, 12, 27))
    assert next_of(older, on=LAST_YEAR) == ("Lapses if nobody answers", date(2026, 1, 19))


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        (LAST_DAY, ("Can be claimed again", NEW_YEAR)),
        (NEW_YEAR, ("Can be claimed again now", None)),
    ],
)
def test_the_next_step_after_a_no_is_the_year_after(older, on, expected) -> None:
    make.answered(claim=older, verdict=Verdict.DECLINE, on=LAST_YEAR)

    assert next_of(older, on=on) == expected


def test_an_earlier_claim_leads_to_the_one_made_since(older) -> None:
    make.answered(claim=older, verdict=Verdict.DECLINE, on=LAST_YEAR)
    newer = this_years(older)
    older.refresh_from_db()

    step = next_steps(older.account, list(claims_of(older.account)), on=THIS_YEAR)[older.pk]

    assert (step.newer, step.can_claim_now) == (newer, False)


def test_the_next_step_of_an_approved_claim_is_what_the_points_wait_for(older) -> None:
    make.subscription_bought(site=older.site, on=date(2025, 3, 12))
    make.answered(claim=older, on=LAST_YEAR)

    assert next_of(older, on=LAST_YEAR) == (
        (
            "The next renewal is on March 12, 2026; its 100 points would land on March 26, 2026"
            " and count for 2026."
        ),
        date(2026, 3, 26),
    )
