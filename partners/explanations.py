"""Why a site has or hasn't earned points, and when it will: one state, one reason, one sentence.

The verdicts come from `attribution`; this module only chooses which of them answers the question,
and puts it into words.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from partners.attribution import Judged, Verdict
from partners.models import Site
from partners.rules import Relation


class State(StrEnum):
    """What a partner wants to know first."""

    CREDITED = "credited"
    WAITING = "waiting"
    EXPECTED = "expected"
    NOT_COUNTING = "not_counting"


class Reason(StrEnum):
    """Why, as a word that stays the same in every language."""

    CREDITED = "credited"
    WAITING_PERIOD = "waiting_period"
    NEXT_RENEWAL = "next_renewal"
    RENEWS_LATER = "renews_later"
    NOT_JOINED = "not_joined"
    REFUNDED = "refunded"
    YEAR_OVER = "year_over"
    BEFORE_JOINING = "before_joining"
    LAST_YEAR = "event_was_last_year"
    CLAIM_AWAITING = "claim_awaiting_client"
    CLAIM_DECLINED = "claim_declined"
    CLAIM_LAPSED = "claim_lapsed"
    CLAIM_WITHDRAWN = "claim_withdrawn"
    CLAIM_WITH_STAFF = "claim_with_our_team"
    CLAIM_REFUSED = "claim_refused_by_our_team"
    CLAIM_MOVED = "claim_site_moved"
    CLAIM_MERGED = "claim_merged"
    CLAIM_AGAIN = "claim_again"
    NOT_A_CONTRIBUTOR = "was_not_a_contributor"
    MOVED_AWAY = "moved_away"
    PRODUCT_DOES_NOT_COUNT = "product_does_not_count"
    ENDS_WITHOUT_RENEWAL = "ends_without_renewal"
    NO_PREMIUM_PLAN = "no_premium_plan"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscribed:
    """What a site is subscribed to, as far as points are concerned."""

    has_premium_plan: bool = False
    has_other_products: bool = False
    ends_on: date | None = None  # set when the premium plan does not renew
    renews_on: date | None = None  # set when it does


@dataclass(frozen=True, slots=True, kw_only=True)
class Hindrance:
    """What keeps an account from earning a site's next events: how its claim stands, or a move."""

    reason: Reason
    since: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """The answer for one site, as seen from one account."""

    site: Site
    relation: Relation
    state: State
    reason: Reason
    event_on: date | None = None
    lands_on: date | None = None
    points: int | None = None
    programme_year: int | None = None
    ends_on: date | None = None
    renews_on: date | None = None
    hindered_since: date | None = None
    has_more_events: bool = False  # of the credited year, which earn no more

    can_upgrade: bool = False  # owned, and without a running premium plan

    @property
    def sentence(self) -> str:
        said = str(SENTENCES[self.reason]) % _facts(self)
        return f"{said} {ONCE_A_YEAR}" if self.has_more_events else said

    @property
    def tone(self) -> str:
        """How a page shows the state."""
        return TONES[self.state]


TONES = {
    State.CREDITED: "good",
    State.WAITING: "wait",
    State.EXPECTED: "info",
    State.NOT_COUNTING: "mute",
}


def explain(
    *,
    site: Site,
    relation: Relation,
    past: list[Judged],
    expected: Judged | None,
    hindrance: Hindrance | None,
    subscribed: Subscribed,
    on: date,
) -> Explanation:
    """Choose what answers the question: what has landed, what will, or what stands in the way.

    `past` are the verdicts on this site's events since last January, latest first; `expected` the
    one on its next renewal; `hindrance` what stands in the way of who does not own the site.
    """
    answers = (
        *_landing(past, on=on),
        *_not_joined(past, expected, on=on),
        *([(State.NOT_COUNTING, hindrance.reason, None)] if hindrance else []),
        *_expected(expected, subscribed),
        *_hindered(past, on=on),
        _unsubscribed(past, subscribed),
    )
    state, reason, judged = answers[0]
    is_coming = state is not State.NOT_COUNTING
    return Explanation(
        site=site,
        relation=judged.relation if judged else relation,
        state=state,
        reason=reason,
        event_on=judged.occurs_on if judged else None,
        lands_on=_arrival(judged) if is_coming else None,
        points=judged.points if judged and (is_coming or reason is Reason.NOT_JOINED) else None,
        programme_year=judged.programme_year if judged else None,
        ends_on=subscribed.ends_on,
        renews_on=subscribed.renews_on,
        hindered_since=hindrance.since if hindrance else None,
        has_more_events=reason is Reason.CREDITED and _has_more([*past, expected], on.year),
        can_upgrade=relation is Relation.OWNER
        and hindrance is None
        and not subscribed.has_premium_plan,
    )


Answers = Iterator[tuple[State, Reason, Judged | None]]


def _landing(past: list[Judged], *, on: date) -> Answers:
    """This year's points, there or on their way; those of last December may still be."""
    for one in past:
        if one.verdict is Verdict.CREDITED and one.programme_year == on.year:
            yield State.CREDITED, Reason.CREDITED, one
    for one in sorted(past, key=lambda one: (one.lands_on, one.occurs_on)):
        if one.verdict in {Verdict.WAITING, Verdict.DUE}:
            yield State.WAITING, Reason.WAITING_PERIOD, one


def _not_joined(past: list[Judged], expected: Judged | None, *, on: date) -> Answers:
    """Joining brings the events of this year and later ones, none of an earlier year."""
    for one in (*past, expected):
        if one and one.verdict is Verdict.NOT_JOINED and one.programme_year >= on.year:
            yield State.NOT_COUNTING, Reason.NOT_JOINED, one


