"""Points adjusted by staff: by one person up to a limit, by two above it, and always told."""

from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from partners.actions.adjustments import decide_adjustment
from partners.actions.years import close_year
from partners.adjusted import adjustable_years, if_adjusted
from partners.errors import AlreadyDecidedError, OwnRequestError, YearOutOfReachError
from partners.models import (
    Account,
    Activity,
    AdjustmentDecision,
    AdjustmentRequest,
    AdjustmentVerdict,
    PointsEntry,
    ProgrammeYear,
)
from partners.rules import ADJUSTED_ALONE_UP_TO
from partners.standings import rank_held
from partners.tests.ledger import ledger, points
from portal.lib import clock
from portal.mail.actions.hand_over import send_due
from portal.mail.models import Message
from portal.staff.tests.populate import browser, staff
from portal.testing import builders as make
from portal.testing.assertions import NEVER_CHANGES, insert_like, refused, set_columns
from portal.testing.builders import TODAY, noon
from portal.testing.races import at_once

pytestmark = pytest.mark.django_db

LIMIT = ADJUSTED_ALONE_UP_TO
CLOSED_AT = noon(date(2026, 1, 15))


@pytest.fixture
def studio() -> Account:
    return make.enrolled(on=date(2025, 1, 2))


@pytest.fixture
def waiting(studio) -> AdjustmentRequest:
    """Asked for by Dana, and for more than one person may give."""
    return make.adjusted(account=studio, points=LIMIT + 1)


def decide(
    asked: AdjustmentRequest,
    verdict: AdjustmentVerdict = AdjustmentVerdict.APPROVED,
    by: str = "Erin",
) -> AdjustmentDecision:
    return decide_adjustment(
        asked, verdict=verdict, why="I looked it up", by=make.person(name=by), at=noon(TODAY)
    )


# --- One person, or two --------------------------------------------------------------------------


@pytest.mark.parametrize("by", [1, LIMIT - 1, LIMIT, -LIMIT])
def test_up_to_the_limit_an_adjustment_is_booked_at_once(studio, by) -> None:
    make.adjusted(account=studio, points=by)

    assert ledger(studio) == [("adjustment", by, 2026)]
    assert points(studio) == by


@pytest.mark.parametrize("by", [LIMIT + 1, -LIMIT - 1])
def test_above_the_limit_an_adjustment_waits_for_a_second_person(studio, by) -> None:
    asked = make.adjusted(account=studio, points=by)

    assert ledger(studio) == []
    assert list(AdjustmentRequest.objects.awaiting_second_person()) == [asked]
    assert not Message.objects.exists()


def test_approved_by_a_second_person_it_is_booked(studio, waiting) -> None:
    decide(waiting)

    assert points(studio) == LIMIT + 1
    assert waiting.entry.entered_by == waiting.requested_by
    assert not AdjustmentRequest.objects.awaiting_second_person().exists()


def test_declined_it_stays_as_a_request_and_nothing_is_booked(studio, waiting) -> None:
    decide(waiting, AdjustmentVerdict.DECLINED)

    assert ledger(studio) == []
    assert waiting.decision.why == "I looked it up"
    assert not AdjustmentRequest.objects.awaiting_second_person().exists()


@pytest.mark.parametrize("verdict", AdjustmentVerdict)
def test_nobody_decides_on_their_own(studio, waiting, verdict) -> None:
    with pytest.raises(OwnRequestError):
        decide(waiting, verdict, by="Dana")

    assert ledger(studio) == []


def test_it_is_decided_once(studio, waiting) -> None:
    decide(waiting, AdjustmentVerdict.DECLINED)

    with pytest.raises(AlreadyDecidedError):
        decide(waiting)

    assert ledger(studio) == []


def test_what_was_booked_at_once_needs_nobodys_word(studio) -> None:
    asked = make.adjusted(account=studio, points=LIMIT)

    with pytest.raises(AlreadyDecidedError):
        decide(asked)

    assert points(studio) == LIMIT


