"""What an account can buy: the kinds that are sold, and the plans of one with what they cost."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from billing.models import Plan, Product, Subscription
from billing.offers import Offer, Offers
from billing.rules import MONTHS, ONE_OF_EACH_PRODUCT, SOLD_FOR, Cycle, Kind, Subject
from billing.subjects import BoughtFor, exclusive_key
from partners.models import Account, Site


@dataclass(frozen=True, slots=True)
class Department:
    """A kind of thing to buy, in the shop's words. `heading` names the site it is for, if any."""

    kind: Kind
    title: Promise
    text: Promise
    heading: Promise

    @property
    def is_for_sites(self) -> bool:
        return SOLD_FOR[self.kind] is Subject.SITE


DEPARTMENTS = {
    department.kind: department
    for department in (
        Department(
            Kind.SITE_PLAN,
            _("Premium plan"),
            _("For a site. Activating it and renewing it earn points."),
            _("Upgrade %(site)s"),
        ),
        Department(
            Kind.MARKETING_SUITE,
            _("Marketing suite"),
            _("For a site: newsletters, forms and what comes with them."),
            _("Add a marketing suite to %(site)s"),
        ),
        Department(
            Kind.APP,
            _("Third-party app"),
            _("For a site: what others have made for it. As many as it needs."),
            _("Add an app to %(site)s"),
        ),
        Department(
            Kind.STUDIO_PLAN,
            _("Studio plan"),
            _("For the account: the agency’s own workspace."),
            _("Choose a studio plan"),
        ),
        Department(
            Kind.DOMAIN,
            _("Domain"),
            _("A name of its own. It is renewed well before it would lapse."),
            _("Buy a domain"),
        ),
        Department(
            Kind.BUSINESS_EMAIL,
            _("Business e-mail"),
            _("A mailbox at a domain."),
            _("Buy a mailbox"),
        ),
    )
}


def stocked() -> list[tuple[Department, list[str]]]:
    """Every department in which something is sold, with the names of its products."""
    names: dict[str, list[str]] = {}
    for product in Product.objects.filter(plans__is_sold=True).distinct():
        names.setdefault(product.kind, []).append(product.name)
    return [
        (department, names[kind.value])
        for kind, department in DEPARTMENTS.items()
        if kind.value in names
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """What is sold of a kind: in one currency and on one cycle, out of those there are."""

    currency: str
    currencies: list[str]
    cycle: Cycle | None
    cycles: list[Cycle]
    offers: list[Offer]
    taken: set[str]  # codes of products of which one runs already

    @property
    def is_taken(self) -> bool:
        """Whether nothing on it can be bought, because it runs already."""
        return bool(self.offers) and {one.plan.product.code for one in self.offers} <= self.taken


def shelf(
    account: Account, kind: Kind, *, subject: BoughtFor, currency: str, cycle: str, on: date
) -> Shelf:
    """What the account is offered of a kind; the subject is empty while no name has been typed.

    In the account's own currency and yearly (or else on the shortest cycle), unless something else
    is asked for that is sold. Raises WrongSubjectError.
    """
    plans = list(sold(kind))
    offers = Offers(account, on=on)
    currencies = offers.currencies(plans)
    chosen = currency if currency in currencies else account.currency
    every = offers.among(plans, currency=chosen)
    cycles = sorted({offer.plan.cycle_rule for offer in every}, key=MONTHS.__getitem__)
    shown = _chosen(cycle, cycles)
    return Shelf(
        currency=chosen,
        currencies=currencies,
        cycle=shown,
        cycles=cycles,
        offers=[offer for offer in every if offer.plan.cycle_rule is shown],
        taken=set() if subject == "" else _taken(plans, account=account, subject=subject),
    )


def sold(kind: Kind) -> QuerySet[Plan]:
    """The plans of a kind that are on sale, by tier."""
    plans = Plan.objects.filter(is_sold=True, product__kind=kind.value)
    return plans.select_related("product").order_by("product__tier", "product__code", "id")


def _chosen(asked: str, cycles: Sequence[Cycle]) -> Cycle | None:
    preferred = [cycle for cycle in (asked, Cycle.YEARLY) if cycle in cycles]
    return Cycle(next(iter([*preferred, *cycles]))) if cycles else None


def _taken(plans: Iterable[Plan], *, account: Account, subject: BoughtFor) -> set[str]:
    products = {plan.product for plan in plans}
    keys = {
        product.code: exclusive_key(product, account=account, subject=subject)
        for product in products
    }
    running = Subscription.objects.running().filter(exclusive_key__in=keys.values())
    held = set(running.values_list("exclusive_key", flat=True))
    return {code for code, key in keys.items() if key in held}


def sites_to_choose(account: Account, kind: Kind, *, address: str) -> QuerySet[Site]:
    """The account's sites whose address contains that, each with whether it `has_one` already."""
    running = Subscription.objects.running().filter(
        site=OuterRef("pk"), plan__product__kind=kind.value
    )
    sites = Site.objects.in_account(account).filter(address__icontains=address)
    has_one = Exists(running if kind not in ONE_OF_EACH_PRODUCT else running.none())
    return sites.annotate(has_one=has_one).order_by("address")
