"""What a programme year as typed would change: shown before it is saved, and true once it is."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from partners.actions.points import attribute, move_due
from partners.actions.years import close_year
from partners.final_ranks import rank_counts, ranked
from partners.models import Account, PointsDue, PointsEntry, PointValue, ProgrammeYear, Rank
from partners.tests.ledger import points
from partners.tests.test_admin import YEAR, ladder
from partners.year_drafts import When, YearDraft, all_moves, count_due_moves, count_moves
from portal.lib import clock
from portal.staff.tests.populate import browser, staff
from portal.testing import builders as make
from portal.testing.builders import TODAY, noon

pytestmark = pytest.mark.django_db

CLOSED_AT = noon(date(2027, 1, 15))


@pytest.fixture(autouse=True)
def _today():
    with clock.frozen(TODAY):
        yield


def partner(name: str, earned: int, *, year: int = 2026) -> Account:
    """A partner with so many points in the ledger."""
    account = make.enrolled(account=make.account(name=name, owner="Alice"), on=date(2025, 1, 2))
    PointsEntry.objects.create(
        account=account,
        programme_year_id=year,
        kind="adjustment",
        points=earned,
        credited_on=date(year, 3, 1),
        note="Test",
        entered_by=make.person(name="Dana"),
    )
    return account


def draft(*, thresholds: dict[int, int] | None = None, worth: int = 100, **changed) -> YearDraft:
    """2026 as it is stored, with other thresholds by level, another value, or other days."""
    year = ProgrammeYear.objects.get(year=2026)
    for name, value in changed.items():
        setattr(year, name, value)
    ranks = list(year.ranks.all())
    for rank in ranks:
        rank.threshold_points = (thresholds or {}).get(rank.level, rank.threshold_points)
    values = list(year.point_values.all())
    for value in values:
        value.points = worth
    return YearDraft.of(year, ranks, values)


def moves(typed: YearDraft, when: When = When.NOW) -> dict[str, tuple[str, str]]:
    """Who would move, from which rank to which."""
    found = all_moves(typed, when=when, on=TODAY)
    return {move.account: (move.rank_before, move.rank_after) for move in found}


# --- Ranks ---------------------------------------------------------------------------------------


def test_a_lower_threshold_lifts_whoever_reaches_it() -> None:
    for earned in (799, 800, 801, 1000):
        partner(f"With {earned}", earned)

    typed = draft(thresholds={2: 800})

    assert moves(typed) == dict.fromkeys(("With 800", "With 801"), ("Pioneer", "Creator"))
    tally = count_moves(typed, when=When.NOW, on=TODAY)
    assert (tally.up, tally.down, tally.total) == (2, 0, 2)


def test_a_higher_threshold_lets_down_whoever_misses_it() -> None:
    for earned in (999, 1000, 1199, 1200):
        partner(f"With {earned}", earned)

    typed = draft(thresholds={2: 1200})

    assert moves(typed) == dict.fromkeys(("With 1000", "With 1199"), ("Creator", "Pioneer"))
    tally = count_moves(typed, when=When.NOW, on=TODAY)
    assert (tally.up, tally.down) == (0, 2)


def test_what_is_as_it_was_moves_nobody_and_other_years_count_for_nothing() -> None:
    partner("Here", 1000)
    partner("Last year", 900, year=2025)

    assert moves(draft()) == {}
    assert moves(draft(thresholds={2: 800})) == {}


def test_the_dry_run_says_what_saving_does() -> None:
    partners = [partner(f"With {earned}", earned) for earned in (-100, 1, 799, 800, 2500, 4999)]
    typed = draft(thresholds={2: 800, 3: 2600, 4: 4000})
    told = moves(typed)
    before = ranks_of(partners)

    for step, rank in zip(typed.ladder, Rank.objects.filter(programme_year=2026), strict=True):
        Rank.objects.filter(pk=rank.pk).update(threshold_points=step.threshold)

    after = ranks_of(partners)
    assert told == {
        name: (before[name], after[name]) for name in before if before[name] != after[name]
    }
    assert len(told) == 3


def ranks_of(partners: list[Account]) -> dict[str, str]:
    """The rank of 2026 of each, by what closing would fix."""
    year = ProgrammeYear.objects.get(year=2026)
    names = {account.name for account in partners}
    return {name: rank for _ref, name, _points, _level, rank in ranked(year) if name in names}


# --- What is on its way --------------------------------------------------------------------------


@pytest.fixture
def coming() -> Account:
    """A partner with 900 points, and 100 more on their way until 24 June."""
    account = partner("Coming", 900)
    make.event(site=make.site(account=account), on=TODAY - timedelta(days=5))
    return account


def test_points_on_their_way_count_once_they_have_landed(coming) -> None:
    typed = draft(thresholds={2: 1001})

    assert moves(typed) == {}
    assert moves(typed, When.LANDED) == {"Coming": ("Creator", "Pioneer")}


@pytest.mark.parametrize(("worth", "rank"), [(99, "Pioneer"), (101, None), (1100, "Icon")])
def test_another_value_counts_for_what_is_on_its_way(coming, worth, rank) -> None:
    typed = draft(worth=worth)

    assert moves(typed) == {}
    assert moves(typed, When.LANDED) == ({"Coming": ("Creator", rank)} if rank else {})
    due = count_due_moves(typed, on=TODAY)
    assert (due.credits, due.points_before, due.points_after) == (1, 100, worth)


def test_a_site_that_renews_twice_counts_once(coming) -> None:
    site = coming.sites.get()
    make.event(site=site, on=TODAY - timedelta(days=3))

    assert moves(draft(thresholds={2: 1100}), When.LANDED) == {"Coming": ("Creator", "Pioneer")}
    assert moves(draft(worth=200, thresholds={2: 1100}), When.LANDED) == {}


def test_a_value_that_is_taken_away_brings_nothing(coming) -> None:
    year = ProgrammeYear.objects.get(year=2026)
    typed = YearDraft.of(year, list(year.ranks.all()), [])

    assert count_due_moves(typed, on=TODAY).points_after == 0
    assert moves(typed, When.LANDED) == {"Coming": ("Creator", "Pioneer")}


@pytest.mark.parametrize(("days", "moved"), [(13, 1), (14, 0), (15, 1)])
def test_another_waiting_period_moves_what_is_on_its_way(coming, days, moved) -> None:
    typed = draft(waiting_days=days)

    assert count_due_moves(typed, on=TODAY).moved == moved


def test_a_closing_day_before_points_land_is_told(coming) -> None:
    lands_on = TODAY + timedelta(days=9)

    in_time = count_due_moves(draft(closes_on=lands_on + timedelta(days=1)), on=TODAY)
    late = count_due_moves(draft(closes_on=lands_on), on=TODAY)

    assert (in_time.too_late, late.too_late) == (0, 1)
    assert late.points_after == 0


@pytest.mark.parametrize("days", [10, 20])
def test_what_is_on_its_way_moves_with_the_waiting_period(coming, days) -> None:
    ProgrammeYear.objects.filter(year=2026).update(waiting_days=days)

    moved = move_due(2026, on=TODAY)

    lands_on = TODAY + timedelta(days=days - 5)
    assert moved == 1
    assert PointsDue.objects.get().due_on == lands_on
    attribute(on=lands_on - timedelta(days=1))
    assert points(coming) == 900
    attribute(on=lands_on)
    assert points(coming) == 1000


# --- In the admin --------------------------------------------------------------------------------


def test_the_preview_says_who_would_move_and_saves_nothing(coming) -> None:
    partner("Up", 850)
    client = browser(staff("programme manager"))

    shown = client.post(YEAR, ladder(**{"ranks-1-threshold_points": 850, "_preview": "1"}))
    page = " ".join(shown.content.decode().split())

    assert "2 partners would change rank: 2 up, 0 down." in page
    assert "1 line is on its way: 100 points as it is, 100 then." in page
    assert Rank.objects.get(programme_year=2026, level=2).threshold_points == 1000


def test_the_list_names_them_page_by_page_and_as_csv() -> None:
    for number in range(30):
        partner(f"Partner {number:02}", 900 + number)
    client = browser(staff())
    signed = draft(thresholds={2: 900}).signed

    first = client.get("/admin/partners/programmeyear/2026/dry-run/", {"draft": signed})
    second = client.get(first.request["PATH_INFO"], {"draft": signed, "page": "2"})
    csv = client.get("/admin/partners/programmeyear/2026/dry-run/csv/", {"draft": signed})

    names = [move.account for page in (first, second) for move in page.context["rows"]]
    assert names == [f"Partner {number:02}" for number in range(30)]
    lines = csv.getvalue().decode().splitlines()
    assert len(lines) == 31
    assert lines[1].endswith(",Partner 00,900,Pioneer,Creator")


def test_a_page_of_the_dry_run_takes_as_many_queries_for_many_as_for_few() -> None:
    client = browser(staff())
    client.get("/admin/")  # what is asked once a process
    counted = []
    for numbers in (range(2), range(2, 40)):
        for number in numbers:
            partner(f"Partner {number:02}", 900)
        signed = draft(thresholds={2: 900}).signed
        with CaptureQueriesContext(connection) as asked:
            client.get("/admin/partners/programmeyear/2026/dry-run/", {"draft": signed})
        counted.append(len(asked))

    assert counted[0] == counted[1]


@pytest.mark.parametrize("told", ["", "made-up", "e30:1abc:xyz"])
def test_a_dry_run_of_nothing_we_have_signed_is_not_found(told) -> None:
    make.programme()

    for page in ("dry-run/", "dry-run/csv/"):
        response = browser(staff()).get(
            f"/admin/partners/programmeyear/2026/{page}", {"draft": told}
        )
        assert response.status_code == 404


def test_a_dry_run_belongs_to_its_year() -> None:
    make.programme()
    client = browser(staff())

    page = client.get("/admin/partners/programmeyear/2025/dry-run/", {"draft": draft().signed})

    assert page.status_code == 404


@pytest.mark.parametrize(
    ("role", "status"),
    [("programme manager", 200), ("administrator", 200), ("support", 403), ("finance", 403)],
)
def test_who_edits_years_may_run_them_dry(role, status) -> None:
    make.programme()

    page = browser(staff(role)).get(
        "/admin/partners/programmeyear/2026/dry-run/", {"draft": draft().signed}
    )

    assert page.status_code == status


def test_saving_another_waiting_period_says_how_much_moved(coming) -> None:
    client = browser(staff())

    page = client.post(YEAR, ladder(waiting_days=20), follow=True).content.decode()

    assert "1 line on its way lands on another day now." in page
    assert PointsDue.objects.get().due_on == TODAY + timedelta(days=15)


def test_a_new_year_can_be_previewed() -> None:
    make.programme()
    sent = {"year": 2031, "waiting_days": 14, "closes_on": "2032-01-15", "_preview": "1"}
    for name in ("ranks", "point_values"):
        sent |= {f"{name}-TOTAL_FORMS": 0, f"{name}-INITIAL_FORMS": 0}

    page = browser(staff()).post("/admin/partners/programmeyear/add/", sent)

    assert "Nobody would change rank." in page.content.decode()
    assert not ProgrammeYear.objects.filter(year=2031).exists()


# --- Closing -------------------------------------------------------------------------------------


def counts(year: int = 2026) -> dict[str, int]:
    found = rank_counts(ProgrammeYear.objects.get(year=year))
    return {count.name: count.partners for count in found}


def test_what_closing_will_fix_is_what_it_has_fixed() -> None:
    for earned in (-50, 999, 1000, 5000):
        partner(f"With {earned}", earned)
    expected = {"Legend": 1, "Icon": 0, "Creator": 1, "Pioneer": 2}
    before = counts()

    close_year(2026, at=CLOSED_AT)

    assert before == expected
    assert counts() == expected


def test_what_is_booked_after_closing_changes_nothing_it_has_fixed() -> None:
    partner("Closed with 900", 900)
    close_year(2026, at=CLOSED_AT)

    partner("Came later", 5000)

    assert counts() == {"Legend": 0, "Icon": 0, "Creator": 0, "Pioneer": 2}


@pytest.mark.parametrize(
    ("closed", "title", "name"),
    [(False, "What closing will fix", "so-far"), (True, "What closing has fixed", "final")],
)
def test_a_years_page_counts_ranks_and_gives_them_as_csv(closed, title, name) -> None:
    studio = partner("Studio & Co", 1000)
    if closed:
        close_year(2026, at=CLOSED_AT)
    client = browser(staff("support"))

    page = client.get(YEAR).content.decode()
    csv = client.get("/admin/partners/programmeyear/2026/ranks.csv")

    assert title in page
    assert f"ranks-2026-{name}.csv" in csv["Content-Disposition"]
    assert f"{studio.ref},Studio & Co,1000,2,Creator" in csv.getvalue().decode()


def test_values_that_were_used_are_not_what_a_dry_run_changes(coming) -> None:
    attribute(on=TODAY + timedelta(days=9))
    value = PointValue.objects.get(programme_year=2026, relation="owner")
    number = list(PointValue.objects.filter(programme_year=2026)).index(value)

    shown = browser(staff()).post(
        YEAR, ladder(**{f"point_values-{number}-points": 300, "_preview": "1"})
    )

    assert "Points were credited under this value already" in shown.content.decode()
    assert "preview" not in shown.context