@pytest.mark.django_db(transaction=True)
def test_two_who_approve_at_once_book_it_once() -> None:
    studio = make.enrolled(on=date(2025, 1, 2))
    asked = make.adjusted(account=studio, points=LIMIT + 1)
    for name in ("Erin", "Charlie"):
        make.person(name=name)

    outcomes = at_once(lambda: decide(asked, by="Erin"), lambda: decide(asked, by="Charlie"))

    assert sorted(type(outcome).__name__ for outcome in outcomes) == [
        "AdjustmentDecision",
        "AlreadyDecidedError",
    ]
    assert points(studio) == LIMIT + 1


def test_a_form_sent_twice_asks_once(studio) -> None:
    first = make.adjusted(account=studio, ref="sameform")

    second = make.adjusted(account=studio, ref="sameform")

    assert second == first
    assert points(studio) == 100


@pytest.mark.django_db(transaction=True)
def test_a_form_sent_twice_at_once_asks_once() -> None:
    studio = make.enrolled(on=date(2025, 1, 2))
    make.person(name="Dana")

    at_once(*[lambda: make.adjusted(account=studio, ref="sameform")] * 2)

    assert points(studio) == 100
    assert AdjustmentRequest.objects.count() == 1


# --- Years ---------------------------------------------------------------------------------------


def test_years_since_joining_can_be_adjusted_up_to_this_one(studio) -> None:
    years = adjustable_years(studio, on=TODAY)

    assert [year.year for year in years] == [2026, 2025]


@pytest.mark.parametrize("year", [2024, 2027])
def test_no_other_year_can_be_adjusted(studio, year) -> None:
    with pytest.raises(YearOutOfReachError):
        make.adjusted(account=studio, year=year)

    assert not AdjustmentRequest.objects.exists()


@pytest.mark.parametrize("before", [0, 900])
def test_an_adjustment_of_a_closed_year_is_booked_and_leaves_its_rank(studio, before) -> None:
    if before:
        decide(make.adjusted(account=studio, year=2025, points=before))
    close_year(2025, at=CLOSED_AT)

    decide(make.adjusted(account=studio, year=2025, points=1000))

    assert points(studio, 2025) == before + 1000
    assert rank_held(studio, on=TODAY).level == 1


# --- What follows, before it is confirmed --------------------------------------------------------


@pytest.mark.parametrize(("by", "then"), [(99, "Pioneer"), (100, "Creator"), (101, "Creator")])
def test_the_preview_says_points_and_rank_before_and_after(studio, by, then) -> None:
    decide(make.adjusted(account=studio, points=900))

    found = if_adjusted(studio, year=ProgrammeYear.objects.get(year=2026), points=by, on=TODAY)

    assert (found.points_before, found.points_after) == (900, 900 + by)
    assert (found.held_before.name, found.held_after.name) == ("Pioneer", then)
    assert points(studio) == 900


def test_the_preview_of_a_closed_year_leaves_the_rank(studio) -> None:
    close_year(2025, at=CLOSED_AT)
    closed = ProgrammeYear.objects.get(year=2025)

    found = if_adjusted(studio, year=closed, points=2000, on=TODAY)

    assert found.points_after == 2000
    assert not found.moves_rank


# --- What the account is told --------------------------------------------------------------------


def test_the_account_is_told_by_mail_and_in_the_log_of_who_did_what(studio) -> None:
    make.adjusted(account=studio, points=-300)

    with clock.frozen(TODAY):
        send_due(at=noon(TODAY))

    mail = Message.objects.get(kind="partners/points_adjusted")
    assert mail.to == studio.email
    for words in ("300 points were taken from 2026", "a mistake of ours", "-300 points now"):
        assert words in mail.text
    assert "A renewal was not recorded." in mail.text
    line = Activity.objects.get(kind="points_adjusted")
    assert (line.by, line.details) == (None, {"points": "-300", "year": "2026"})


def test_the_ledger_says_reason_and_note_and_not_who(studio) -> None:
    make.adjusted(account=studio)
    client = Client()
    client.force_login(make.person(name="Alice"))

    with clock.frozen(TODAY):
        page = client.get(reverse("partners:points", args=[studio.ref])).content.decode()
        csv = client.get(reverse("partners:ledger_csv", args=[studio.ref])).getvalue().decode()

    assert "Adjusted by us – a mistake of ours: A renewal was not recorded." in page
    assert "Adjusted by us – a mistake of ours: A renewal was not recorded." in csv
    assert "Dana" not in page + csv


