"""Whatever happens in whatever order, claims agree with a small model of their rules."""

import os
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from django.db import connection, transaction
from django.db.models import F
from hypothesis import HealthCheck, settings
from hypothesis import strategies as some
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

from claims import tasks
from claims.actions.answer import Said, answer
from claims.actions.reinstate import reinstate
from claims.actions.submit import submit, withdraw
from claims.errors import ClaimsError
from claims.models import Answer, ApprovalRequest, Claim, DeclineReason, Verdict
from claims.tests import claims_model as model
from claims.tests.claims_model import AGENCIES, CLIENTS, Model, RefusedError
from partners.actions.moves import move_sites
from partners.actions.points import attribute, void_event
from partners.models import Account, ContributorApproval, CreditInForce, QualifyingEvent, Site
from partners.models.points import VoidReason
from portal.lib import clock
from portal.mail.actions.hand_over import send_due
from portal.mail.models import Message
from portal.models import User
from portal.testing import builders as make

A_DAY, A_MINUTE = timedelta(days=1), timedelta(minutes=1)
SITES = ("bread.example", "flowers.example")

# Longer: CONTRIBUTING.md, "Tests".
WORLDS = int(os.environ.get("CLAIMS_WORLDS", "8"))
STEPS = int(os.environ.get("CLAIMS_STEPS", "30"))

FIRST_DAYS = some.sampled_from(
    [date(2026, 1, 1), date(2026, 6, 15), date(2026, 12, 4), date(2026, 12, 28)]
)
AGENCY, SITE = some.sampled_from(AGENCIES), some.sampled_from(SITES)


@dataclass(frozen=True)
class Wait:
    """So many days pass before something is done.

    Jobs run on each day on which they have work, or (they slept) on the last day only.
    """

    days: int = 0
    is_lived: bool = True


# Days around which the rules turn: follow-up, change of mind, waiting period, lapse.
WAITS = some.builds(
    Wait,
    days=some.sampled_from([0, 0, 0, 1, 2, 6, 7, 8, 13, 14, 15, 29, 30, 31]),
    is_lived=some.sampled_from([True, True, False]),
)


def some_claim(is_so: Callable[[model.Claim], object]) -> Callable[..., Callable[..., object]]:
    """A rule makes sense where there is such a claim, though it may be tried on another."""
    return precondition(lambda self: any(is_so(claim) for claim in self.model.claims))


