"""Where are my points? One state, one reason, one sentence – and it comes true."""

from collections import defaultdict
from datetime import date, timedelta
from typing import Any

import pytest
from django.db.models import QuerySet
from django.utils.translation import override
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from partners.actions.points import attribute, void_event
from partners.attribution import Judged, Verdict
from partners.explanations import (
    SENTENCES,
    TONES,
    Explanation,
    Hindrance,
    Reason,
    State,
    Subscribed,
    explain,
)
from partners.models import CreditInForce, QualifyingEvent, Site
from partners.models.points import VoidReason
from partners.queries import judge_sites
from partners.rules import Relation
from portal.testing import builders as make

TODAY = date(2026, 6, 15)
A_DAY = timedelta(days=1)


def verdict(
    found: Verdict, *, on: date, lands_on: date | None = None, credited_on: date | None = None
) -> Judged:
    """What attribution says of an event on that day."""
    return Judged(
        event_id=1,
        account_id=1,
        relation=Relation.OWNER,
        site_id=1,
        occurs_on=on,
        programme_year=on.year,
        lands_on=lands_on or on + timedelta(days=14),
        points=100,
        rule_id=1,
        verdict=found,
        credited_on=credited_on,
    )


def told(
    *past: Judged,
    expected: Judged | None = None,
    hindrance: Hindrance | None = None,
    subscribed: Subscribed | None = None,
    on: date = TODAY,
) -> Explanation:
    """What a partner is told on that day."""
    return explain(
        site=Site(address="site.example"),
        relation=Relation.OWNER,
        past=list(past),
        expected=expected,
        hindrance=hindrance,
        subscribed=subscribed or Subscribed(),
        on=on,
    )


CREDITED = verdict(Verdict.CREDITED, on=date(2026, 3, 1), credited_on=date(2026, 3, 16))
WAITING = verdict(Verdict.WAITING, on=date(2026, 6, 10))
RENEWAL = verdict(Verdict.WAITING, on=date(2026, 9, 1))
RENEWAL_NEXT_YEAR = verdict(Verdict.WAITING, on=date(2027, 2, 1))
NOT_JOINED = verdict(Verdict.NOT_JOINED, on=date(2026, 5, 4))
VOIDED = verdict(Verdict.VOIDED, on=date(2026, 4, 2))
TOO_LATE = verdict(Verdict.TOO_LATE, on=date(2025, 12, 31))
BEFORE_JOINING = verdict(Verdict.BEFORE_JOINING_YEAR, on=date(2025, 12, 20))
LAST_YEARS = verdict(Verdict.CREDITED, on=date(2025, 8, 1), credited_on=date(2025, 8, 15))
RENEWING = Subscribed(has_premium_plan=True, renews_on=date(2028, 9, 1))
ENDING = Subscribed(has_premium_plan=True, ends_on=date(2026, 9, 1))
ADD_ONS = Subscribed(has_other_products=True)
MONTHS_LATER = verdict(Verdict.ALREADY_CREDITED, on=date(2026, 4, 1))


def hindered(reason: Reason) -> Hindrance:
    return Hindrance(reason=reason, since=date(2026, 5, 12))


