"""Whatever happens in whatever order, billing agrees with a small model of its rules."""

import os
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction
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

from billing import gateways, tasks
from billing.actions.cancel import cancel, take_back
from billing.actions.card_updates import update_card
from billing.actions.cards import add_card, set_default
from billing.actions.change_plan import ask_for_change, withdraw_change
from billing.actions.charge_to import charge_to
from billing.actions.credit import left_to_credit
from billing.actions.refund import refund
from billing.actions.revive import revive
from billing.errors import BillingError
from billing.gateways import Card as CardDetails
from billing.models import InvoiceLine, PaymentMethod, Subscription, TaxRate
from billing.models.invoices import InvoiceState
from billing.pricing import Quote
from billing.queries import coming_charges
from billing.rules import Cycle, Kind
from billing.tests import billing_nouns as model
from billing.tests.billing_laws import LAWS, LAWS_OF_THE_BOOK, Evidence, paid_back, taken_off
from billing.tests.billing_model import Model, Refused
from billing.tests.billing_nouns import Deal
from billing.tests.moody_gateway import Killed, Mood, MoodyGateway
from partners.models import Account, Site
from portal.lib import clock
from portal.testing import builders as make
from portal.testing.snapshot import changed, snapshot

A_DAY, A_MINUTE = timedelta(days=1), timedelta(minutes=1)
JOBS = ["charge_renewals", "retry_payments", "resolve_attempts", "end_unpaid"]

# Longer: CONTRIBUTING.md, "Tests".
WORLDS = int(os.environ.get("BILLING_WORLDS", "20"))
STEPS = int(os.environ.get("BILLING_STEPS", "30"))

# --- What can be chosen --------------------------------------------------------------------------

FIRST_DAYS = some.sampled_from(
    [date(2026, 1, 31), date(2026, 6, 15), date(2026, 12, 18), date(2028, 2, 29)]
)
ACCOUNTS, CARDS = some.integers(0, 1), some.integers(0, 2)
MOODS = some.sampled_from([Mood.GOOD, *Mood])
PRODUCTS = {
    "site-plan": "site_plan",
    "site-plan-large": "site_plan",
    "app": "app",
    "domain": "domain",
    "business-email": "business_email",
}
PLANS = [
    model.Plan(kind, product, cycle)
    for product, kind in PRODUCTS.items()
    for cycle in ("monthly", "yearly", "2-year")
    if (kind, cycle) != ("domain", "monthly")
]
SOLD = [plan for plan in PLANS if plan.product != "site-plan-large"]
MONTHLY = [plan for plan in SOLD if plan.cycle == "monthly"]


@dataclass(frozen=True)
class Purchase:
    account: int
    plan: model.Plan
    sale_net: Decimal | None
    has_own_card: bool


PURCHASES = some.builds(
    Purchase,
    account=ACCOUNTS,
    plan=some.sampled_from([*MONTHLY, *SOLD]),
    sale_net=some.sampled_from([None, None, Decimal("7.77")]),
    has_own_card=some.sampled_from([False, False, True]),
)


@dataclass(frozen=True)
class Wait:
    """So many days pass before something is done; -1: as many as until a job has work to do.

    Each day is lived with its jobs, or the last one only.
    """

    days: int = 0
    each: bool = False


UNTIL_SOMETHING_IS_DUE = Wait(days=-1)
WAITS = some.one_of(
    some.just(Wait()),
    some.just(UNTIL_SOMETHING_IS_DUE),
    some.just(UNTIL_SOMETHING_IS_DUE),
    some.builds(Wait, days=some.integers(1, 4), each=some.just(True)),
    some.builds(Wait, days=some.integers(1, 40)),
)


def some_deal(is_so: Callable[[Deal], object]) -> Callable[..., Callable[..., object]]:
    """A rule makes sense where there is such a deal, though it may be tried on another."""
    return precondition(lambda self: any(is_so(deal) for deal in self.model.deals))


