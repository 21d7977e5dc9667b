"""The rank an account holds, from when until when, and the badge that shows it."""

import struct
from datetime import date, timedelta
from html import unescape
from xml.etree import ElementTree as ET

import pytest
from django.test import Client
from django.urls import reverse

from partners.actions.years import close_year
from partners.badges import HEIGHT, SIZES, WIDTH, Theme
from partners.models import Account, PointsEntry
from partners.standings import RankHeld, rank_held
from portal.lib import clock
from portal.testing import builders as make

pytestmark = pytest.mark.django_db

TODAY = date(2026, 6, 15)
A_DAY = timedelta(days=1)
LAST_DAY = date(2027, 12, 31)  # of a rank earned in 2026
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def studio() -> Account:
    return make.enrolled(on=date(2025, 1, 2))


def earn(account: Account, points: int, *, year: int = 2026) -> None:
    """Points in the ledger, however they came."""
    PointsEntry.objects.create(
        account=account,
        programme_year_id=year,
        kind="adjustment",
        points=points,
        credited_on=date(year, 3, 1),
        note="Test",
        entered_by=make.person(name="Dana"),
    )


def held(account: Account, *, on: date = TODAY) -> tuple[str, int | None, date | None]:
    """Name, the year it was earned in, and its last day."""
    found: RankHeld = rank_held(account, on=on)
    return found.name, found.earned_in, found.held_until


# --- From when until when ------------------------------------------------------------------------


def test_everyone_starts_with_the_first_rank_which_has_no_end(studio) -> None:
    found = rank_held(studio, on=TODAY)

    assert (found.name, found.level, found.levels) == ("Pioneer", 1, 4)
    assert (found.earned_in, found.held_until) == (None, None)


@pytest.mark.parametrize(
    ("points", "name"), [(999, "Pioneer"), (1000, "Creator"), (1001, "Creator"), (2000, "Icon")]
)
def test_a_rank_is_held_as_soon_as_its_points_are_there(studio, points, name) -> None:
    earn(studio, points)

    assert held(studio)[0] == name


@pytest.mark.parametrize(
    ("on", "rank"),
    [
        (date(2026, 12, 31), ("Creator", 2026, LAST_DAY)),
        (date(2027, 1, 1), ("Creator", 2026, LAST_DAY)),
        (LAST_DAY - A_DAY, ("Creator", 2026, LAST_DAY)),
        (LAST_DAY, ("Creator", 2026, LAST_DAY)),
        (LAST_DAY + A_DAY, ("Pioneer", None, None)),
        (LAST_DAY + 2 * A_DAY, ("Pioneer", None, None)),
    ],
)
def test_a_rank_is_held_through_the_last_day_of_the_next_year(studio, on, rank) -> None:
    earn(studio, 1000)

    assert held(studio, on=on) == rank


@pytest.mark.parametrize(
    ("last_year", "this_year", "rank"),
    [
        (1000, 2000, ("Icon", 2026, date(2027, 12, 31))),
        (2000, 1000, ("Icon", 2025, date(2026, 12, 31))),
        (1000, 0, ("Creator", 2025, date(2026, 12, 31))),
        (1000, 1000, ("Creator", 2026, date(2027, 12, 31))),  # the one that is held longer
    ],
)
def test_the_better_of_two_years_is_held(studio, last_year, this_year, rank) -> None:
    earn(studio, last_year, year=2025)
    if this_year:
        earn(studio, this_year)

    assert held(studio) == rank


def test_a_rank_falls_back_to_what_the_next_year_earned(studio) -> None:
    earn(studio, 5000, year=2025)
    earn(studio, 1000, year=2026)

    assert held(studio, on=date(2026, 12, 31))[:2] == ("Legend", 2025)
    assert held(studio, on=date(2027, 1, 1))[:2] == ("Creator", 2026)


def test_points_that_are_taken_back_take_the_rank_while_the_year_is_open(studio) -> None:
    earn(studio, 1000)
    earn(studio, -100)

    assert held(studio)[0] == "Pioneer"


@pytest.mark.parametrize("later", [-1000, 4000])
def test_once_a_year_is_closed_its_final_rank_stands(studio, later) -> None:
    earn(studio, 1000, year=2025)
    close_year(2025, at=make.noon(date(2026, 1, 15)))
    earn(studio, later, year=2025)

    assert held(studio) == ("Creator", 2025, date(2026, 12, 31))


# --- The badge's pictures ------------------------------------------------------------------------


def get(name: str, account: Account, *, client: Client | None = None, on: date = TODAY, **more):
    """A page of the badge on that day, as anybody sees it."""
    address = reverse(f"partners:{name}", kwargs={"account_ref": account.ref, **more})
    with clock.frozen(on):
        return (client or Client()).get(address)


def test_the_svg_is_a_picture_that_says_in_words_what_it_shows(studio) -> None:
    earn(studio, 2000)

    response = get("badge_svg", studio, theme="light")

    drawing = ET.fromstring(response.content)
    assert response["Content-Type"] == "image/svg+xml"
    assert drawing.tag == f"{SVG}svg"
    assert drawing.findtext(f"{SVG}title") == "Fernwell Partners: Icon 2026"
    verified_at = reverse("partners:verify", args=[studio.ref])
    assert f"Level 3 of 4. Check it at localhost:8000{verified_at}" in drawing.findtext(
        f"{SVG}desc", ""
    )