# One of each: what is told, its state and reason, the sentence in American and in British English.
EACH: dict[str, tuple[Any, ...]] = {
    "credited": (
        told(CREDITED),
        (State.CREDITED, Reason.CREDITED),
        "100 points for 2026, credited on March 16, 2026 (event of March 1, 2026).",
        "100 points for 2026, credited on 16 Mar 2026 (event of 1 Mar 2026).",
    ),
    "credited by the first of several": (
        told(MONTHS_LATER, CREDITED),
        (State.CREDITED, Reason.CREDITED),
        (
            "100 points for 2026, credited on March 16, 2026 (event of March 1, 2026)."
            " A site earns once a year, so its other events of the year add nothing."
        ),
        (
            "100 points for 2026, credited on 16 Mar 2026 (event of 1 Mar 2026)."
            " A site earns once a year, so its other events of the year add nothing."
        ),
    ),
    "waiting": (
        told(WAITING),
        (State.WAITING, Reason.WAITING_PERIOD),
        (
            "100 points are on their way: the event of June 10, 2026 lands on June 24, 2026"
            " and counts for 2026."
        ),
        (
            "100 points are on their way: the event of 10 Jun 2026 lands on 24 Jun 2026"
            " and counts for 2026."
        ),
    ),
    "expected": (
        told(expected=RENEWAL),
        (State.EXPECTED, Reason.NEXT_RENEWAL),
        (
            "The next renewal is on Sept. 1, 2026; its 100 points would land on Sept. 15, 2026"
            " and count for 2026."
        ),
        (
            "The next renewal is on 1 Sep 2026; its 100 points would land on 15 Sep 2026"
            " and count for 2026."
        ),
    ),
    "expected next year": (
        told(expected=RENEWAL_NEXT_YEAR),
        (State.EXPECTED, Reason.NEXT_RENEWAL),
        (
            "The next renewal is on Feb. 1, 2027; its 100 points would land on Feb. 15, 2027"
            " and count for 2027."
        ),
        (
            "The next renewal is on 1 Feb 2027; its 100 points would land on 15 Feb 2027"
            " and count for 2027."
        ),
    ),
    "renews later": (
        told(subscribed=RENEWING),
        (State.EXPECTED, Reason.RENEWS_LATER),
        "The next renewal is on Sept. 1, 2028, in a year whose points are not decided yet.",
        "The next renewal is on 1 Sep 2028, in a year whose points are not decided yet.",
    ),
    "not joined": (
        told(NOT_JOINED),
        (State.NOT_COUNTING, Reason.NOT_JOINED),
        "100 points for the event of May 4, 2026, once you join the programme.",
        "100 points for the event of 4 May 2026, once you join the programme.",
    ),
    "refunded": (
        told(VOIDED),
        (State.NOT_COUNTING, Reason.REFUNDED),
        "The event of April 2, 2026 was refunded, so it earns no points.",
        "The event of 2 Apr 2026 was refunded, so it earns no points.",
    ),
    "too late": (
        told(TOO_LATE),
        (State.NOT_COUNTING, Reason.YEAR_OVER),
        "The event of Dec. 31, 2025 came too late: 2025 had closed.",
        "The event of 31 Dec 2025 came too late: 2025 had closed.",
    ),
    "before joining": (
        told(BEFORE_JOINING),
        (State.NOT_COUNTING, Reason.BEFORE_JOINING),
        "The event of Dec. 20, 2025 was in a year before you joined.",
        "The event of 20 Dec 2025 was in a year before you joined.",
    ),
    "last year": (
        told(LAST_YEARS),
        (State.NOT_COUNTING, Reason.LAST_YEAR),
        (
            "Its last event was on Aug. 1, 2025, in an earlier year; it has none this year"
            " and no renewal is planned."
        ),
        (
            "Its last event was on 1 Aug 2025, in an earlier year; it has none this year"
            " and no renewal is planned."
        ),
    ),
    "claim awaiting": (
        told(hindrance=hindered(Reason.CLAIM_AWAITING)),
        (State.NOT_COUNTING, Reason.CLAIM_AWAITING),
        "Your claim of May 12, 2026 waits for the client’s answer.",
        "Your claim of 12 May 2026 waits for the client’s answer.",
    ),
    "claim declined": (
        told(hindrance=hindered(Reason.CLAIM_DECLINED)),
        (State.NOT_COUNTING, Reason.CLAIM_DECLINED),
        "The client declined your claim on May 12, 2026.",
        "The client declined your claim on 12 May 2026.",
    ),
    "claim lapsed": (
        told(hindrance=hindered(Reason.CLAIM_LAPSED)),
        (State.NOT_COUNTING, Reason.CLAIM_LAPSED),
        (
            "Your claim lapsed on May 12, 2026 without an answer."
            " You can claim the site again next year."
        ),
        (
            "Your claim lapsed on 12 May 2026 without an answer."
            " You can claim the site again next year."
        ),
    ),
    "claim withdrawn": (
        told(hindrance=hindered(Reason.CLAIM_WITHDRAWN)),
        (State.NOT_COUNTING, Reason.CLAIM_WITHDRAWN),
        "You withdrew your claim on May 12, 2026. You can claim the site again next year.",
        "You withdrew your claim on 12 May 2026. You can claim the site again next year.",
    ),
    "not a contributor": (
        told(hindrance=hindered(Reason.NOT_A_CONTRIBUTOR)),
        (State.NOT_COUNTING, Reason.NOT_A_CONTRIBUTOR),
        "You have not been an approved contributor since May 12, 2026, when the approval ended.",
        "You have not been an approved contributor since 12 May 2026, when the approval ended.",
    ),
    "moved away": (
        told(hindrance=hindered(Reason.MOVED_AWAY)),
        (State.NOT_COUNTING, Reason.MOVED_AWAY),
        *["The site is in another account now, which earns its points from there on."] * 2,
    ),
    "claim merged": (
        told(hindrance=hindered(Reason.CLAIM_MERGED)),
        (State.NOT_COUNTING, Reason.CLAIM_MERGED),
        "Our team merged your claim into another one on May 12, 2026.",
        "Our team merged your claim into another one on 12 May 2026.",
    ),
    "claim with our team": (
        told(hindrance=hindered(Reason.CLAIM_WITH_STAFF)),
        (State.NOT_COUNTING, Reason.CLAIM_WITH_STAFF),
        "Your claim of May 12, 2026 is with our team.",
        "Your claim of 12 May 2026 is with our team.",
    ),
    "claim refused": (
        told(hindrance=hindered(Reason.CLAIM_REFUSED)),
        (State.NOT_COUNTING, Reason.CLAIM_REFUSED),
        (
            "Our team did not approve your claim on May 12, 2026."
            " You can claim the site again next year."
        ),
        (
            "Our team did not approve your claim on 12 May 2026."
            " You can claim the site again next year."
        ),
    ),
    "claim again": (
        told(hindrance=hindered(Reason.CLAIM_AGAIN)),
        (State.NOT_COUNTING, Reason.CLAIM_AGAIN),
        *["Your claim of an earlier year was not approved. You can claim the site again now."] * 2,
    ),
    "claim moved": (
        told(hindrance=hindered(Reason.CLAIM_MOVED)),
        (State.NOT_COUNTING, Reason.CLAIM_MOVED),
        *[
            (
                "The site moved to another account before your claim was answered."
                " You can claim it anew."
            )
        ]
        * 2,
    ),
    "add-ons": (
        told(subscribed=ADD_ONS),
        (State.NOT_COUNTING, Reason.PRODUCT_DOES_NOT_COUNT),
        *["What this site has is an add-on; only a premium plan for the site itself counts."] * 2,
    ),
    "ends": (
        told(subscribed=ENDING),
        (State.NOT_COUNTING, Reason.ENDS_WITHOUT_RENEWAL),
        "Its premium plan ends on Sept. 1, 2026 and does not renew.",
        "Its premium plan ends on 1 Sep 2026 and does not renew.",
    ),
    "nothing": (
        told(),
        (State.NOT_COUNTING, Reason.NO_PREMIUM_PLAN),
        *["It has no premium plan. Upgrading it earns points."] * 2,
    ),
}