# --- The database --------------------------------------------------------------------------------


def test_the_database_books_an_adjustment_only_as_it_was_asked_for(studio, waiting) -> None:
    entry = make.adjusted(account=studio, points=200).entry
    other = make.account(name="Other", owner="Charlie")
    free = make.adjusted(account=studio, points=200)

    for wrong in (
        {"adjustment_id": waiting.pk, "points": LIMIT + 1},  # nobody has approved it
        {"adjustment_id": free.pk, "points": 300},
        {"adjustment_id": free.pk, "account_id": other.pk},
        {"adjustment_id": free.pk, "programme_year_id": 2025},
    ):
        with refused("points are adjusted as asked for"):
            insert_like(entry, **wrong)


def test_the_database_books_no_declined_adjustment(studio, waiting) -> None:
    entry = make.adjusted(account=studio).entry
    decide(waiting, AdjustmentVerdict.DECLINED)

    with refused("points are adjusted as asked for"):
        insert_like(entry, adjustment_id=waiting.pk, points=LIMIT + 1)


def test_the_database_books_an_adjustment_once(studio) -> None:
    entry = make.adjusted(account=studio).entry

    with refused("adjustment_id"):
        insert_like(entry)


def test_the_database_wants_a_second_person(studio, waiting) -> None:
    decision = decide(make.adjusted(account=studio, points=LIMIT + 2))
    small = make.adjusted(account=studio)

    with refused("a second person decides"):
        insert_like(decision, request_id=waiting.pk, decided_by_id=waiting.requested_by_id)
    with refused("a second person decides"):
        insert_like(decision, request_id=small.pk)


def test_the_database_keeps_requests_and_decisions_as_they_were(studio, waiting) -> None:
    decision = decide(waiting)

    with refused(NEVER_CHANGES):
        set_columns(waiting, points=1)
    with refused(NEVER_CHANGES):
        set_columns(decision, verdict="declined")
    with refused("request_id"):
        insert_like(decision)


@pytest.mark.parametrize(
    ("guard", "wrong"),
    [
        ("adjustment_changes_points", {"points": 0}),
        ("adjustment_says_why", {"note": ""}),
        ("adjustment_reason_known", {"reason": "because"}),
    ],
)
def test_the_database_wants_a_request_whole(studio, waiting, guard, wrong) -> None:
    with refused(guard):
        insert_like(waiting, **wrong)


@pytest.mark.parametrize(
    ("guard", "wrong"),
    [
        ("adjustment_verdict_known", {"verdict": "maybe"}),
        ("adjustment_decided_for_a_reason", {"why": ""}),
    ],
)
def test_the_database_wants_a_decision_whole(studio, waiting, guard, wrong) -> None:
    decision = decide(waiting)
    other = make.adjusted(account=studio, points=LIMIT + 2)

    with refused(guard):
        insert_like(decision, request_id=other.pk, **wrong)


# --- In the admin --------------------------------------------------------------------------------


@pytest.fixture
def _today():
    with clock.frozen(TODAY):
        yield


def page_of(account: Account) -> str:
    return f"/admin/partners/account/{account.pk}/adjustment/"


def typed(**changed) -> dict:
    sent = {"points": 100, "year": 2026, "reason": "goodwill", "note": "Thank you", "ref": "f0rm"}
    return sent | changed


@pytest.mark.usefixtures("_today")
def test_points_are_adjusted_after_seeing_what_follows(studio) -> None:
    dana = browser(staff("programme manager"))

    shown = dana.post(page_of(studio), typed())
    nothing_yet = ledger(studio)
    dana.post(page_of(studio), typed(seen=shown.context["adjusted"].seen))

    assert nothing_yet == []
    assert "Confirm and book" in shown.content.decode()
    assert ledger(studio) == [("adjustment", 100, 2026)]


