"""What can only be seen beside other rows: doubles, references, contradictions. One statement each."""

from collections.abc import Iterable

from portal.handover.columns import Reference, Sheet
from portal.handover.courses import MOVED_ON
from portal.handover.staging import drop_bad
from portal.handover.upsert import run

NOT_BAD_YET = """
    NOT EXISTS (SELECT FROM handover_bad bad WHERE bad.sheet = %(sheet)s AND bad.line = s.line)
"""


def check(sheet: Sheet, *, skip_bad: bool) -> None:
    """Note every bad row of a staged file, and take it out.

    Without `skip_bad` a reference to a bad row is no fault of its own: the files wait together.
    """
    _double_keys(sheet)
    for reference in sheet.references:
        check_reference(sheet, reference, skip_bad=skip_bad)
    for column, reason, where in CONTRADICTIONS.get(sheet.name, ()):
        _note(sheet, column=column, reason=reason, where=where)
    drop_bad(sheet)


def check_reference(sheet: Sheet, reference: Reference, *, skip_bad: bool) -> None:
    ours = [f"s.{column}" for column in reference.columns]
    theirs = [f"t.{column}" for column in reference.to]
    in_file = f"EXISTS (SELECT FROM handover_{reference.sheet} t WHERE {_equal(ours, theirs)})"
    names = [f"c{place}" for place in range(len(ours))]
    in_portal = (
        f"EXISTS (SELECT FROM ({reference.portal}) AS p({', '.join(names)})"
        f" WHERE {_equal(ours, [f'p.{name}' for name in names])})"
        if reference.portal
        else "false"
    )
    kept = [f"b.cells->>'{column}'" for column in reference.to]
    left_out = (
        f"EXISTS (SELECT FROM handover_bad b WHERE b.sheet = '{reference.sheet}'"
        f" AND {_equal(ours, kept)})"
    )
    where = f"{ours[0]} IS NOT NULL AND NOT {in_file} AND NOT {in_portal}"
    if not skip_bad:
        where += f" AND NOT {left_out}"
    places = f"{reference.sheet}.csv" + (" or in the portal" if reference.portal else "")
    _note(
        sheet,
        column=", ".join(reference.columns),
        reason=f"CASE WHEN {left_out}"
        f" THEN 'refers to a row of {reference.sheet}.csv that is left out'"
        f" ELSE 'there is no such {reference.noun} in {places}' END",
        where=where,
        value=f"concat_ws(' / ', {', '.join(ours)})",
    )


def _equal(ours: Iterable[str], theirs: Iterable[str]) -> str:
    return " AND ".join(f"{a} = {b}" for a, b in zip(ours, theirs, strict=True))


def _double_keys(sheet: Sheet) -> None:
    _note(
        sheet,
        column=", ".join(sheet.key),
        reason="'is on line ' || s.first_line || ' already'",
        where="s.line <> s.first_line",
        source="(SELECT *, first_value(line) OVER"
        f" (PARTITION BY {', '.join(sheet.key)} ORDER BY line) AS first_line FROM {sheet.table})",
        value=f"concat_ws(' / ', {', '.join(f's.{column}' for column in sheet.key)})",
    )


def _note(
    sheet: Sheet, *, column: str, reason: str, where: str, source: str = "", value: str = ""
) -> None:
    """Note the rows `s` that `where` picks; `reason` and `value` are SQL."""
    shown = value or f"COALESCE(s.{column.split(',')[0]}::text, '')"
    run(
        f"""
        INSERT INTO handover_bad (sheet, line, column_name, reason, value, cells)
        SELECT %(sheet)s, s.line, %(column)s, {reason}, {shown}, to_jsonb(s)
          FROM {source or sheet.table} AS s
         WHERE {where} AND {NOT_BAD_YET}
        """,
        {"sheet": sheet.name, "column": column},
    )


def _first_of(sheet: str, by: str, other: str) -> str:
    return (
        f"EXISTS (SELECT FROM handover_{sheet} f WHERE f.line < s.line AND {by} AND {other}"
        f" AND f.line = (SELECT min(g.line) FROM handover_{sheet} g WHERE {by.replace('f.', 'g.')}))"
    )


SITE_PLANS = (
    "(SELECT product FROM handover_catalogue WHERE kind = 'site_plan'"
    " UNION SELECT code FROM billing_product WHERE kind = 'site_plan')"
)

