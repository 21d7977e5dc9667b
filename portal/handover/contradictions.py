"""Rows that cannot be true beside others, of their own file or of the portal: policy as data.

`where` is SQL about a staged row `s`; the first reason that holds is the one reported.
"""
# ruff: noqa: S608 - tables and columns are named by this package

from dataclasses import dataclass

from portal.handover.courses import MOVED_ON


@dataclass(frozen=True, slots=True)
class Contradiction:
    """The column to look at, the reason to give, and which rows it concerns."""

    column: str
    reason: str
    where: str


def _differs_from_first(sheet: str, key: str, other: str) -> str:
    """The row's `other` columns are not those of the first row with its key."""
    return f"""
        EXISTS (SELECT FROM handover_{sheet} f
                 WHERE f.line = (SELECT min(g.line) FROM handover_{sheet} g WHERE g.{key} = s.{key})
                   AND {other})
    """


CATALOGUE = (
    Contradiction(
        "kind",
        "the portal has this product as another kind",
        "EXISTS (SELECT FROM billing_product p WHERE p.code = s.product AND p.kind <> s.kind)",
    ),
    Contradiction(
        "product",
        "an earlier line has this product with another name, kind, description or tier",
        _differs_from_first(
            "catalogue",
            "product",
            """(f.name, f.kind, f.description, f.tier)
               IS DISTINCT FROM (s.name, s.kind, s.description, s.tier)""",
        ),
    ),
    Contradiction(
        "existing_from",
        "another price of this plan and currency binds existing subscribers from that day",
        """
        EXISTS (SELECT FROM handover_catalogue f
                 WHERE f.line < s.line
                   AND (f.product, f.cycle, f.currency) = (s.product, s.cycle, s.currency)
                   AND COALESCE(f.existing_from, f.new_from)
                     = COALESCE(s.existing_from, s.new_from))
        OR EXISTS (SELECT FROM billing_price price
                     JOIN billing_plan plan ON plan.id = price.plan_id
                     JOIN billing_product p ON p.id = plan.product_id
                    WHERE (p.code, plan.cycle, price.currency) = (s.product, s.cycle, s.currency)
                      AND price.new_from <> s.new_from
                      AND price.existing_from = COALESCE(s.existing_from, s.new_from)
                      AND NOT EXISTS (SELECT FROM handover_catalogue f
                                       WHERE f.new_from = price.new_from
                                         AND (f.product, f.cycle, f.currency)
                                           = (s.product, s.cycle, s.currency)))
        """,
    ),
)
SALES = (
    Contradiction(
        "name",
        "an earlier line has this sale with another name",
        _differs_from_first("sales", "sale", "f.name <> s.name"),
    ),
    Contradiction(
        "starts_on",
        "overlaps another offer of this plan",
        """
        EXISTS (SELECT FROM handover_sales f
                 WHERE f.line < s.line AND (f.product, f.cycle) = (s.product, s.cycle)
                   -- a percentage has no currency and holds in each
                   AND (f.currency = s.currency) IS NOT FALSE
                   AND f.starts_on <= s.ends_on AND s.starts_on <= f.ends_on)
        OR EXISTS (SELECT FROM billing_saleoffer o
                     JOIN billing_sale sale ON sale.id = o.sale_id
                     JOIN billing_plan plan ON plan.id = o.plan_id
                     JOIN billing_product p ON p.id = plan.product_id
                    WHERE (p.code, plan.cycle) = (s.product, s.cycle)
                      AND (NULLIF(o.currency, '') = s.currency) IS NOT FALSE
                      AND o.starts_on <= s.ends_on AND s.starts_on <= o.ends_on
                      AND NOT ((sale.code, o.starts_on, o.currency)
                             = (s.sale, s.starts_on, COALESCE(s.currency, '')))
                      AND NOT EXISTS (SELECT FROM handover_sales f
                                       WHERE (f.sale, f.product, f.cycle, f.starts_on)
                                           = (sale.code, s.product, s.cycle, o.starts_on)
                                         AND f.currency IS NOT DISTINCT FROM s.currency))
        """,
    ),
)
PAYMENT_METHODS = (
    Contradiction(
        "is_default",
        "an earlier line is this account's default",
        """
        s.is_default AND EXISTS (SELECT FROM handover_payment_methods f
                                  WHERE f.line < s.line AND f.is_default
                                    AND f.account = s.account)
        """,
    ),
    Contradiction(
        "account",
        "the portal has this payment method in another account",
        """
        EXISTS (SELECT FROM billing_paymentmethod m
                  JOIN partners_account a ON a.id = m.account_id
                 WHERE (m.gateway, m.provider_ref) = (s.gateway, s.provider_ref)
                   AND a.platform_ref IS DISTINCT FROM s.account)
        """,
    ),
)
SITES = (
    Contradiction(
        "address",
        "an earlier line has this address",
        "EXISTS (SELECT FROM handover_sites f WHERE f.line < s.line AND f.address = s.address)",
    ),
    Contradiction(
        "address",
        "the portal has another site at this address",
        """
        EXISTS (SELECT FROM partners_site p
                 WHERE p.address = s.address AND p.platform_ref IS DISTINCT FROM s.id
                   AND NOT EXISTS (SELECT FROM handover_sites f WHERE f.id = p.platform_ref))
        """,
    ),
)
CONTRIBUTORS = (
    Contradiction(
        "from_on",
        "overlaps an earlier line of this account and site",
        """
        EXISTS (SELECT FROM handover_contributors f
                 WHERE f.line < s.line AND (f.account, f.site) = (s.account, s.site)
                   AND daterange(f.from_on, f.to_on, '[]') && daterange(s.from_on, s.to_on, '[]'))
        """,
    ),
)
SITE_PLANS = """(
    SELECT product FROM handover_catalogue WHERE kind = 'site_plan'
    UNION SELECT code FROM billing_product WHERE kind = 'site_plan'
)"""
SUBSCRIPTIONS = (
    Contradiction(
        "purchased_on",
        "the portal has it as purchased on another day, from which its periods are counted",
        f"""
        EXISTS (SELECT FROM billing_subscription b
                 WHERE b.platform_ref = s.id AND b.purchased_on <> s.purchased_on
                   AND NOT {MOVED_ON})
        """,
    ),
    Contradiction(
        "cycle",
        "the portal has it on another cycle: end it and hand over a new subscription",
        f"""
        EXISTS (SELECT FROM billing_subscription b JOIN billing_plan plan ON plan.id = b.plan_id
                 WHERE b.platform_ref = s.id AND plan.cycle <> s.cycle AND NOT {MOVED_ON})
        """,
    ),
    Contradiction(
        "site",
        "a site premium plan needs its site",
        f"s.site IS NULL AND s.product IN {SITE_PLANS}",
    ),
)

CONTRADICTIONS: dict[str, tuple[Contradiction, ...]] = {
    "catalogue": CATALOGUE,
    "sales": SALES,
    "payment_methods": PAYMENT_METHODS,
    "sites": SITES,
    "contributors": CONTRIBUTORS,
    "subscriptions": SUBSCRIPTIONS,
}