class BillingMachine(RuleBasedStateMachine):
    """Everything is done by billing, and by the model beside it."""

    deals = Bundle("deals")

    def __init__(self) -> None:
        super().__init__()
        self.undone = transaction.atomic()
        self.undone.__enter__()

    def teardown(self) -> None:
        connection.check_constraints()
        transaction.set_rollback(True)
        self.undone.__exit__(None, None, None)

    @initialize(
        target=deals,
        first_day=FIRST_DAYS,
        purchases=some.lists(PURCHASES, min_size=2, max_size=4),
        moods=some.tuples(MOODS, MOODS),
    )
    def begin(self, first_day, purchases, moods):
        assert isinstance(gateways.current(), MoodyGateway)
        self.gateway = gateways.current()
        self.gateway.reset()
        self.news = 0
        self.rows = list(Account.objects.order_by("pk"))
        self.model = model_of(self.rows)
        self.now = make.noon(first_day)
        self._tell_time()
        bought = [self._buy(purchase) for purchase in purchases]
        for account, mood in zip(self.model.accounts, moods, strict=True):
            self._feel(account.default, mood)
        return multiple(*bought)

    # --- What people do ---------------------------------------------------------------------------

    @precondition(lambda self: len(self.model.deals) < 6)
    @rule(target=deals, purchase=PURCHASES, after=WAITS)
    def buy(self, purchase, after):
        self.wait(after)
        return self._buy(purchase)

    @some_deal(lambda deal: deal.site and deal.state == "expired")
    @rule(target=deals, purchase=PURCHASES, deal=deals, after=WAITS)
    def buy_anew_for_the_site(self, purchase, deal, after):
        self.wait(after)
        if deal.site is None or self.model.serves(deal.site):
            return multiple()
        again = replace(purchase, account=self.model.accounts.index(deal.account), plan=SOLD[0])
        return self._buy(again, site=Site.objects.get(pk=deal.site))

    @some_deal(lambda deal: deal.state == "active")
    @rule(deal=deals, after=WAITS)
    def cancel(self, deal, after):
        self.wait(after)
        self.both(
            lambda: self.model.cancel(deal),
            lambda: cancel(row(deal), by=make.person(), at=self.now),
        )

    @some_deal(lambda deal: deal.is_cancelled)
    @rule(deal=deals, after=WAITS)
    def take_the_cancellation_back(self, deal, after):
        self.wait(after)
        self.both(
            lambda: self.model.take_back(deal),
            lambda: take_back(row(deal), by=make.person(), on=self.today, at=self.now),
        )

    @some_deal(lambda deal: deal.state == "active")
    @rule(deal=deals, plan=some.sampled_from(PLANS), after=WAITS)
    def ask_for_another_plan(self, deal, plan, after):
        self.wait(after)
        self.both(
            lambda: self.model.ask_for(deal, plan),
            lambda: ask_for_change(row(deal), plan_of(plan), by=make.person(), at=self.now),
        )

    @some_deal(lambda deal: deal.wish)
    @rule(deal=deals, after=WAITS)
    def stay_on_the_plan_after_all(self, deal, after):
        self.wait(after)
        self.both(
            lambda: self.model.withdraw(deal),
            lambda: withdraw_change(row(deal), by=make.person(), at=self.now),
        )

    @some_deal(lambda deal: deal.state == "expired")
    @rule(deal=deals, after=WAITS)
    def revive(self, deal, after):
        self.wait(after)
        self.both(
            lambda: self.model.revive(deal),
            lambda: revive(row(deal), by=make.person(), at=self.now),
        )

    # --- What becomes of cards --------------------------------------------------------------------

    @rule(account=ACCOUNTS, nth=CARDS, mood=MOODS, after=WAITS)
    def a_card_changes(self, account, nth, mood, after):
        self.wait(after)
        self._feel(self._card(account, nth), mood)

    @rule(account=ACCOUNTS, mood=MOODS, after=WAITS)
    def add_a_card(self, account, mood, after):
        self.wait(after)
        theirs = self.model.accounts[account]
        card = model.Card(f"{theirs.name}-{len(theirs.cards) + 1}")
        self._feel(card, mood)
        self.both(
            lambda: self.model.add_card(theirs, card),
            lambda: add_card(
                self.rows[account], method_ref=card.ref, by=make.person(), on=self.today
            ),
        )

    @rule(account=ACCOUNTS, nth=CARDS, after=WAITS)
    def choose_the_default(self, account, nth, after):
        self.wait(after)
        card = self._card(account, nth)
        self.both(
            lambda: self.model.set_default(self.model.accounts[account], card),
            lambda: set_default(method_of(card), by=make.person(), on=self.today),
        )

    @rule(deal=deals, nth=some.none() | CARDS, after=WAITS)
    def charge_it_to(self, deal, nth, after):
        self.wait(after)
        cards = deal.account.cards
        card = None if nth is None else cards[nth % len(cards)]
        self.both(
            lambda: self.model.charge_to(deal, card),
            lambda: charge_to(row(deal), card and method_of(card), by=make.person(), on=self.today),
        )

    @rule(account=ACCOUNTS, nth=CARDS, after=WAITS)
    def the_network_renews_a_card(self, account, nth, after):
        self.wait(after)
        card = self._card(account, nth)
        self.news += 1
        news = {
            "card": CardDetails(
                provider_ref=card.ref,
                brand="Visa",
                last4=f"{self.news:04}",
                expires_month=12,
                expires_year=2039,
            ),
            "source": f"news-{self.news}",
        }
        self.both(
            lambda: self.model.renew_card(self.model.accounts[account], card),
            lambda: update_card(**news, gateway="moody", on=self.today, at=self.now),
        )

    # --- What staff do ----------------------------------------------------------------------------

    @rule(deal=deals, latest=some.booleans(), whole=some.booleans(), after=WAITS)
    def refund(self, deal, latest, whole, after):
        self.wait(after)
        shares = [share for bill in self.model.bills for share in bill.shares]
        nth, share = [(nth, share) for nth, share in enumerate(shares) if share.deal is deal][
            -1 if latest else 0
        ]
        left = share.amount - share.taken_off
        amount = left if whole else (left / 3).quantize(Decimal("0.01"))
        line = InvoiceLine.objects.order_by("invoice_id", "pk").select_related("invoice")[nth]
        self.both(
            lambda: self.model.refund(share, amount),
            lambda: refund(
                line.invoice,
                {line.pk: amount},
                left=left_to_credit(line.invoice),
                reason="Sorry",
                by=make.person(),
                at=self.now,
            ),
        )

    @rule(
        plan=some.sampled_from(PLANS),
        net=some.sampled_from([Decimal("8.88"), Decimal("33.33")]),
        days=some.integers(1, 40),
    )
    def set_a_price_for_the_future(self, plan, net, days):
        version = model.Version(net, self.today + days * A_DAY, self.today + (days + 5) * A_DAY)
        if all(one.new_from != version.new_from for one in self.model.prices[plan]):
            self.model.prices[plan].append(version)
            make.price(
                plan=plan_of(plan),
                amount=net,
                new_from=version.new_from,
                existing_from=version.existing_from,
            )

    @rule(account=ACCOUNTS, after=WAITS)
    def verify_a_nonprofit(self, account, after):
        self.wait(after)
        theirs = self.model.accounts[account]
        if not theirs.is_nonprofit:
            theirs.is_nonprofit = True
            make.nonprofit(account=self.rows[account], on=self.today)

    # --- Time, and what goes wrong in it ----------------------------------------------------------

    @rule(after=WAITS)
    def time_passes(self, after):
        self.wait(after)
        self.live()

    @rule(job=some.sampled_from(["announce_prices", *JOBS]), after=WAITS)
    def a_job_runs_twice(self, job, after):
        self.wait(after)
        self.run(job)
        before = snapshot()
        self.run(job)
        assert changed(before) == []

    @rule(questions=some.integers(1, 3), moved=some.booleans())
    def a_process_will_be_killed(self, questions, moved):
        self.gateway.fuse.light(questions=questions, moved=moved)
        self.model.fuse.light(questions=questions, moved=moved)

    # --- What always holds ------------------------------------------------------------------------

    @invariant()
    def billing_is_right(self):
        evidence = Evidence()
        for law in LAWS_OF_THE_BOOK:
            law(evidence, self.gateway)
        for law in LAWS:
            law(evidence)
        assert subscriptions_found(evidence) == subscriptions_expected(self.model)
        found, expected = invoices_found(evidence), invoices_expected(self.model)
        assert in_no_order(found) == in_no_order(expected)

    # --- How it is done ---------------------------------------------------------------------------

    def both(self, told: Callable[[], object], done: Callable[[], object]) -> None:
        """Both do it, refuse it by the same name, or are killed; it takes a minute."""
        with clock.frozen(self.now):
            assert outcome(done) == outcome(told)
        self._pass(A_MINUTE)

    def wait(self, wait: Wait) -> None:
        days = wait.days
        if wait == UNTIL_SOMETHING_IS_DUE:
            days = (self.model.next_day_of_interest() - self.today).days
        for day in range(1, days + 1):
            self._pass(A_DAY)
            if wait.each or day == days:
                self.live()

    def live(self) -> None:
        """The jobs of a day, in the order of the schedule."""
        for job in JOBS:
            self.run(job)

    def run(self, job: str) -> None:
        task = getattr(tasks, job)
        if job == "announce_prices":  # which changes nothing that the model knows
            self.both(lambda: None, task)
        elif job == "charge_renewals":
            self.both(self.model.charge_renewals, lambda: self._foretold(task))
        else:
            self._pass(10 * A_MINUTE)
            self.both(getattr(self.model, job), task)

    def _foretold(self, task: Callable[[], object]) -> None:
        """Run it; what it charges is what the timeline of yesterday said of today."""
        if not self.model.due():
            task()
            return
        said: dict[int | None, list[Line]] = defaultdict(list)
        for account in self.rows:
            for one in coming_charges(account, on=self.today - A_DAY, until=self.today):
                said[one.subscription.pk].append(line_of(one.quote))
        before = set(InvoiceLine.objects.values_list("pk", flat=True))
        charged: dict[int | None, list[InvoiceLine]] = defaultdict(list)
        try:
            task()
        finally:
            lines = InvoiceLine.objects.exclude(pk__in=before).select_related("invoice")
            for line in lines.order_by("pk"):
                charged[line.subscription_id].append(line)
            for pk, theirs in charged.items():
                assert [line_of(line) for line in theirs] == said[pk][: len(theirs)]
        for pk, foretold in said.items():
            was_declined = charged[pk][-1].invoice.state != InvoiceState.PAID
            assert was_declined or len(charged[pk]) == len(foretold)

    def _buy(self, purchase: Purchase, *, site: Site | None = None) -> Deal:
        account, plan = self.model.accounts[purchase.account], purchase.plan
        own = account.cards[0] if purchase.has_own_card else None
        bought = outcome(
            lambda: make.subscription_bought(
                kind=Kind(plan.kind),
                cycle=Cycle(plan.cycle),
                account=self.rows[purchase.account],
                site=site,
                on=self.today,
                sale_amount=purchase.sale_net,
                payment_method=own and method_of(own),
            )
        )
        made = Subscription.objects.latest("pk")
        deal = Deal(made.pk, account, plan, made.site_id, own, self.today, purchase.sale_net)
        self.model.now = make.noon(self.today)  # the builder's hour
        assert outcome(lambda: self.model.buy(deal)) == bought
        self._pass(A_MINUTE)
        return deal

    def _card(self, account: int, nth: int) -> model.Card:
        cards = self.model.accounts[account].cards
        return cards[nth % len(cards)]

    def _feel(self, card: model.Card, mood: Mood) -> None:
        card.mood = self.gateway.moods[card.ref] = mood

    @property
    def today(self) -> date:
        return clock.date_of(self.now)

    def _pass(self, time: timedelta) -> None:
        self.now = make.noon(self.today + time) if time >= A_DAY else self.now + time
        self._tell_time()

    def _tell_time(self) -> None:
        self.model.now, self.model.today = self.now, self.today