def _expected(expected: Judged | None, subscribed: Subscribed) -> Answers:
    if expected and expected.verdict in {Verdict.WAITING, Verdict.DUE}:
        yield State.EXPECTED, Reason.NEXT_RENEWAL, expected
    if expected is None and subscribed.renews_on:
        yield State.EXPECTED, Reason.RENEWS_LATER, None


HINDRANCES = {
    Verdict.VOIDED: Reason.REFUNDED,
    Verdict.TOO_LATE: Reason.YEAR_OVER,
    Verdict.BEFORE_JOINING_YEAR: Reason.BEFORE_JOINING,
}


def _hindered(past: list[Judged], *, on: date) -> Answers:
    for one in past:
        is_past_refund = one.verdict is Verdict.VOIDED and one.programme_year < on.year
        if one.verdict in HINDRANCES and not is_past_refund:
            yield State.NOT_COUNTING, HINDRANCES[one.verdict], one


def _unsubscribed(
    past: list[Judged], subscribed: Subscribed
) -> tuple[State, Reason, Judged | None]:
    if subscribed.has_premium_plan and subscribed.ends_on:
        return State.NOT_COUNTING, Reason.ENDS_WITHOUT_RENEWAL, None
    if past:
        return State.NOT_COUNTING, Reason.LAST_YEAR, past[0]
    if subscribed.has_other_products:
        return State.NOT_COUNTING, Reason.PRODUCT_DOES_NOT_COUNT, None
    return State.NOT_COUNTING, Reason.NO_PREMIUM_PLAN, None


def _has_more(events: list[Judged | None], year: int) -> bool:
    return any(
        one and one.programme_year == year and one.verdict is Verdict.ALREADY_CREDITED
        for one in events
    )


def _arrival(judged: Judged | None) -> date | None:
    if judged is None:
        return None
    return judged.credited_on if judged.verdict is Verdict.CREDITED else judged.lands_on


# --- Words ---------------------------------------------------------------------------------------


def _day(day: date | None) -> str:
    return date_format(day, "DATE_FORMAT") if day else ""


def _facts(told: Explanation) -> dict[str, object]:
    return {
        "points": told.points,
        "event": _day(told.event_on),
        "lands": _day(told.lands_on),
        "year": told.programme_year,
        "ends": _day(told.ends_on),
        "renews": _day(told.renews_on),
        "since": _day(told.hindered_since),
    }


SENTENCES = {
    Reason.CREDITED: _(
        "%(points)s points for %(year)s, credited on %(lands)s (event of %(event)s)."
    ),
    Reason.WAITING_PERIOD: _(
        "%(points)s points are on their way: the event of %(event)s lands on %(lands)s"
        " and counts for %(year)s."
    ),
    Reason.NEXT_RENEWAL: _(
        "The next renewal is on %(event)s; its %(points)s points would land on %(lands)s"
        " and count for %(year)s."
    ),
    Reason.RENEWS_LATER: _(
        "The next renewal is on %(renews)s, in a year whose points are not decided yet."
    ),
    Reason.NOT_JOINED: _(
        "%(points)s points for the event of %(event)s, once you join the programme."
    ),
    Reason.REFUNDED: _("The event of %(event)s was refunded, so it earns no points."),
    Reason.YEAR_OVER: _("The event of %(event)s came too late: %(year)s had closed."),
    Reason.BEFORE_JOINING: _("The event of %(event)s was in a year before you joined."),
    Reason.LAST_YEAR: _(
        "Its last event was on %(event)s, in an earlier year; it has none this year"
        " and no renewal is planned."
    ),
    Reason.CLAIM_AWAITING: _("Your claim of %(since)s waits for the client’s answer."),
    Reason.CLAIM_DECLINED: _("The client declined your claim on %(since)s."),
    Reason.CLAIM_LAPSED: _(
        "Your claim lapsed on %(since)s without an answer. You can claim the site again next year."
    ),
    Reason.CLAIM_WITHDRAWN: _(
        "You withdrew your claim on %(since)s. You can claim the site again next year."
    ),
    Reason.NOT_A_CONTRIBUTOR: _(
        "You have not been an approved contributor since %(since)s, when the approval ended."
    ),
    Reason.MOVED_AWAY: _(
        "The site is in another account now, which earns its points from there on."
    ),
    Reason.CLAIM_WITH_STAFF: _("Your claim of %(since)s is with our team."),
    Reason.CLAIM_REFUSED: _(
        "Our team did not approve your claim on %(since)s. You can claim the site again next year."
    ),
    Reason.CLAIM_AGAIN: _(
        "Your claim of an earlier year was not approved. You can claim the site again now."
    ),
    Reason.CLAIM_MOVED: _(
        "The site moved to another account before your claim was answered. You can claim it anew."
    ),
    Reason.CLAIM_MERGED: _("Our team merged your claim into another one on %(since)s."),
    Reason.PRODUCT_DOES_NOT_COUNT: _(
        "What this site has is an add-on; only a premium plan for the site itself counts."
    ),
    Reason.ENDS_WITHOUT_RENEWAL: _("Its premium plan ends on %(ends)s and does not renew."),
    Reason.NO_PREMIUM_PLAN: _("It has no premium plan. Upgrading it earns points."),
}

ONCE_A_YEAR = _("A site earns once a year, so its other events of the year add nothing.")
