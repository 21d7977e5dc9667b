"""What pages read of coupons and of plans sold in bulk. A constant number of queries each."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet

from billing.bulk import BulkOffer, VolumePrices, bulk_offer
from billing.coupon_codes import read_code
from billing.errors import NoPriceError
from billing.models import Coupon, CouponBatch, Plan
from billing.pricing import PriceBook
from billing.rules import COUPONS_AT_ONCE, KINDS_SOLD_IN_BULK, MONTHS
from partners.models import Account


def batches_of(account: Account, *, on: date) -> QuerySet[CouponBatch]:
    """What the account bought in bulk, latest first, with its invoice and its coupons counted."""
    bought = CouponBatch.objects.in_account(account).bought().counted(on)
    return bought.select_related("plan__product", "invoice_line__invoice").order_by("-id")


def coupons_of(batch: CouponBatch, *, on: date, q: str = "", state: str = "") -> QuerySet[Coupon]:
    """The batch's coupons with their state, and who used which where.

    `q` is looked for in codes, however they are typed, and in the addresses of sites.
    """
    coupons = batch.coupons.with_state(on).order_by("id")
    if q:
        coupons = coupons.filter(
            Q(code=read_code(q)) | Q(code__icontains=q) | Q(redemption__site__address__icontains=q)
        )
    if state:
        coupons = coupons.filter(state=state)  # type: ignore[misc]  # annotated
    return coupons.select_related(
        "redemption__site", "redemption__subscription__account", "redemption__redeemed_by"
    )


@dataclass(frozen=True, slots=True)
class PlanInBulk:
    """A plan and what it costs by how many are bought, from one upwards."""

    plan: Plan
    tiers: list[BulkOffer]


class BulkPrices:
    """What an account can buy in bulk on a day, each plan with its prices by quantity."""

    def __init__(self, account: Account, *, on: date) -> None:
        self._account, self._on = account, on
        self._book, self._volumes = PriceBook.load(), VolumePrices.load()
        self.plans = {sold.plan.pk: sold for sold in self._sold()}

    def offer(self, plan: Plan, quantity: int) -> BulkOffer:
        """Raises QuantityError, NoPriceError."""
        return bulk_offer(
            plan,
            quantity,
            account=self._account,
            book=self._book,
            volumes=self._volumes,
            on=self._on,
        )

    def _sold(self) -> list[PlanInBulk]:
        """Plans with a price in the account's currency, cheapest tier first."""
        plans = Plan.objects.filter(
            is_sold=True, product__kind__in=[kind.value for kind in KINDS_SOLD_IN_BULK]
        ).select_related("product")
        found = []
        for plan in sorted(plans, key=lambda plan: (plan.product.tier, MONTHS[plan.cycle_rule])):
            with suppress(NoPriceError):
                found.append(PlanInBulk(plan, self._tiers(plan)))
        return found

    def _tiers(self, plan: Plan) -> list[BulkOffer]:
        tiers = self._volumes.tiers(plan_id=plan.pk, currency=self._account.currency, on=self._on)
        quantities = [1, *(at_least for at_least in tiers if at_least <= COUPONS_AT_ONCE)]
        return [self.offer(plan, quantity) for quantity in quantities]
