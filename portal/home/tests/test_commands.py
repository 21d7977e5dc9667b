"""What the commands of a rehearsal print, and when they refuse."""

import json
from datetime import date
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from partners.models import Account, Standing
from portal.lib import clock
from portal.models import RehearsalClock
from portal.rehearsal import move_clock
from portal.testing import builders as make

pytestmark = pytest.mark.django_db

TODAY = date(2026, 6, 15)
KEYS = {
    "site",
    "relation",
    "state",
    "reason",
    "event_on",
    "lands_on",
    "points",
    "programme_year",
}


@pytest.fixture
def studio() -> Account:
    """In the programme, with a site bought today; it is that day for every process."""
    joined = make.enrolled()
    make.subscription_bought(site=make.site(account=joined, address="upgraded.example"), on=TODAY)
    move_clock(TODAY)
    return joined


def run(*arguments: str) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


# --- explain_points ------------------------------------------------------------------------------


def explained(account: Account, *more: str) -> list[dict[str, object]]:
    return json.loads(run("explain_points", f"--account={account.ref}", "--json", *more))


def test_points_are_explained_as_json_with_these_keys_and_no_other(studio) -> None:
    [one] = explained(studio)

    assert one.keys() == KEYS
    assert one == {
        "site": "upgraded.example",
        "relation": "owner",
        "state": "waiting",
        "reason": "waiting_period",
        "event_on": "2026-06-15",
        "lands_on": "2026-06-29",
        "points": 100,
        "programme_year": 2026,
    }


def test_what_is_not_known_is_null(studio) -> None:
    claim = make.claim_submitted(account=studio)

    one = next(one for one in explained(studio) if one["site"] == claim.site.address)

    assert one == dict.fromkeys(KEYS) | {
        "site": claim.site.address,
        "relation": "contributor",
        "state": "not_counting",
        "reason": "claim_awaiting_client",
    }


def test_an_account_without_sites_has_nothing_to_explain() -> None:
    assert explained(make.studio()) == []


def test_points_are_explained_as_of_a_day(studio) -> None:
    today, another_day = explained(studio)[0], explained(studio, "--on=2027-01-20")[0]

    assert (today["state"], another_day["event_on"]) == ("waiting", "2026-06-15")


def test_points_are_explained_in_sentences(studio) -> None:
    told = run("explain_points", f"--account={studio.ref}")

    assert told == (
        "upgraded.example: 100 points are on their way: the event of June 15, 2026 lands on"
        " June 29, 2026 and counts for 2026.\n"
    )


def test_an_account_can_be_named_by_the_platforms_reference(studio) -> None:
    Account.objects.filter(pk=studio.pk).update(platform_ref="a-1")

    told = json.loads(run("explain_points", "--account=a-1", "--json"))

    assert [one["site"] for one in told] == ["upgraded.example"]


def test_an_unknown_account_is_refused() -> None:
    with pytest.raises(CommandError, match="There is no account nobody"):
        run("explain_points", "--account=nobody")


# --- advance -------------------------------------------------------------------------------------


def test_advance_prints_one_object_a_day_and_lives_it(studio) -> None:
    told = run("advance", "--to=2026-06-29", "--json")

    days = [json.loads(line) for line in told.splitlines()]
    assert [day["day"] for day in days] == [f"2026-06-{n}" for n in range(16, 30)]
    assert {frozenset(day) for day in days} == {frozenset({"day", "jobs"})}
    assert days[-1]["jobs"]["partners.tasks.attribute_points"] == {"credits": 1, "points": 100}
    assert Standing.objects.get(account=studio).points == 100


def test_a_day_on_which_nothing_was_due_has_no_jobs(studio) -> None:
    run("advance", "--to=2026-06-17")

    told = run("advance", "--to=2026-06-18", "--json")

    assert json.loads(told) == {"day": "2026-06-18", "jobs": {}}


def test_advance_ends_by_saying_which_day_it_is_and_what_was_done(studio) -> None:
    told = run("advance", "--to=2026-06-29").splitlines()

    assert "2026-06-29  attribute_points: credits 1, points 100" in told
    assert told[-1].startswith("It is 2026-06-29 now. credits 1, ")


def test_after_advancing_it_is_that_day_for_everyone(studio) -> None:
    run("advance", "--to=2026-06-17")

    assert clock.today() == date(2026, 6, 17)
    assert RehearsalClock.objects.get().today == date(2026, 6, 17)


@pytest.mark.parametrize("to", ["2026-06-14", "2026-06-15"])
def test_time_only_moves_ahead(studio, to) -> None:
    with pytest.raises(CommandError, match="It is 2026-06-15 already"):
        run("advance", f"--to={to}")

    assert clock.today() == TODAY


def test_the_clock_of_production_is_never_moved(studio, settings) -> None:
    settings.REHEARSAL = False

    with pytest.raises(CommandError, match="production"):
        run("advance", "--to=2030-01-01")

    assert RehearsalClock.objects.get().today == TODAY
    assert not Standing.objects.exists()