def test_the_svg_is_well_formed_whatever_the_rank_is_called(studio) -> None:
    earn(studio, 1000)
    studio.entries.get().programme_year.ranks.filter(level=2).update(name="Makers & <Friends>")

    drawing = ET.fromstring(get("badge_svg", studio, theme="dark").content)

    assert drawing.findtext(f"{SVG}title") == "Fernwell Partners: Makers & <Friends> 2026"


@pytest.mark.parametrize("theme", list(Theme))
@pytest.mark.parametrize("width", SIZES)
def test_each_png_is_as_wide_as_its_name_says(studio, theme, width) -> None:
    earn(studio, 1000)

    response = get("badge_png", studio, theme=theme.value, width=width)

    assert response["Content-Type"] == "image/png"
    assert response.content[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", response.content[16:24]) == (width, width * HEIGHT // WIDTH)


@pytest.mark.parametrize("more", [{"theme": "light"}, {"theme": "light", "width": 280}])
def test_pictures_may_be_kept_for_five_minutes(studio, more) -> None:
    earn(studio, 1000)

    response = get("badge_png" if "width" in more else "badge_svg", studio, **more)

    assert set(response["Cache-Control"].split(", ")) == {
        "public",
        "max-age=300",
        "must-revalidate",
    }
    assert "Set-Cookie" not in response


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("badge_svg", {"theme": "pink"}),
        ("badge_png", {"theme": "pink", "width": 280}),
        ("badge_png", {"theme": "light", "width": 281}),
    ],
)
def test_there_is_no_other_theme_or_size(studio, name, more) -> None:
    earn(studio, 1000)

    assert get(name, studio, **more).status_code == 404


PICTURES = [("badge_svg", {"theme": "light"}), ("badge_png", {"theme": "light", "width": 280})]


@pytest.mark.parametrize(("name", "more"), PICTURES)
@pytest.mark.parametrize(("points", "status"), [(900, 404), (1000, 200), (1100, 200)])
def test_there_is_no_badge_before_the_second_rank(studio, name, more, points, status) -> None:
    earn(studio, points)

    assert get(name, studio, **more).status_code == status


@pytest.mark.parametrize(("name", "more"), PICTURES)
@pytest.mark.parametrize(
    ("on", "status"), [(LAST_DAY - A_DAY, 200), (LAST_DAY, 200), (LAST_DAY + A_DAY, 404)]
)
def test_the_badge_goes_with_the_rank(studio, name, more, on, status) -> None:
    earn(studio, 1000)

    assert get(name, studio, on=on, **more).status_code == status


# --- The page that verifies it -------------------------------------------------------------------


def text_of(response) -> str:
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def test_anyone_can_check_which_rank_is_held_and_until_when(studio) -> None:
    earn(studio, 1000)

    page = text_of(get("verify", studio))

    assert "holds the rank <strong>Creator</strong>, level 2 of 4" in page
    assert "Earned in 2026, held until Dec. 31, 2027. Checked today, June 15, 2026." in page


@pytest.mark.parametrize(
    ("on", "is_held"), [(LAST_DAY - A_DAY, True), (LAST_DAY, True), (LAST_DAY + A_DAY, False)]
)
def test_a_rank_that_has_expired_is_verified_as_that(studio, on, is_held) -> None:
    earn(studio, 1000)
    close_year(2026, at=make.noon(date(2027, 1, 15)))

    page = text_of(get("verify", studio, on=on))

    expired = "<strong>Creator</strong> of 2026, has expired: it was held until Dec. 31, 2027"
    assert ("holds the rank" in page) is is_held
    assert (expired in page) is not is_held


def test_before_the_second_rank_a_partner_is_one_without_a_badge(studio) -> None:
    page = text_of(get("verify", studio))

    assert "is a partner in Fernwell Partners, and holds no badge today" in page
    assert "<img" not in page


@pytest.mark.parametrize(("name", "more"), [("verify", {}), *PICTURES])
def test_who_has_not_joined_has_nothing_to_verify(name, more) -> None:
    make.programme()
    outsider = make.studio()
    earn(outsider, 1000)

    assert get(name, outsider, **more).status_code == 404


# --- The partner's page --------------------------------------------------------------------------


def badge_page(account: Account) -> str:
    client = Client()
    client.force_login(make.person())
    return text_of(get("badge", account, client=client))


def test_the_partner_finds_every_picture_and_what_embeds_it(studio) -> None:
    earn(studio, 1000)

    page = badge_page(studio)

    for theme in Theme:
        for width in SIZES:
            assert f'/badges/{studio.ref}/{theme.value}-{width}.png"' in page
    assert "Fernwell Partners: Creator 2026" in page
    for embeds in (
        f'<a href="http://localhost:8000/verify/{studio.ref}/"><img src=',
        f'srcset="http://localhost:8000/badges/{studio.ref}/dark.svg"',
        'alt="Fernwell Partners badge" width="280" height="96"',
    ):
        assert embeds in unescape(page)


def test_before_the_second_rank_the_partners_page_says_what_is_missing(studio) -> None:
    earn(studio, 900)

    page = badge_page(studio)

    assert "A badge from the second rank on" in page
    assert "/badges/" not in page
