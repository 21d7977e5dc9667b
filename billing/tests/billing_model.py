"""Billing as docs/rules.md tells it, in memory: a second statement of the rules.

Nothing here is taken from the code of billing. An action that is refused raises `Refused` with the
name of the refusal; a process that is killed at the gateway raises what kills it.
"""

from contextlib import suppress
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from billing.tests.billing_nouns import (
    HAS_TIERS,
    MONTHS,
    Account,
    Attempt,
    Bill,
    Card,
    Deal,
    Plan,
    Refund,
    Share,
    Version,
    months_after,
)
from billing.tests.moody_gateway import Fuse, Mood

# docs/rules.md: "Consolidation".
ASKED_AFTER = timedelta(minutes=10)

CENT = Decimal("0.01")


class Refused(Exception):  # noqa: N818 - it carries the name of an error
    """The rules say no."""


class Model:
    """The world of billing. Whoever drives it tells the time."""

    now: datetime
    today: date

    def __init__(self, accounts: list[Account], prices: dict[Plan, list[Version]]) -> None:
        self.accounts, self.prices = accounts, prices
        self.fuse = Fuse()
        self.deals: list[Deal] = []
        self.bills: list[Bill] = []
        self.attempts: list[Attempt] = []
        self.refunds: list[Refund] = []

    # --- Prices -----------------------------------------------------------------------------------

    def price(self, deal: Deal, *, starts: date, charged_on: date) -> Decimal:
        """What a period costs that starts and is charged on these days, tax included."""
        net = self._net(deal, starts=starts, charged_on=charged_on)
        tax = net * deal.account.tax_percent / 100
        return net + tax.quantize(CENT, ROUND_HALF_UP)

    def _net(self, deal: Deal, *, starts: date, charged_on: date) -> Decimal:
        if deal.account.is_nonprofit and deal.plan.kind == "site_plan":
            return Decimal(0)
        if deal.sale_net is not None and starts < months_after(deal.bought_on, 12):
            return deal.sale_net
        versions = [
            (one.existing_from if deal.paid else one.new_from, one.net)
            for one in self.prices[deal.plan]
        ]
        return max(version for version in versions if version[0] <= charged_on)[1]

    # --- What people do ---------------------------------------------------------------------------

    def buy(self, deal: Deal) -> None:
        deal.anchor = self.today
        self.deals.append(deal)
        self._charge(self._draw_up([deal], is_purchase=True))

    def cancel(self, deal: Deal) -> None:
        if deal.state != "active":
            raise Refused("NotRenewingError")
        if deal.charge_on is None:
            self._drop_open(deal)
        deal.is_cancelled = True
        self._end(deal)

    def take_back(self, deal: Deal) -> None:
        is_there = deal.state == "ending" and not self._is_over(deal)
        if not is_there or not deal.is_cancelled or deal.paid[-1].is_back:
            raise Refused("NotCancelledError")
        deal.state, deal.is_cancelled = "active", False
        deal.charge_on = deal.charge_day

    def ask_for(self, deal: Deal, plan: Plan) -> None:
        if deal.state != "active":
            raise Refused("NotRenewingError")
        if deal.charge_on is None:
            raise Refused("PaymentUnderWayError")
        is_another_tier = plan.kind == deal.plan.kind and plan.kind in HAS_TIERS
        if plan == deal.plan or not (plan.product == deal.plan.product or is_another_tier):
            raise Refused("NotForSaleError")
        deal.wish = plan

    def withdraw(self, deal: Deal) -> None:
        if deal.wish is None:
            raise Refused("NoChangeWaitingError")
        deal.wish = None

    def revive(self, deal: Deal) -> None:
        """Refused, too, when it is not paid at once; it has been asked for then."""
        if deal.state != "expired" or not deal.paid or deal.paid[-1].ends > self.today:
            raise Refused("NotRevivableError")
        if self.serves(deal.site):
            raise Refused("AlreadyUpgradedError")
        deal.anchor, deal.months = self.today, 0
        deal.state, deal.is_cancelled, deal.wish = "starting", False, None
        [attempt] = self._draw_up([deal], is_purchase=True)
        self._charge([attempt])
        if not attempt.is_settled:
            raise Refused("PaymentInDoubtError")
        if attempt.bill.state != "paid":
            raise Refused("PaymentDeclinedError")

    def serves(self, site: int | None) -> bool:
        """Whether something runs, or waits for its first payment, for that site."""
        running = [deal.site for deal in self.deals if deal.state != "expired"]
        return site is not None and site in running

    def refund(self, share: Share, amount: Decimal) -> None:
        if share.bill.state != "paid":
            raise Refused("InvoiceNotPaidError")
        if not 0 < amount <= share.amount - share.taken_off:
            raise Refused("CreditTooLargeError")
        share.taken_off += amount
        self.refunds.append(Refund(share, amount, made_at=self.now))
        self._pay_back(self.refunds[-1])

    # --- Cards ------------------------------------------------------------------------------------

    def add_card(self, account: Account, card: Card) -> None:
        account.cards.append(card)
        self.set_default(account, card)

    def set_default(self, account: Account, card: Card) -> None:
        """What could not be collected goes to the default, for good."""
        if account.default is card:
            return
        account.default = card
        for bill in self._waiting_bills(account):
            for share in bill.shares:
                if share.deal.card is bill.card:
                    share.deal.card = None
            bill.card = None
            self._collect_again(bill)

    def charge_to(self, deal: Deal, card: Card | None) -> None:
        """Its open bill goes along, unless that is for what is charged elsewhere."""
        deal.card = card
        for share in self._open_shares(deal):
            bill = share.bill
            if all(one.deal.card is card for one in bill.open_shares):
                bill.card = card
                if bill.is_waiting:
                    self._collect_again(bill)

    def renew_card(self, account: Account, card: Card) -> None:
        card.renewed_at = self.now
        for bill in self._waiting_bills(account):
            if bill.card_now is card:
                bill.next_try = self.today

    def _collect_again(self, bill: Bill) -> None:
        """At once, with a card not tried yet; else on the days after a soft decline."""
        tried = [one for one in bill.tries if one.was_with(bill.card_now)]
        if not tried:
            bill.next_try = self.today
        elif any(one.known is Mood.HARD for one in tried):
            bill.next_try = None
        else:
            bill.next_try = bill.next_day(after=tried[-1].made_on)

    # --- Jobs -------------------------------------------------------------------------------------

    def due(self) -> list[Deal]:
        """What is to be charged by today, account by account."""
        due = [one for one in self.deals if one.charge_on and one.charge_on <= self.today]
        return sorted(due, key=lambda deal: (self.accounts.index(deal.account), deal.pk))

    def charge_renewals(self) -> None:
        """Day by day; with what is due of an account on a day goes all that is due of it."""
        while days := sorted({deal.charge_on for deal in self.due() if deal.charge_on}):
            for day in days:
                accounts = {deal.account for deal in self.due() if deal.charge_on == day}
                due = [deal for deal in self.due() if deal.account in accounts]
                for deal in due:
                    if deal.wish:
                        deal.plan, deal.wish, deal.sale_net = deal.wish, None, None
                self._charge(self._draw_up(due))

    def retry_payments(self) -> None:
        while due := [
            (bill.next_try, nth, bill)
            for nth, bill in enumerate(self.bills)
            if bill.is_waiting and bill.next_try and bill.next_try <= self.today
        ]:
            self._charge([self._try(bill) for _, _, bill in sorted(due)])

    def resolve_attempts(self) -> None:
        before = self.now - ASKED_AFTER
        for refund in self.refunds:
            if not refund.is_settled and refund.made_at < before:
                self._pay_back(refund)
        left = [one for one in self.attempts if not one.is_settled and one.made_at < before]
        self._charge([one for one in left if one.card.mood.talks or not one.amount])

    def end_unpaid(self) -> None:
        for bill in self._waiting_bills():
            self._give_up(bill, [one for one in bill.open_shares if one.days[-1] < self.today])
        for deal in self.deals:
            if deal.state == "ending" and self._is_over(deal):
                deal.state = "expired"

    def next_day_of_interest(self) -> date:
        """The first day after today on which a job has something to do; else in a month."""
        days = [deal.charge_on for deal in self.deals]
        days += [deal.paid_through for deal in self.deals if deal.state == "ending"]
        for bill in self._waiting_bills():
            days.append(bill.next_try)
            days += [share.days[-1] + timedelta(days=1) for share in bill.open_shares]
        coming = [day for day in days if day and day > self.today]
        return min(coming, default=self.today + timedelta(days=30))

    # --- Collecting -------------------------------------------------------------------------------

    def _draw_up(self, deals: list[Deal], *, is_purchase: bool = False) -> list[Attempt]:
        """One bill for what an account owes on one day with one card."""
        bills: dict[object, Bill] = {}
        for deal in deals:
            due_on, deal.charge_on = deal.charge_on or self.today, None
            bill = bills.setdefault(
                (deal.account, deal.card, due_on),
                Bill(deal.account, deal.card, due_on, self.today, is_purchase),
            )
            starts, ends = deal.next_period()
            amount = self.price(deal, starts=starts, charged_on=due_on)
            bill.shares.append(Share(bill, deal, deal.plan, starts, ends, amount))
        self.bills += bills.values()
        return [self._try(bill) for bill in bills.values()]

    def _try(self, bill: Bill) -> Attempt:
        bill.next_try = None
        amount = sum((share.amount for share in bill.open_shares), Decimal(0))
        attempt = Attempt(bill, bill.card_now, amount, made_at=self.now, made_on=self.today)
        bill.tries.append(attempt)
        self.attempts.append(attempt)
        return attempt

    def _charge(self, attempts: list[Attempt]) -> None:
        """Ask for all of them, then act on the answers."""
        answers = [self._answer(attempt) for attempt in attempts]
        for attempt, answer in zip(attempts, answers, strict=True):
            attempt.is_settled = answer is not None
            if answer is Mood.GOOD:
                self._paid(attempt.bill)
            elif answer:
                self._declined(attempt, answer)

    def _answer(self, attempt: Attempt) -> Mood | None:
        mood = attempt.card.mood
        if not attempt.amount:
            return Mood.GOOD
        if attempt.known is None:
            self.fuse.asked()
            if mood.acts:
                attempt.known = Mood.GOOD if mood is Mood.MUTE else mood
            self.fuse.done()
        return attempt.known if mood.talks else None

    def _paid(self, bill: Bill) -> None:
        for share in bill.open_shares:
            deal, share.state = share.deal, "paid"
            deal.paid.append(share)
            deal.months += MONTHS[share.plan.cycle]
            deal.state, deal.paid_through = "active", share.ends
            deal.charge_on = deal.charge_day
        bill.state, bill.next_try = "paid", None

    def _declined(self, attempt: Attempt, answer: Mood) -> None:
        bill, shares = attempt.bill, attempt.bill.open_shares
        ended = [share for share in shares if share.deal.state == "expired"]  # paid back meanwhile
        self._give_up(bill, shares if bill.is_purchase else ended)
        if bill.state == "open" and answer is Mood.SOFT:
            bill.next_try = bill.next_day(after=self.today)
            self._give_up(bill, [one for one in bill.open_shares if one.days[-1] <= self.today])
        elif bill.state == "open" and not attempt.was_with(bill.card_now):
            bill.next_try = self.today

    def _give_up(self, bill: Bill, shares: list[Share]) -> None:
        """What is not collected in time leaves its bill, or closes it."""
        for share in shares:
            share.state = "left"
            self._end(share.deal)
        if not bill.open_shares:
            bill.state, bill.next_try = "uncollected", None
        else:
            for share in shares:
                share.taken_off = share.amount

    def _drop_open(self, deal: Deal) -> None:
        """What was to be collected for it leaves its bill."""
        [share] = self._open_shares(deal)
        if not share.bill.is_waiting:
            raise Refused("PaymentUnderWayError")
        share.state, share.taken_off = "left", share.amount
        if not share.bill.open_shares:
            share.bill.state, share.bill.next_try = "credited", None

    def _pay_back(self, refund: Refund) -> None:
        share, mood = refund.share, refund.share.bill.tries[-1].card.mood
        self.fuse.asked()
        self.fuse.done()
        if mood.talks:
            refund.is_settled = True
            share.back += refund.amount
            if share.is_back and share is share.deal.paid[-1]:
                self._undo(share)

    def _undo(self, share: Share) -> None:
        """It ends today; paid ahead, it never begins and the one before is served."""
        deal = share.deal
        if deal.state == "active" and deal.charge_on is None:
            with suppress(Refused):  # if it is paid after all, it is served
                self._drop_open(deal)
        has_begun = share.starts <= self.today
        deal.paid_through = min(self.today, share.ends) if has_begun else share.starts
        if deal.state != "starting":  # being revived
            self._end(deal)

    # --- Looking ----------------------------------------------------------------------------------

    def _end(self, deal: Deal) -> None:
        """It renews no more; what is paid for is served."""
        deal.state, deal.charge_on = "expired" if self._is_over(deal) else "ending", None

    def _is_over(self, deal: Deal) -> bool:
        return deal.paid_through is None or deal.paid_through <= self.today

    def _open_shares(self, deal: Deal) -> list[Share]:
        shares = [share for bill in self.bills for share in bill.open_shares]
        return [share for share in shares if share.deal is deal]

    def _waiting_bills(self, account: Account | None = None) -> list[Bill]:
        waiting = [bill for bill in self.bills if bill.is_waiting]
        return [bill for bill in waiting if account in {None, bill.account}]