class ClaimsMachine(RuleBasedStateMachine):
    """Everything is done by claims, and by the model beside them."""

    claims = Bundle("claims")

    def __init__(self) -> None:
        super().__init__()
        self.undone = transaction.atomic()
        self.undone.__enter__()

    def teardown(self) -> None:
        connection.check_constraints()
        transaction.set_rollback(True)
        self.undone.__exit__(None, None, None)

    @initialize(target=claims, first_day=FIRST_DAYS, agency=AGENCY, site=SITE)
    def begin(self, first_day, agency, site):
        self.now = make.noon(first_day)
        holders = {site: [(make.LONG_AGO, client)] for site, client in held().items()}
        self.model = Model(first_day, holders)
        self.events: dict[model.Event, str] = {}
        return self._submit(agency, site)

    # --- What partners do -------------------------------------------------------------------------

    @rule(target=claims, agency=AGENCY, site=SITE, after=WAITS)
    def submit(self, agency, site, after):
        self.wait(after)
        return self._submit(agency, site)

    @some_claim(lambda claim: claim.state == "awaiting")
    @rule(claim=claims, after=WAITS)
    def withdraw(self, claim, after):
        self.wait(after)
        self.both(
            lambda: self.model.withdraw(claim),
            lambda: withdraw(row(claim), by=make.person(), at=self.now),
        )

    # --- What clients and staff do ----------------------------------------------------------------

    @some_claim(lambda claim: not claim.was_put_right)
    @rule(claim=claims, is_yes=some.booleans(), after=WAITS)
    def answer(self, claim, is_yes, after):
        self.wait(after)
        said = Said(
            verdict=Verdict.APPROVE if is_yes else Verdict.DECLINE,
            reason="" if is_yes else DeclineReason.OTHER,
            name="Carol",
        )
        self.both(
            lambda: self.model.answer(claim, is_yes=is_yes),
            lambda: answer(row(claim).request, said, at=self.now),
        )

    @some_claim(lambda claim: claim.state == "declined")
    @rule(claim=claims, after=WAITS)
    def reinstate(self, claim, after):
        self.wait(after)
        self.both(
            lambda: self.model.reinstate(claim),
            lambda: reinstate(
                row(claim), by=make.person(name="Dana"), reason="A slip", at=self.now
            ),
        )

    # --- What happens to sites --------------------------------------------------------------------

    @rule(site=SITE, after=WAITS)
    def a_site_renews(self, site, after):
        self.wait(after)
        event = self.model.renew(site)
        told = make.event(site=Site.objects.get(address=site), on=self.today)
        self.events[event] = told.source

    @precondition(lambda self: any(not event.is_void for event in self.events))
    @rule(nth=some.integers(0, 5), after=WAITS)
    def a_renewal_is_refunded(self, nth, after):
        self.wait(after)
        paid = [event for event in self.events if not event.is_void]
        event = paid[nth % len(paid)]
        self.model.refund(event)
        void_event(recorded(self.events[event]), reason=VoidReason.REFUND, on=self.today)

    @rule(site=SITE, to=some.sampled_from([*CLIENTS, *AGENCIES]), after=WAITS)
    def a_site_moves(self, site, to, after):
        self.wait(after)
        self.model.move(site, to)
        moved = {Site.objects.get(address=site).pk: Account.objects.get(name=to).pk}
        move_sites(moved, on=self.today)

    # --- Time -------------------------------------------------------------------------------------

    @rule(after=WAITS)
    def time_passes(self, after):
        self.wait(after)
        self.live()

    @rule(after=WAITS)
    def the_jobs_run_twice(self, after):
        self.wait(after)
        self.live()
        self.live()

    # --- What always holds ------------------------------------------------------------------------

    @invariant()
    def states_agree(self):
        found = Claim.objects.values_list("pk", "state", "request__follow_up_due_on")
        expected = [(one.pk, one.state, one.follow_up_on) for one in self.model.claims]
        assert sorted(found, key=repr) == sorted(expected, key=repr)

    @invariant()
    def the_answers_are_all_kept_and_the_last_is_in_force(self):
        found = Answer.objects.order_by("claim_id", "ordinal")
        assert [(one.claim_id, one.verdict == Verdict.APPROVE) for one in found] == [
            (claim.pk, said.is_yes) for claim in self.model.claims for said in claim.answers
        ]
        wrong = {Verdict.APPROVE: "declined", Verdict.DECLINE: "approved"}
        for one in found.filter(claim__reinstatements=None).select_related("claim"):
            is_in_force = one.ordinal == one.claim.answers.count()
            assert not is_in_force or one.claim.state != wrong[Verdict(one.verdict)]

    @invariant()
    def every_mail_is_there_once_and_where_it_should_be(self):
        about = Message.objects.filter(key__startswith="claim:").values_list("key", "state")
        found = Counter((*cause(key), state) for key, state in about)
        refs = dict(Claim.objects.values_list("pk", "ref"))
        assert found == Counter(
            (refs[claim.pk], mail, state)
            for claim in self.model.claims
            for mail, state in claim.mails.items()
        )

    @invariant()
    def nobody_is_reminded_of_what_was_answered_or_taken_back(self):
        ended = ApprovalRequest.objects.exclude(claim__state="awaiting")
        assert not ended.exclude(follow_up_due_on=None).exists()
        reminded = ApprovalRequest.objects.exclude(follow_up_mail=None)
        answered_before = reminded.filter(
            claim__answers__answered_at__lt=F("follow_up_mail__queued_at")
        )
        assert not answered_before.exists()

    @invariant()
    def points_follow_the_answer_in_force(self):
        approvals = ContributorApproval.objects.filter(ended_on=None).values_list(
            "account__name", "site__address", "from_year", "approved_on"
        )
        assert sorted(approvals) == sorted(
            (*key, one.from_year, one.counts_from) for key, one in self.model.approvals.items()
        )
        earned_now = CreditInForce.objects.values_list(
            "account__name", "site__address", "programme_year", "event__source", "entry__relation"
        )
        assert sorted(earned_now) == sorted(
            (*earned, self.events[event], relation)
            for earned, (event, relation) in self.model.credits.items()
        )

    # --- How it is done ---------------------------------------------------------------------------

    def both(self, told: Callable[[], object], done: Callable[[], object]) -> str:
        """Both do it, or refuse it by the same name; it takes a minute."""
        with clock.frozen(self.now):
            said = outcome(done)
            assert said == outcome(told)
        self.now += A_MINUTE
        return said

    def wait(self, wait: Wait) -> None:
        for day in range(1, wait.days + 1):
            self.now = make.noon(self.today + A_DAY)
            self.model.today = self.today
            if day == wait.days or (wait.is_lived and self.model.has_work()):
                self.live()

    def live(self) -> None:
        """The jobs of a day; what they mail leaves with those of the next."""
        self.both(self.model.send_mail, lambda: send_due(at=self.now))
        self.both(self.model.follow_up_claims, tasks.follow_up_claims)
        self.both(self.model.attribute, lambda: attribute(on=self.today))

    def _submit(self, agency: str, site: str):
        client = self.model.holder(site, on=self.today)
        claim = model.Claim(0, agency, site, client, self.today.year, self.today)
        claimant = Account.objects.get(name=agency)
        by = claimant.memberships.get().user
        said = self.both(
            lambda: self.model.submit(claim),
            lambda: submit(claimant, address=site, by=by, at=self.now),
        )
        if said != "done":
            return multiple()
        claim.pk = Claim.objects.latest("pk").pk
        return claim

    @property
    def today(self) -> date:
        return clock.date_of(self.now)