def model_of(rows: list[Account]) -> Model:
    """The model of the catalogue and the accounts as the test below makes them."""
    accounts = []
    for account, percent in zip(rows, (0, 19), strict=True):
        cards = [model.Card(f"{account.name}-{number}") for number in (1, 2)]
        accounts.append(model.Account(account.name, cards, cards[-1], percent))
    prices = {plan: [model.Version(amount(plan), make.LONG_AGO, make.LONG_AGO)] for plan in PLANS}
    return Model(accounts, prices)


def amount(plan: model.Plan) -> Decimal:
    return make.AMOUNTS[Cycle(plan.cycle)] + (plan.product == "site-plan-large")


def row(deal: Deal) -> Subscription:
    return Subscription.objects.get(pk=deal.pk)


def method_of(card: model.Card) -> PaymentMethod:
    return PaymentMethod.objects.get(provider_ref=card.ref)


def plan_of(wanted: model.Plan):
    return make.plan(kind=Kind(wanted.kind), cycle=Cycle(wanted.cycle), code=wanted.product)


def outcome(act: Callable[[], object]) -> str:
    """What came of it, in a word."""
    try:
        act()
    except Refused as refused:
        return str(refused)
    except BillingError as refused:
        return type(refused).__name__
    except Killed:
        return "killed"
    return "done"


