"""The sample's accounts: agencies with many sites, and clients with one or a few."""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any

from portal.handover.sample import words
from portal.handover.sample.shop import Shop
from portal.handover.sample.sites import Sites

Add = Callable[[str, Mapping[str, Any]], None]

LARGEST_AGENCY = 400
AGENCIES_REMEMBERED = 200
SHARE_OF_AGENCIES = 0.4
SHARE_OF_NONPROFITS = 0.05  # of clients
SHARE_WITH_CONTRIBUTORS = 0.5  # of clients


@dataclass(frozen=True, slots=True)
class Account:
    """What the rest of the sample needs to know of an account."""

    ref: str
    currency: str
    is_agency: bool
    method: str


class Accounts:
    """Writes accounts and all that hangs on them; remembers only a few."""

    def __init__(self, add: Add, shop: Shop, *, seed: int) -> None:
        self._add, self._shop = add, shop
        self._random = Random(seed)  # noqa: S311 - invented names, not secrets
        self._sites = Sites(add, shop, self._random)
        self._agencies: deque[str] = deque(maxlen=AGENCIES_REMEMBERED)

    def write(self, count: int) -> None:
        for number in range(1, count + 1):
            account = self._account(number)
            for _ in range(self._how_many_sites(account)):
                site = self._sites.add_site(account.ref, account.currency, account.method)
                if not account.is_agency:
                    self._contribute(site)
            if account.is_agency:
                self._agencies.append(account.ref)
                self._sites.maybe_studio(account.ref, account.currency, account.method)

    def _account(self, number: int) -> Account:
        pick = self._random
        is_agency = pick.random() < SHARE_OF_AGENCIES
        is_nonprofit = not is_agency and pick.random() < SHARE_OF_NONPROFITS
        place = pick.choices(words.PLACES, [weight for *_, weight in words.PLACES])[0]
        country, currency, _ = place
        first, second = pick.choice(words.FIRST), pick.choice(words.SECOND)
        endings = words.STUDIOS if is_agency else words.CAUSES if is_nonprofit else words.TRADES
        ref, domain = f"acc-{number:06d}", f"{first}{second}{number}.example"
        self._add(
            "accounts",
            {
                "id": ref,
                "name": f"{first.title()} {second.title()} {pick.choice(endings)}",
                "email": f"hello@{domain}",
                "country": country,
                "currency": currency,
            },
        )
        if is_nonprofit:
            self._add("nonprofits", {"account": ref, "verified_on": self._some_day(900)})
        self._members(ref, domain, is_agency=is_agency)
        return Account(ref, currency, is_agency, self._methods(ref))

    def _members(self, account: str, domain: str, *, is_agency: bool) -> None:
        pick = self._random
        others = pick.choices(("admin", "member", "member", "billing"), k=pick.randint(0, 4))
        for place, role in enumerate(["owner", *(others if is_agency else ())]):
            given, family = pick.choice(words.GIVEN).lower(), pick.choice(words.FAMILY).lower()
            email = f"{given}.{family}{place or ''}@{domain}"
            self._add("members", {"account": account, "email": email, "role": role})

    def _methods(self, account: str) -> str:
        """A default card, sometimes a second one; returns a reference to charge it by, or none."""
        pick = self._random
        second = pick.random() < 0.15  # noqa: PLR2004 - one in seven has two
        kinds = pick.choices(
            ("sim_ok", "sim_ok_mastercard", "sim_soft", "sim_lost"), (66, 30, 2, 2), k=1 + second
        )
        last4 = {"sim_ok": 4242, "sim_ok_mastercard": 4444, "sim_soft": 9995, "sim_lost": 9987}
        refs = [f"{kind}:{account}-{place}" for place, kind in enumerate(kinds)]
        for place, (kind, ref) in enumerate(zip(kinds, refs, strict=True)):
            self._add(
                "payment_methods",
                {
                    "account": account,
                    "gateway": "simulated",
                    "provider_ref": ref,
                    "brand": "Mastercard" if kind == "sim_ok_mastercard" else "Visa",
                    "last4": last4[kind],
                    "expires_month": pick.randint(1, 12),
                    "expires_year": self._shop.as_of.year + pick.randint(0, 5),
                    "is_default": "yes" if place == 0 else "no",
                },
            )
        return refs[1] if second else ""

    def _how_many_sites(self, account: Account) -> int:
        if not account.is_agency:
            return self._random.choices((1, 2, 3), (80, 15, 5))[0]
        return min(LARGEST_AGENCY, int(4 * self._random.paretovariate(1.1)) - 3)

    def _contribute(self, site: str) -> None:
        pick = self._random
        if not self._agencies or pick.random() >= SHARE_WITH_CONTRIBUTORS:
            return
        for agency in pick.sample(list(self._agencies), min(len(self._agencies), 1)):
            from_on = self._some_day(900)
            ended = pick.random() < 0.1  # noqa: PLR2004 - one in ten has left
            to_on = min(from_on + timedelta(days=300), self._shop.as_of) if ended else ""
            self._add(
                "contributors",
                {"account": agency, "site": site, "from_on": from_on, "to_on": to_on},
            )

    def _some_day(self, within: int) -> Any:
        return self._shop.as_of - timedelta(days=self._random.randint(30, within))