def held() -> dict[str, str]:
    """Who holds which site at first."""
    return dict(zip(SITES, CLIENTS, strict=True))


def row(claim: model.Claim) -> Claim:
    return Claim.objects.get(pk=claim.pk)


def recorded(source: str):
    return QualifyingEvent.objects.get(source=source)


def cause(key: str) -> tuple[str, str]:
    """Which claim a mail is about, and why it was sent, whoever's seat it went to."""
    _claim, ref, why = key.split(":", 2)
    rest, _colon, last = why.rpartition(":")
    return ref, rest if User.objects.filter(ref=last).exists() else why


def outcome(act: Callable[[], object]) -> str:
    """What came of it, in a word."""
    try:
        act()
    except RefusedError as refused:
        return str(refused)
    except ClaimsError as refused:
        return type(refused).__name__
    return "done"


@pytest.mark.django_db
def test_claims_agree_with_a_model_of_their_rules_whatever_happens():
    owners = {"Studio": "Alice", "Workshop": "Bob", "Bakery": "Carol", "Florist": "Charlie"}
    accounts = {name: make.account(name=name, owner=owner) for name, owner in owners.items()}
    for account in accounts.values():
        make.enrolled(account=account, on=date(2025, 1, 2))
    for address, client in held().items():
        site = make.site(account=accounts[client], address=address)
        for agency in AGENCIES:
            make.contributor(account=accounts[agency], site=site)

    run_state_machine_as_test(ClaimsMachine, settings=how_much())


def how_much() -> settings:
    return settings(
        max_examples=WORLDS,
        stateful_step_count=STEPS,
        suppress_health_check=[HealthCheck.too_slow],
    )