# --- Both side by side ---------------------------------------------------------------------------

Line = tuple[date, date, date, Decimal]


def line_of(charge: Quote | InvoiceLine) -> Line:
    """When it is charged, for which period, and how much."""
    if isinstance(charge, Quote):
        term = charge.term
        return charge.charge_on, term.starts_on, term.ends_on, charge.gross_amount
    return charge.invoice.due_on, charge.starts_on, charge.ends_on, charge.gross_amount


def subscriptions_found(evidence: Evidence) -> dict[int, tuple[object, ...]]:
    return {
        one.pk: (
            one.state,
            one.paid_through,
            one.next_charge_on,
            one.plan.product.code,
            one.plan.cycle,
            one.payment_method and one.payment_method.provider_ref,
        )
        for one in evidence.subscriptions
    }


def subscriptions_expected(world: Model) -> dict[int, tuple[object, ...]]:
    return {
        deal.pk: (
            deal.state,
            deal.paid_through,
            deal.charge_on,
            deal.plan.product,
            deal.plan.cycle,
            deal.card and deal.card.ref,
        )
        for deal in world.deals
    }


def invoices_found(evidence: Evidence) -> list[tuple[object, ...]]:
    return [
        (
            invoice.due_on,
            invoice.state,
            invoice.next_attempt_on,
            [(one.amount, one.settled_at is not None) for one in invoice.attempts.all()],
            [
                (
                    line.subscription_id,
                    line.starts_on,
                    line.ends_on,
                    line.gross_amount,
                    taken_off(line),
                    paid_back(line),
                )
                for line in invoice.lines.all()
            ],
        )
        for invoice in evidence.invoices
    ]