# --- Words ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("one", "answer", "american", "british"), EACH.values(), ids=EACH)
def test_each_answer_has_its_sentence_with_dates_as_the_reader_writes_them(
    one, answer, american, british
) -> None:
    said = {}

    for language in ("en", "en-gb"):
        with override(language):
            said[language] = one.sentence

    assert (one.state, one.reason) == answer
    assert said == {"en": american, "en-gb": british}


def test_no_reason_is_without_a_sentence_or_a_test() -> None:
    reasons = {one.reason for one, *_ in EACH.values()}

    assert reasons == set(Reason) == SENTENCES.keys()


def test_each_state_is_shown_in_its_own_tone() -> None:
    tones = {one.state: one.tone for one, *_ in EACH.values()}

    assert tones == TONES
    assert len(set(tones.values())) == len(State)


# --- Dates and points ----------------------------------------------------------------------------


def test_what_is_credited_landed_when_it_was_credited() -> None:
    one = told(CREDITED)

    assert (one.event_on, one.lands_on) == (date(2026, 3, 1), date(2026, 3, 16))
    assert (one.points, one.programme_year) == (100, 2026)


@pytest.mark.parametrize("one", [told(WAITING), told(expected=RENEWAL)])
def test_what_is_coming_says_when_it_lands_and_for_which_year(one) -> None:
    assert one.lands_on == one.event_on + timedelta(days=14)
    assert (one.points, one.programme_year) == (100, 2026)


@pytest.mark.parametrize(
    "name", [name for name, (one, *_) in EACH.items() if one.state is State.NOT_COUNTING]
)
def test_what_does_not_count_lands_on_no_day(name) -> None:
    one = EACH[name][0]

    assert one.lands_on is None
    assert one.points == (100 if name == "not joined" else None)


# --- Which answer comes first --------------------------------------------------------------------

