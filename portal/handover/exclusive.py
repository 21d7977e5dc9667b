"""What only one running subscription may be for: the keys of staged ones, and who wants the same.

The keys are `billing.rules.exclusive_key` in SQL; a test compares the two.
"""
# ruff: noqa: S608 - the statements are made of this module's own words

from billing.rules import ONE_OF_EACH_PRODUCT, SOLD_FOR, Kind, Subject
from portal.handover.columns import SUBSCRIPTIONS
from portal.handover.staging import drop_bad
from portal.handover.upsert import run


def _in(kinds: "frozenset[Kind]") -> str:
    return "c.kind IN ({})".format(", ".join(f"'{kind.value}'" for kind in sorted(kinds)))


def _sold_for(subject: Subject) -> str:
    return _in(frozenset(kind for kind, what in SOLD_FOR.items() if what is subject))


def key_of(*, site: str, account: str) -> str:
    """SQL of the key of a staged row `s` with its course `c`; empty where it is for nothing known.

    `site` and `account` are SQL of what stands for the two.
    """
    return f"""COALESCE(
        c.kind || ':'
        || CASE WHEN {_in(ONE_OF_EACH_PRODUCT)} THEN s.product || ':' ELSE '' END
        || CASE WHEN {_sold_for(Subject.SITE)} THEN {site}
                WHEN {_sold_for(Subject.ACCOUNT)} THEN {account}
                ELSE lower(c.name) END,
        '')"""


KEY = key_of(site="site.id::text", account="a.id::text")

# Running ones that are going to be written, whether their sites and accounts are there yet or not.
WANTED = f"""(
    SELECT s.line, s.id AS ref, to_jsonb(s) AS cells, {KEY} AS key,
           {key_of(site="s.site", account="s.account")} AS key_in_file,
           CASE WHEN {_sold_for(Subject.SITE)} THEN 'site'
                WHEN {_sold_for(Subject.ACCOUNT)} THEN 'account' ELSE 'label' END AS column_name
      FROM handover_subscriptions s
      JOIN handover_course c ON c.line = s.line AND NOT c.keeps_its_own AND c.state <> 'expired'
      LEFT JOIN partners_account a ON a.platform_ref = s.account
      LEFT JOIN partners_site site ON site.platform_ref = s.site
) AS wanted"""

NUMBERED = f"""(
    SELECT *, first_value(line) OVER (PARTITION BY key_in_file ORDER BY line) AS first_line
      FROM {WANTED} WHERE key_in_file <> ''
) AS numbered"""

HELD = """
    EXISTS (SELECT FROM billing_subscription b
             WHERE b.exclusive_key = wanted.key AND b.exclusive_key <> '' AND b.state <> 'expired'
               AND b.platform_ref IS DISTINCT FROM wanted.ref
               AND NOT EXISTS (SELECT FROM handover_subscriptions o
                                 JOIN handover_course c ON c.line = o.line AND NOT c.keeps_its_own
                                WHERE o.id = b.platform_ref))
"""

LEFT_OUT = "NOT EXISTS (SELECT FROM handover_subscriptions s WHERE s.id = c.subscription)"


def check_running() -> None:
    """Note the rows beside which another subscription runs for the same, here or in the portal.

    It must be known what runs. A row that is taken out may leave its key to one of the portal.
    """
    _note(
        f"FROM {NUMBERED} WHERE line <> first_line",
        reason="'line ' || first_line || ' runs for the same already, and only one may'",
    )
    while _note(
        f"FROM {WANTED} WHERE {HELD}",
        reason="'another subscription in the portal runs for the same, and only one may'",
    ):
        pass


def _note(source: str, *, reason: str) -> int:
    found = run(
        f"""
        INSERT INTO handover_bad (sheet, line, column_name, reason, value, cells)
        SELECT '{SUBSCRIPTIONS.name}', line, column_name, {reason},
               COALESCE(cells->>column_name, ''), cells
          {source}
        """
    )
    if found:
        drop_bad(SUBSCRIPTIONS)
        run(f"DELETE FROM handover_course c WHERE {LEFT_OUT}")
        run(f"DELETE FROM handover_term c WHERE {LEFT_OUT}")
    return found
