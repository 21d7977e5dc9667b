"""The demo's handover: the sample, and the cast's own accounts and sites beside it."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from random import Random

from billing.rules import Cycle
from portal.handover.sample import make_sample
from portal.handover.sample.folder import Folder, open_folder
from portal.handover.sample.shop import BY_CODE, Shop
from portal.handover.sample.sites import Sites
from portal.lib.periods import add_months
from portal.testing.cast import ALDER, BAKERY, COMPANIES, LANTERN, REEDS, SIGN_IN, Company

SAMPLE_ACCOUNTS = 40
SEED = 2024
CLAIMED_ADDRESS = "carols-catering.example"
CLAIMABLE_ADDRESS = "carols-bakery.example"
# More of Carol's sites, on which Charlie works: one for each thing that can become of a claim.
CLAIMED_IN_STATES = {
    "approved": "carols-cakes.example",
    "declined": "carols-tarts.example",
    "lapsed": "carols-toffees.example",
    "withdrawn": "carols-buns.example",
    "moved": "carols-biscuits.example",
    "merged": "carols-cakes-and-more.example",
    "reminded": "carols-breads.example",
    # Sites of a shop of Charlie's own family: the mail that asks would come to Charlie.
    "refused": "reeds-tea-room.example",
    "with_staff": "reeds-garden.example",
}
WAITING_DAYS = 14  # of the programme year the demo prepares; only to place its dates around them

# Days from today on which yearly plans of Alice's renew: over and waiting, ahead and paid, to come.
ALDERS_WAITING = (-5,)
ALDERS_COMING = (3, 9, 16, 17, 21, 28, 45, 80, 160)
ALDERS_LANDED, LANTERNS_LANDED = 8, 22
LANTERNS_WAITING, LANTERNS_COMING = (-9, -3), (4, 12, 18, 30, 60)

ALDERS_NAMES = (
    "blue-door-pottery", "market-square-dental", "north-pier-sailing", "old-mill-weddings",
    "paper-lane-books", "quarry-bank-climbing", "red-kite-tours", "salt-and-stone",
    "three-gables-inn", "upper-street-florist", "violet-hour-bar", "west-quay-fishmonger",
    "yew-tree-nursery", "apple-loft-cider", "brass-bell-antiques", "canal-side-cycles",
    "dovecote-yoga", "east-field-farm", "ferry-steps-gallery", "glass-house-plants",
    "hill-top-observatory", "iron-gate-forge", "kiln-yard-tiles", "long-acre-vets",
    "mossy-bank-camping", "nine-elms-joinery", "owl-barn-cottages", "plum-tree-preserves",
    "rook-lane-records", "silver-birch-physio",
)  # fmt: skip
LANTERNS_NAMES = tuple(f"{first}-{second}" for first in (
    "amberley", "brindle", "carrow", "denholm", "elmsett", "farrow"
) for second in ("kitchen", "law", "motors", "outdoors", "tutors"))  # fmt: skip
# Sites without a plan, on which coupons are used: two of Alice's, one of Charlie's.
COUPON_ADDRESSES = tuple(f"{name}.example" for name in (*ALDERS_NAMES[-2:], LANTERNS_NAMES[-1]))


def make_demo_folder(path: Path, *, as_of: date) -> None:
    """Write the folder the demo is imported from."""
    make_sample(path, accounts=SAMPLE_ACCOUNTS, seed=SEED, as_of=as_of)
    with open_folder(path, is_added_to=True) as folder:
        cast = _Cast(folder, as_of)
        cast.write_companies()
        cast.write_alder()
        cast.write_lantern()
        cast.write_bakery()
        cast.write_claimed()


class _Cast:
    """Writes the cast's rows."""

    def __init__(self, folder: Folder, as_of: date) -> None:
        self._folder, self._as_of = folder, as_of
        self._sites = Sites(folder.add, Shop(as_of), Random(SEED))
        self._count = 0

    def write_companies(self) -> None:
        for company in COMPANIES:
            self._folder.add(
                "accounts",
                {
                    "id": company.ref,
                    "name": company.name,
                    "email": company.email,
                    "country": company.country,
                    "currency": company.currency,
                },
            )
            self._card(company)
        for person in SIGN_IN:
            if person.company:
                self._folder.add(
                    "members",
                    {"account": person.company.ref, "email": person.email, "role": person.role},
                )

    def write_alder(self) -> None:
        """Just below the second rank when it joins, and over it with what is on its way."""
        names = iter(ALDERS_NAMES)
        days = self._renewal_days(ALDERS_LANDED, ALDERS_WAITING + ALDERS_COMING)
        for day in days:
            site = self._site(ALDER, next(names))
            self._renewing(ALDER, site, day, code="premium")
        self._odd_ones(ALDER, names)
        self._subscribe(ALDER, "studio", Cycle.MONTHLY, add_months(self._as_of, -14))

    def write_lantern(self) -> None:
        """In the third rank; one site has no plan."""
        names = iter(LANTERNS_NAMES)
        days = self._renewal_days(LANTERNS_LANDED, LANTERNS_WAITING + LANTERNS_COMING)
        for day in days:
            self._renewing(LANTERN, self._site(LANTERN, next(names)), day, code="core")
        self._site(LANTERN, LANTERNS_NAMES[-1])

    def write_bakery(self) -> None:
        """Two upgraded sites: both agencies work on them, and both may claim them."""
        for address, days in ((CLAIMABLE_ADDRESS, -40), (CLAIMED_ADDRESS, 20)):
            site = self._site(BAKERY, address.removesuffix(".example"))
            self._renewing(BAKERY, site, self._as_of + timedelta(days=days), code="core")
            for company in (ALDER, LANTERN):
                self._folder.add(
                    "contributors",
                    {
                        "account": company.ref,
                        "site": site,
                        "from_on": add_months(self._as_of, -22),
                    },
                )

    def write_claimed(self) -> None:
        """Sites on which Charlie alone works; the approved one renews in the coming weeks."""
        for state, address in CLAIMED_IN_STATES.items():
            holder = REEDS if address.startswith("reeds") else BAKERY
            site = self._site(holder, address.removesuffix(".example"))
            if state == "approved":
                self._renewing(holder, site, self._as_of + timedelta(days=45), code="core")
            worked = {"account": LANTERN.ref, "site": site}
            self._folder.add("contributors", worked | {"from_on": add_months(self._as_of, -22)})

    def _odd_ones(self, company: Company, names: Iterator[str]) -> None:
        """One of each case that earns nothing, or in another way; the rest have no plan at all."""
        monthly, longer, cancelled, lapsed = (self._site(company, next(names)) for _ in range(4))
        last_year = add_months(self._as_of, -14)
        soon, later = (self._as_of + timedelta(days=days) for days in (20, 60))
        self._subscribe(company, "core", Cycle.MONTHLY, last_year, site=monthly)
        self._subscribe(company, "premium", Cycle.TWO_YEAR, last_year, site=longer)
        bought = add_months(soon, -12)
        self._subscribe(company, "core", Cycle.YEARLY, bought, site=cancelled, state="cancelled")
        bought = add_months(later, -24)
        self._subscribe(company, "core", Cycle.YEARLY, bought, site=lapsed, state="lapsed")
        for name in names:
            self._site(company, name)

    def _renewing(self, company: Company, site: str, day: date, *, code: str) -> None:
        """A yearly plan a period of which begins on that day, bought one to three years before."""
        years = 1 + self._count % 3
        self._subscribe(company, code, Cycle.YEARLY, add_months(day, -12 * years), site=site)

    def _renewal_days(self, landed: int, offsets: tuple[int, ...]) -> list[date]:
        """Days around today, and as many more whose points have had the time to land.

        What renews next year has renewed this year as well, so that it is one of the landed.
        """
        around = [self._as_of + timedelta(days=offset) for offset in offsets]
        landed -= sum(day.year > self._as_of.year for day in around)
        new_year = self._as_of.replace(month=1, day=1)
        last = self._as_of - timedelta(days=WAITING_DAYS + 2)
        room = max((last - new_year).days, 0)
        spread = [new_year + timedelta(days=room * place // landed) for place in range(landed)]
        return [*spread, *around]

    def _site(self, company: Company, name: str) -> str:
        self._count += 1
        ref = f"demo-site-{self._count:03d}"
        self._folder.add(
            "sites",
            {
                "id": ref,
                "account": company.ref,
                "address": f"{name}.example",
                "name": name.replace("-", " ").title(),
            },
        )
        return ref

    def _subscribe(
        self,
        company: Company,
        code: str,
        cycle: Cycle,
        purchased_on: date,
        *,
        site: str = "",
        state: str = "active",
    ) -> None:
        self._count += 1
        payer = {"account": company.ref, "currency": company.currency, "site": site}
        self._sites.subscribe(
            BY_CODE[code],
            cycle,
            purchased_on,
            payer,
            state=state,
            ref=f"demo-sub-{self._count:03d}",
        )

    def _card(self, company: Company) -> None:
        self._folder.add(
            "payment_methods",
            {
                "account": company.ref,
                "gateway": "simulated",
                "provider_ref": f"sim_ok:{company.ref}",
                "brand": "Visa",
                "last4": "4242",
                "expires_month": 12,
                "expires_year": self._as_of.year + 3,
                "is_default": "yes",
            },
        )