IN_ORDER: list[tuple[Reason, dict[str, Any]]] = [
    (Reason.CREDITED, {"past": [CREDITED]}),
    (Reason.WAITING_PERIOD, {"past": [WAITING]}),
    (Reason.NOT_JOINED, {"past": [NOT_JOINED]}),
    (Reason.CLAIM_DECLINED, {"hindrance": hindered(Reason.CLAIM_DECLINED)}),
    (Reason.NEXT_RENEWAL, {"expected": RENEWAL}),
    (Reason.REFUNDED, {"past": [VOIDED]}),
    (Reason.ENDS_WITHOUT_RENEWAL, {"subscribed": ENDING}),
    (Reason.LAST_YEAR, {"past": [LAST_YEARS]}),
    (Reason.PRODUCT_DOES_NOT_COUNT, {"subscribed": ADD_ONS}),
    (Reason.NO_PREMIUM_PLAN, {}),
]


@pytest.mark.parametrize("place", range(len(IN_ORDER)), ids=[reason for reason, _ in IN_ORDER])
def test_of_several_answers_the_first_that_applies_is_told(place) -> None:
    past: list[Judged] = []
    rest: dict[str, Any] = {}
    for _, facts in reversed(IN_ORDER[place:]):
        past = facts.get("past", []) + past
        rest |= {name: fact for name, fact in facts.items() if name != "past"}

    one = told(*past, **rest)

    assert one.reason is IN_ORDER[place][0]


def test_of_two_that_wait_the_one_that_lands_first_is_told() -> None:
    unpaid = verdict(Verdict.WAITING, on=date(2026, 6, 1), lands_on=date(2026, 7, 20))

    one = told(WAITING, unpaid)

    assert (one.event_on, one.lands_on) == (date(2026, 6, 10), date(2026, 6, 24))


def test_what_is_due_is_on_its_way_until_it_is_credited() -> None:
    due = verdict(Verdict.DUE, on=date(2026, 6, 1))

    one = told(due)

    assert (one.state, one.lands_on) == (State.WAITING, TODAY)


@pytest.mark.parametrize(
    ("on", "state"),
    [
        (date(2026, 12, 31), State.CREDITED),
        (date(2027, 1, 1), State.EXPECTED),
        (date(2027, 1, 2), State.EXPECTED),
    ],
)
def test_a_credit_is_told_to_the_end_of_its_year(on, state) -> None:
    one = told(CREDITED, expected=RENEWAL_NEXT_YEAR, on=on)

    assert one.state is state


def test_decembers_points_are_told_while_they_are_on_their_way_in_january() -> None:
    december = verdict(Verdict.WAITING, on=date(2026, 12, 20))

    one = told(december, expected=RENEWAL_NEXT_YEAR, on=date(2027, 1, 2))

    assert (one.state, one.lands_on) == (State.WAITING, date(2027, 1, 3))
    assert one.programme_year == 2026


def test_joining_is_not_said_to_bring_what_an_earlier_year_had() -> None:
    last_years = verdict(Verdict.NOT_JOINED, on=date(2025, 9, 1))
    renewal = verdict(Verdict.NOT_JOINED, on=date(2026, 9, 1))

    one, another = told(last_years, expected=renewal), told(last_years)

    assert (one.reason, one.event_on) == (Reason.NOT_JOINED, date(2026, 9, 1))
    assert another.reason is Reason.LAST_YEAR


def test_a_refund_of_last_year_stands_in_nobodys_way_this_year() -> None:
    refunded = verdict(Verdict.VOIDED, on=date(2025, 9, 1))

    one = told(refunded, subscribed=ENDING)

    assert one.reason is Reason.ENDS_WITHOUT_RENEWAL


def test_a_refund_is_forgotten_once_another_event_of_the_year_brings_the_points() -> None:
    one = told(WAITING, VOIDED)

    assert one.reason is Reason.WAITING_PERIOD


def test_a_renewal_that_would_be_too_late_is_not_expected() -> None:
    too_late = verdict(Verdict.TOO_LATE, on=date(2026, 12, 31))

    one = told(LAST_YEARS, expected=too_late)

    assert one.reason is Reason.LAST_YEAR


# --- And it comes true ---------------------------------------------------------------------------

STARTS = date(2025, 11, 1)
DAYS = 480  # over two New Years, well inside the programme years there are
SITES = ("own", "clients")

