"""Products, plans, prices, and sales."""
# ruff: noqa: S608 - tables and columns are named by this package

from billing.models import Plan, Price, Product, Sale, SaleOffer
from portal.handover.upsert import Count, count, run, upsert

PLAN_OF_ROW = """
    JOIN billing_product p ON p.code = s.product
    JOIN billing_plan plan ON plan.product_id = p.id AND plan.cycle = s.cycle
"""
IS_SAME_OFFER = """
    o.sale_id = sale.id AND o.plan_id = plan.id AND o.starts_on = s.starts_on
    AND o.currency = COALESCE(s.currency, '')
"""


def write_catalogue() -> list[Count]:
    return [_products(), _plans(), _prices()]


def _products() -> Count:
    return upsert(
        Product,
        source="FROM (SELECT DISTINCT ON (product) * FROM handover_catalogue"
        " ORDER BY product, line) AS s",
        values={
            "code": "s.product",
            "name": "s.name",
            "kind": "s.kind",
            "description": "COALESCE(s.description, '')",
            "tier": "COALESCE(s.tier, 1)",
        },
        conflict="(code)",
        update=("name", "description", "tier"),
    )


def _plans() -> Count:
    return upsert(
        Plan,
        source="FROM (SELECT product, cycle, min(line) AS line FROM handover_catalogue"
        " GROUP BY product, cycle ORDER BY line) AS s JOIN billing_product p ON p.code = s.product",
        values={"product_id": "p.id", "cycle": "s.cycle"},
        conflict="(product_id, cycle)",
    )


def _prices() -> Count:
    return upsert(
        Price,
        source=f"FROM handover_catalogue s {PLAN_OF_ROW}",
        values={
            "plan_id": "plan.id",
            "currency": "s.currency",
            "amount": "s.amount",
            "new_from": "s.new_from",
            "existing_from": "COALESCE(s.existing_from, s.new_from)",
        },
        conflict="(plan_id, currency, new_from)",
        update=("amount", "existing_from"),
    )


def write_sales() -> list[Count]:
    sales = upsert(
        Sale,
        source="FROM (SELECT DISTINCT ON (sale) * FROM handover_sales ORDER BY sale, line) AS s",
        values={"code": "s.sale", "name": "s.name"},
        conflict="(code)",
        update=("name",),
    )
    return [sales, _offers()]


def _offers() -> Count:
    """No constraint names an offer, so it is found by sale, plan, currency and first day."""
    rows = f"handover_sales s {PLAN_OF_ROW} JOIN billing_sale sale ON sale.code = s.sale"
    changed = run(
        f"""
        UPDATE billing_saleoffer o
           SET ends_on = told.ends_on, percent_off = told.percent_off, amount = told.amount
          FROM (SELECT o.id, s.ends_on, s.percent_off, s.amount
                  FROM {rows} JOIN billing_saleoffer o ON {IS_SAME_OFFER}) AS told
         WHERE told.id = o.id AND (o.ends_on, o.percent_off, o.amount)
               IS DISTINCT FROM (told.ends_on, told.percent_off, told.amount)
        """
    )
    there = count(f"FROM {rows} JOIN billing_saleoffer o ON {IS_SAME_OFFER}")
    added = upsert(
        SaleOffer,
        source=f"FROM {rows} WHERE NOT EXISTS"
        f" (SELECT FROM billing_saleoffer o WHERE {IS_SAME_OFFER})",
        values={
            "sale_id": "sale.id",
            "plan_id": "plan.id",
            "starts_on": "s.starts_on",
            "ends_on": "s.ends_on",
            "percent_off": "s.percent_off",
            "amount": "s.amount",
            "currency": "COALESCE(s.currency, '')",
        },
        conflict=None,
    )
    return Count(what=added.what, new=added.new, changed=changed, unchanged=there - changed)