@pytest.mark.usefixtures("_today")
def test_what_was_changed_after_the_preview_is_shown_again(studio) -> None:
    dana = browser(staff())
    seen = dana.post(page_of(studio), typed()).context["adjusted"].seen

    dana.post(page_of(studio), typed(points=400, seen=seen))

    assert ledger(studio) == []


@pytest.mark.usefixtures("_today")
def test_a_second_click_leads_to_what_the_first_has_made(studio) -> None:
    dana = browser(staff())
    seen = dana.post(page_of(studio), typed()).context["adjusted"].seen
    first = dana.post(page_of(studio), typed(seen=seen))

    second = dana.post(page_of(studio), typed(seen=seen))

    assert second["Location"] == first["Location"]
    assert points(studio) == 100


@pytest.mark.usefixtures("_today")
@pytest.mark.parametrize(
    "wrong",
    [
        {"points": 0},
        {"points": ""},
        {"points": 100_001},
        {"points": -100_001},
        {"note": ""},
        {"note": "x" * 201},
        {"reason": "because"},
        {"year": 2024},
        {"year": 2027},
    ],
)
def test_what_is_wrong_is_told_and_nothing_is_booked(studio, wrong) -> None:
    shown = browser(staff()).post(page_of(studio), typed(**wrong))

    assert shown.context["form"].errors.keys() == wrong.keys()
    assert not PointsEntry.objects.exists()


@pytest.mark.usefixtures("_today")
@pytest.mark.parametrize(
    ("role", "status"),
    [("programme manager", 200), ("administrator", 200), ("support", 403), ("finance", 403)],
)
def test_programme_managers_and_administrators_adjust_and_approve(
    studio, waiting, role, status
) -> None:
    client = browser(staff(role))

    asking = client.get(page_of(studio))
    approving = client.get(f"/admin/partners/adjustmentrequest/approval/?row={waiting.pk}")

    assert (asking.status_code, approving.status_code) == (status, status)


@pytest.mark.usefixtures("_today")
def test_an_account_that_has_not_joined_has_nothing_to_adjust(db) -> None:
    make.programme()
    bakery = make.bakery()

    response = browser(staff()).get(page_of(bakery))

    assert response["Location"] == f"/admin/partners/account/{bakery.pk}/change/"


@pytest.mark.usefixtures("_today")
def test_the_queue_names_what_waits_with_its_age(studio) -> None:
    make.adjusted(account=studio, points=LIMIT)
    make.adjusted(account=studio, points=LIMIT + 1, on=TODAY - timedelta(days=3))
    client = browser(staff())

    page = client.get("/admin/partners/adjustmentrequest/?decision=awaited").content.decode()

    assert f"+{LIMIT + 1}" in page
    assert f"+{LIMIT}<" not in page
    assert "3\xa0days" in page
    assert "Adjustments awaiting a second person" in client.get("/admin/").content.decode()


@pytest.mark.usefixtures("_today")
def test_a_colleague_approves_in_the_admin_and_the_asker_cannot(studio) -> None:
    dana, erin = staff("programme manager", name="Dana"), staff("administrator", name="Erin")
    seen = browser(dana).post(page_of(studio), typed(points=900)).context["adjusted"].seen
    browser(dana).post(page_of(studio), typed(points=900, seen=seen))
    address = (
        f"/admin/partners/adjustmentrequest/approval/?row={AdjustmentRequest.objects.get().pk}"
    )

    own = browser(dana).post(address, {"why": "Sure"}, follow=True)
    unbooked = ledger(studio)
    browser(erin).post(address, {"why": "The invoice shows it"})

    assert "somebody else decides" in own.content.decode()
    assert unbooked == []
    assert points(studio) == 900


@pytest.mark.usefixtures("_today")
def test_declined_in_the_admin_it_leaves_the_queue(studio, waiting) -> None:
    erin = browser(staff(name="Erin"))

    erin.post(f"/admin/partners/adjustmentrequest/decline/?row={waiting.pk}", {"why": "No"})

    assert waiting.decision.verdict == AdjustmentVerdict.DECLINED
    assert ledger(studio) == []
    again = erin.post(
        f"/admin/partners/adjustmentrequest/approval/?row={waiting.pk}", {"why": "Yes"}, follow=True
    )
    assert "decided already" in again.content.decode()