days = st.integers(min_value=0, max_value=DAYS).map(lambda n: STARTS + timedelta(days=n))
soon = st.integers(min_value=0, max_value=80).map(lambda n: STARTS + timedelta(days=n))
histories = st.tuples(
    st.lists(st.tuples(st.just("join"), soon, st.none(), st.none()), min_size=1, max_size=1),
    st.lists(
        st.tuples(st.just("event"), days, st.sampled_from(SITES), st.integers(-14, 40)),
        min_size=5,
        max_size=9,
    ),
    st.lists(st.tuples(st.just("void"), days, st.integers(0, 5), st.none()), max_size=2),
    st.lists(st.tuples(st.just("approval"), days, st.none(), st.none()), max_size=2),
).map(lambda parts: [happening for part in parts for happening in part])


class AnExplanation(TestCase):
    """Laws over random histories of an owned and a claimed site."""

    @settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
    @given(history=histories, which=st.integers(0, 12), later=st.integers(0, 12))
    def test_says_credited_where_a_credit_stands_and_what_waits_lands_on_its_day(
        self, history, which, later
    ) -> None:
        self._begin()
        happens_on = sorted(day for _, day, *_ in history)
        looked_on = happens_on[which % len(happens_on)] + timedelta(days=later)

        self._live(history, until=looked_on)
        explained = self._explained(looked_on)

        self._see_credits_told(explained, on=looked_on)
        waiting = [(site, one) for site, one in explained.items() if one.state is State.WAITING]
        for site, one in sorted(waiting, key=lambda pair: pair[1].lands_on or looked_on):
            self._see_it_land(site, one, after=looked_on)

    def _see_credits_told(self, explained: dict[int, Explanation], *, on: date) -> None:
        for site, one in explained.items():
            assert (one.state is State.CREDITED) == self._is_credited(site, on.year)

    def _see_it_land(self, site: int, one: Explanation, *, after: date) -> None:
        assert one.lands_on
        assert one.lands_on > after
        attribute(on=one.lands_on - A_DAY)
        assert not self._is_credited(site, one.programme_year)
        attribute(on=one.lands_on)
        landed = self._in_force(site, one.programme_year).get()
        assert landed.entry.credited_on == one.lands_on
        assert landed.event.occurs_on == one.event_on

    def _begin(self) -> None:
        make.programme()
        self.studio = make.studio()
        self.sites = {"own": make.site(account=self.studio), "clients": make.clients_site()}

    def _live(self, history, *, until: date) -> None:
        """Everything up to a day, with the points of each day before what happens on it."""
        by_day = defaultdict(list)
        for happening in history:
            by_day[happening[1]].append(happening)
        for day in sorted(day for day in by_day if day <= until):
            self._attribute_up_to(day)
            for what, _, which, later in by_day[day]:
                getattr(self, f"_{what}")(day, which, later)
            self._attribute_up_to(day)
            self._see_credits_told(self._explained(day), on=day)
        self._attribute_up_to(until)

    def _attribute_up_to(self, day: date) -> None:
        """As if run every day: only the days on which something lands matter."""
        judged = [one for past in self._judged(day).values() for one in past]
        for lands_on in sorted({one.lands_on for one in judged if one.verdict is Verdict.DUE}):
            attribute(on=lands_on)

    def _event(self, day: date, which: str, later: int) -> None:
        """Told on its day of payment: a fortnight before it happens to over a month later."""
        make.event(site=self.sites[which], on=day - timedelta(days=later), paid_on=day)

    def _void(self, day: date, which: int, _later: None) -> None:
        events = list(QualifyingEvent.objects.order_by("id"))
        if which < len(events):
            void_event(events[which], reason=VoidReason.REFUND, on=day)

    def _approval(self, day: date, _which: None, _later: None) -> None:
        make.approved(account=self.studio, site=self.sites["clients"], on=day)

    def _join(self, day: date, _which: None, _later: None) -> None:
        make.enrolled(account=self.studio, on=day)

    def _judged(self, on: date) -> dict[int, list[Judged]]:
        found: dict[int, list[Judged]] = {site.pk: [] for site in self.sites.values()}
        for one in judge_sites(self.studio, list(found), on=on):
            found[one.site_id].append(one)
        return found

    def _explained(self, on: date) -> dict[int, Explanation]:
        return {site: told(*past, on=on) for site, past in self._judged(on).items()}

    def _is_credited(self, site: int, year: int | None) -> bool:
        return self._in_force(site, year).exists()

    def _in_force(self, site: int, year: int | None) -> QuerySet[CreditInForce]:
        return CreditInForce.objects.filter(account=self.studio, site=site, programme_year=year)
