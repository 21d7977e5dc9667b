"""Joining the programme: a deliberate click, once it has opened, once."""

from datetime import date, timedelta

import pytest

from partners.actions.enrolment import join
from partners.errors import AlreadyJoinedError, ProgrammeNotOpenError
from partners.models import Enrolment, Programme, ProgrammeTerms
from portal.testing import builders as make
from portal.testing.races import at_once

OPENS_ON = date(2026, 6, 1)
A_DAY = timedelta(days=1)


@pytest.fixture
def opening(db) -> None:
    make.programme(opens_on=OPENS_ON)


def test_nobody_joins_before_the_programme_opens(opening) -> None:
    studio = make.studio()

    with pytest.raises(ProgrammeNotOpenError) as refusal:
        join(studio, by=make.person(), at=make.noon(OPENS_ON - A_DAY))

    assert refusal.value.opens_on == OPENS_ON
    assert not Enrolment.objects.exists()


def test_a_minute_before_opening_day_is_too_early_and_its_first_minute_is_not(opening) -> None:
    studio = make.studio()
    midnight = make.noon(OPENS_ON) - timedelta(hours=12)

    with pytest.raises(ProgrammeNotOpenError):
        join(studio, by=make.person(), at=midnight - timedelta(minutes=1))
    assert join(studio, by=make.person(), at=midnight).enrolled_on == OPENS_ON


@pytest.mark.parametrize("on", [OPENS_ON, OPENS_ON + A_DAY, date(2030, 1, 1)])
def test_from_opening_day_on_an_account_joins(opening, on) -> None:
    studio, alice = make.studio(), make.person()

    enrolment = join(studio, by=alice, at=make.noon(on))

    assert (enrolment.account, enrolment.enrolled_by) == (studio, alice)
    assert (enrolment.enrolled_on, enrolment.enrolled_at) == (on, make.noon(on))


@pytest.mark.django_db
def test_without_a_programme_nobody_joins() -> None:
    studio = make.studio()

    with pytest.raises(ProgrammeNotOpenError) as refusal:
        join(studio, by=make.person(), at=make.noon(OPENS_ON))

    assert refusal.value.opens_on is None


def test_nobody_is_enrolled_without_asking(opening) -> None:
    studio = make.studio()
    make.event(site=make.site(account=studio), on=OPENS_ON)

    assert not Enrolment.objects.filter(account=studio).exists()


def test_an_account_joins_once(opening) -> None:
    studio = make.studio()
    first = join(studio, by=make.person(), at=make.noon(OPENS_ON))

    with pytest.raises(AlreadyJoinedError):
        join(studio, by=make.person(name="Bob"), at=make.noon(OPENS_ON + A_DAY))

    assert Enrolment.objects.get() == first
    assert Enrolment.objects.get().enrolled_by == make.person()


def test_joining_is_under_the_terms_in_force_on_that_day(opening) -> None:
    for version, day in (("2", OPENS_ON), ("3", OPENS_ON + 2 * A_DAY)):
        ProgrammeTerms.objects.create(version=version, in_force_from=day, text="…")

    early = join(make.studio(), by=make.person(), at=make.noon(OPENS_ON + A_DAY))
    later = join(make.studio(), by=make.person(), at=make.noon(OPENS_ON + 2 * A_DAY))

    assert (early.terms.version, later.terms.version) == ("2", "3")


def test_an_account_may_join_however_long_it_has_existed(opening) -> None:
    old = make.studio()
    old.created_at = make.noon(date(2010, 1, 1))
    old.save()

    assert join(old, by=make.person(), at=make.noon(OPENS_ON)).account == old


@pytest.mark.django_db(transaction=True)
def test_two_people_joining_at_once_enrol_the_account_once() -> None:
    make.programme(opens_on=OPENS_ON)
    studio, alice, bob = make.studio(), make.person(), make.person(name="Bob")

    results = at_once(
        lambda: join(studio, by=alice, at=make.noon(OPENS_ON)),
        lambda: join(studio, by=bob, at=make.noon(OPENS_ON)),
    )

    assert sorted(type(result).__name__ for result in results) == [
        "AlreadyJoinedError",
        "Enrolment",
    ]
    assert Programme.objects.count() == Enrolment.objects.count() == 1