def in_no_order(invoices: list[tuple[object, ...]]) -> list[tuple[object, ...]]:
    """Which of a day's invoices is drawn up first is nobody's rule."""
    return sorted(invoices, key=repr)


def invoices_expected(world: Model) -> list[tuple[object, ...]]:
    return [
        (
            bill.due_on,
            bill.state,
            bill.next_try,
            [(one.amount, one.is_settled) for one in bill.tries],
            [
                (
                    share.deal.pk,
                    share.starts,
                    share.ends,
                    share.amount,
                    share.taken_off,
                    share.back,
                )
                for share in bill.shares
            ],
        )
        for bill in world.bills
    ]


@pytest.mark.django_db
def test_billing_agrees_with_a_model_of_its_rules_whatever_happens(settings, monkeypatch):
    monkeypatch.setitem(gateways.GATEWAYS, "moody", "billing.tests.moody_gateway.MoodyGateway")
    settings.PAYMENT_GATEWAY = "moody"
    for plan in PLANS:
        make.price(plan=plan_of(plan), amount=amount(plan))
    make.studio()
    make.account(name="Bakery", owner="Carol", country="DE")
    TaxRate.objects.create(country="DE", name="VAT", percent=19, from_on=make.LONG_AGO)
    for account in Account.objects.all():
        for number in (1, 2):
            add_card(
                account, method_ref=f"{account.name}-{number}", by=make.person(), on=make.TODAY
            )

    run_state_machine_as_test(BillingMachine, settings=how_much())


def how_much() -> settings:
    return settings(
        max_examples=WORLDS,
        stateful_step_count=STEPS,
        suppress_health_check=[HealthCheck.too_slow],
    )