# By file: the column to look at, the reason, and which rows `s` it concerns. Reasons are SQL.
CONTRADICTIONS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "catalogue": (
        (
            "kind",
            "'the portal has this product as another kind'",
            "EXISTS (SELECT FROM billing_product p WHERE p.code = s.product AND p.kind <> s.kind)",
        ),
        (
            "product",
            "'an earlier line has this product with another name, kind, description or tier'",
            _first_of(
                "catalogue",
                "f.product = s.product",
                "(f.name, f.kind, f.description, f.tier)"
                " IS DISTINCT FROM (s.name, s.kind, s.description, s.tier)",
            ),
        ),
        (
            "existing_from",
            "'another price of this plan and currency binds existing subscribers from that day'",
            "EXISTS (SELECT FROM handover_catalogue f WHERE f.line < s.line"
            " AND (f.product, f.cycle, f.currency) = (s.product, s.cycle, s.currency)"
            " AND COALESCE(f.existing_from, f.new_from) = COALESCE(s.existing_from, s.new_from))"
            " OR EXISTS (SELECT FROM billing_price price"
            " JOIN billing_plan plan ON plan.id = price.plan_id AND plan.cycle = s.cycle"
            " JOIN billing_product p ON p.id = plan.product_id AND p.code = s.product"
            " WHERE price.currency = s.currency AND price.new_from <> s.new_from"
            " AND price.existing_from = COALESCE(s.existing_from, s.new_from)"
            " AND NOT EXISTS (SELECT FROM handover_catalogue f WHERE f.new_from = price.new_from"
            " AND (f.product, f.cycle, f.currency) = (s.product, s.cycle, s.currency)))",
        ),
    ),
    "sales": (
        (
            "name",
            "'an earlier line has this sale with another name'",
            _first_of("sales", "f.sale = s.sale", "f.name <> s.name"),
        ),
        (
            "starts_on",
            "'overlaps another offer of this plan'",
            "EXISTS (SELECT FROM handover_sales f WHERE f.line < s.line"
            " AND (f.product, f.cycle) = (s.product, s.cycle)"
            " AND f.currency IS NOT DISTINCT FROM s.currency"
            " AND f.starts_on <= s.ends_on AND s.starts_on <= f.ends_on)"
            " OR EXISTS (SELECT FROM billing_saleoffer o"
            " JOIN billing_sale sale ON sale.id = o.sale_id"
            " JOIN billing_plan plan ON plan.id = o.plan_id AND plan.cycle = s.cycle"
            " JOIN billing_product p ON p.id = plan.product_id AND p.code = s.product"
            " WHERE o.currency = COALESCE(s.currency, '')"
            " AND o.starts_on <= s.ends_on AND s.starts_on <= o.ends_on"
            " AND NOT (sale.code = s.sale AND o.starts_on = s.starts_on)"
            " AND NOT EXISTS (SELECT FROM handover_sales f WHERE f.sale = sale.code"
            " AND (f.product, f.cycle, f.starts_on) = (s.product, s.cycle, o.starts_on)"
            " AND f.currency IS NOT DISTINCT FROM s.currency))",
        ),
    ),
    "payment_methods": (
        (
            "is_default",
            "'an earlier line is this account''s default'",
            "s.is_default AND EXISTS (SELECT FROM handover_payment_methods f"
            " WHERE f.line < s.line AND f.is_default AND f.account = s.account)",
        ),
        (
            "account",
            "'the portal has this payment method in another account'",
            "EXISTS (SELECT FROM billing_paymentmethod m JOIN partners_account a"
            " ON a.id = m.account_id WHERE (m.gateway, m.provider_ref) = (s.gateway, s.provider_ref)"
            " AND a.platform_ref IS DISTINCT FROM s.account)",
        ),
    ),
    "sites": (
        (
            "address",
            "'an earlier line has this address'",
            "EXISTS (SELECT FROM handover_sites f WHERE f.line < s.line AND f.address = s.address)",
        ),
        (
            "address",
            "'the portal has another site at this address'",
            "EXISTS (SELECT FROM partners_site p WHERE p.address = s.address"
            " AND p.platform_ref IS DISTINCT FROM s.id"
            " AND NOT EXISTS (SELECT FROM handover_sites f WHERE f.id = p.platform_ref))",
        ),
    ),
    "contributors": (
        (
            "from_on",
            "'overlaps an earlier line of this account and site'",
            "EXISTS (SELECT FROM handover_contributors f WHERE f.line < s.line"
            " AND (f.account, f.site) = (s.account, s.site)"
            " AND daterange(f.from_on, f.to_on, '[]') && daterange(s.from_on, s.to_on, '[]'))",
        ),
    ),
    "subscriptions": (
        (
            "purchased_on",
            "'the portal has it as purchased on another day, and its periods are counted from that'",
            "EXISTS (SELECT FROM billing_subscription b WHERE b.platform_ref = s.id"
            f" AND b.purchased_on <> s.purchased_on AND NOT {MOVED_ON})",
        ),
        (
            "cycle",
            "'the portal has it on another cycle: end it and hand over a new subscription'",
            "EXISTS (SELECT FROM billing_subscription b JOIN billing_plan plan"
            " ON plan.id = b.plan_id WHERE b.platform_ref = s.id"
            f" AND plan.cycle <> s.cycle AND NOT {MOVED_ON})",
        ),
        (
            "site",
            "'a site premium plan needs its site'",
            f"s.site IS NULL AND s.product IN {SITE_PLANS}",
        ),
        (
            "site",
            "'an earlier line is this site''s premium plan'",
            f"s.state <> 'lapsed' AND s.product IN {SITE_PLANS}"
            " AND EXISTS (SELECT FROM handover_subscriptions f WHERE f.line < s.line"
            f" AND f.site = s.site AND f.state <> 'lapsed' AND f.product IN {SITE_PLANS})",
        ),
        (
            "site",
            "'another subscription in the portal is this site''s premium plan'",
            f"s.state <> 'lapsed' AND s.product IN {SITE_PLANS}"
            " AND EXISTS (SELECT FROM billing_subscription b"
            " JOIN partners_site site ON site.id = b.site_id"
            " JOIN billing_plan plan ON plan.id = b.plan_id"
            " JOIN billing_product p ON p.id = plan.product_id AND p.kind = 'site_plan'"
            " WHERE site.platform_ref = s.site AND b.state <> 'expired'"
            " AND b.platform_ref IS DISTINCT FROM s.id"
            " AND NOT EXISTS (SELECT FROM handover_subscriptions f"
            " WHERE f.id = b.platform_ref))",
        ),
    ),
}
