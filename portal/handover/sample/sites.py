"""The sample's sites, and what is subscribed to for them."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from random import Random
from typing import Any, TypeVar

from billing.rules import Cycle
from portal.handover.periods import Told
from portal.handover.sample import words
from portal.handover.sample.shop import BY_CODE, BY_THE_YEAR, Shop, Ware
from portal.lib.periods import add_months

DAYS_BACK = 3 * 365
# Shares of sites, by what is subscribed to.
SHARE_WITH_PLAN = 0.72
EXTRAS = (
    ("domain", 0.45),
    ("mailbox", 0.12),
    ("reach", 0.06),
    ("bookings", 0.06),
    ("reviews", 0.06),
)
CYCLES = {
    "site": ((Cycle.MONTHLY, 25), (Cycle.YEARLY, 60), (Cycle.TWO_YEAR, 10), (Cycle.THREE_YEAR, 5)),
    "app": ((Cycle.MONTHLY, 70), (Cycle.YEARLY, 30)),
}
STATES = (("active", 86), ("cancelled", 5), ("lapsed", 9))
DAY = timedelta(days=1)

Choice = TypeVar("Choice")


class Sites:
    """Writes sites, subscriptions and periods, each numbered through."""

    def __init__(
        self, add: Callable[[str, Mapping[str, Any]], None], shop: Shop, random: Random
    ) -> None:
        self._add, self._shop, self._random = add, shop, random
        self._count = self._subscriptions = 0

    def add_site(self, account: str, currency: str, method: str) -> str:
        """A site, perhaps with a premium plan and what goes with it; returns its id."""
        pick = self._random
        self._count += 1
        ref = f"site-{self._count:07d}"
        first, second = pick.choice(words.FIRST), pick.choice(words.SECOND)
        address = f"{first}-{second}-{self._count}.example"
        self._add(
            "sites",
            {
                "id": ref,
                "account": account,
                "address": address,
                "name": f"{first.title()} {second.title()}",
            },
        )
        if pick.random() >= SHARE_WITH_PLAN:
            return ref
        code = pick.choices(("core", "premium", "commerce"), (40, 42, 18))[0]
        payer = {"account": account, "currency": currency, "payment_method": method, "site": ref}
        bought_on = self._purchase_day()
        self.subscribe(BY_CODE[code], self._cycle("site"), bought_on, payer)
        for extra, share in EXTRAS:
            if pick.random() < share:
                ware = BY_CODE[extra]
                cycle = Cycle.YEARLY if ware.kind in BY_THE_YEAR else self._cycle("app")
                label = {"domain": address, "mailbox": f"hello@{address}"}.get(extra, "")
                later = min(bought_on + timedelta(days=pick.randint(0, 60)), self._shop.as_of)
                self.subscribe(ware, cycle, later, {**payer, "label": label})
        return ref

    def maybe_studio(self, account: str, currency: str, method: str) -> None:
        if self._random.random() < 0.6:  # noqa: PLR2004 - of agencies
            payer = {"account": account, "currency": currency, "payment_method": method}
            self.subscribe(BY_CODE["studio"], self._cycle("app"), self._purchase_day(), payer)

    def subscribe(
        self,
        ware: Ware,
        cycle: Cycle,
        purchased_on: date,
        payer: Mapping[str, str],
        *,
        state: str = "",
        ref: str = "",
    ) -> None:
        """A subscription with the periods paid on the old system."""
        self._subscriptions += 1
        ref = ref or f"sub-{self._subscriptions:07d}"
        state = state or _pick(self._random, STATES)
        told = Told(
            purchased_on=purchased_on, kind=ware.kind, cycle=cycle, state=state, ended_on=None
        )
        paid = self._paid_ordinals(told)
        ended_on: date | None = None
        if state == "lapsed":
            paid = self._until_it_lapsed(told, paid)
            state = "lapsed" if paid else "active"
            paid = paid or self._paid_ordinals(told)
        if state != "active":
            ended_on = told.term(paid[-1]).ends_on
        currency = payer["currency"]
        sale_amount = self._shop.sale_amount(ware, cycle, currency, on=purchased_on)
        self._add(
            "subscriptions",
            {
                **payer,
                "id": ref,
                "product": ware.code,
                "cycle": cycle.value,
                "purchased_on": purchased_on,
                "sale_amount": "" if sale_amount is None else sale_amount,
                "state": state,
                "ended_on": ended_on or "",
            },
        )
        self._write_periods(ref, told, paid)

    def _paid_ordinals(self, told: Told) -> list[int]:
        """Periods charged before the day itself: what is due on it is the portal's to charge."""
        ordinals = [0]
        while told.charge_on(ordinals[-1] + 1) < self._shop.as_of:
            ordinals.append(ordinals[-1] + 1)
        return ordinals

    def _until_it_lapsed(self, told: Told, paid: list[int]) -> list[int]:
        """It ended with one of the periods that are over; none if the first still runs."""
        over = [ordinal for ordinal in paid if told.term(ordinal).ends_on <= self._shop.as_of]
        return over[: self._random.randint(1, len(over))] if over else []

    def _write_periods(self, ref: str, told: Told, paid: list[int]) -> None:
        new_year = self._shop.as_of.replace(month=1, day=1)
        for ordinal in paid:
            served = told.term(ordinal)
            if served.starts_on >= new_year:
                late = 3 if self._random.random() < 0.03 else 0  # noqa: PLR2004 - second attempts
                paid_on = min(told.charge_on(ordinal) + late * DAY, self._shop.as_of)
                self._add(
                    "periods",
                    {
                        "subscription": ref,
                        "starts_on": served.starts_on,
                        "ends_on": served.ends_on,
                        "paid_on": paid_on,
                    },
                )

    def _cycle(self, group: str) -> Cycle:
        return _pick(self._random, CYCLES[group])

    def _purchase_day(self) -> date:
        """Some day of the past three years; month ends and 29 February oftener than by chance."""
        as_of = self._shop.as_of
        day = as_of - timedelta(days=self._random.randint(0, DAYS_BACK))
        chance = self._random.random()
        if chance < 0.01:  # noqa: PLR2004 - in a hundred
            return _last_leap_day(as_of)
        if chance < 0.05:  # noqa: PLR2004 - in a hundred
            return min(add_months(day.replace(day=1), 1) - DAY, as_of)
        return day


def _pick(random: Random, choices: Sequence[tuple[Choice, int]]) -> Choice:
    return random.choices([choice for choice, _ in choices], [weight for _, weight in choices])[0]


def _last_leap_day(as_of: date) -> date:
    year = as_of.year - as_of.year % 4
    leap_day = date(year, 2, 29)
    return leap_day if leap_day <= as_of else date(year - 4, 2, 29)
