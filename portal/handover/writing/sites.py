"""Sites, which account they are in, and who contributes to them."""
# ruff: noqa: S608 - tables and columns are named by this package

from datetime import date

from django.db import connection

from partners.actions.moves import move_sites
from partners.models import Contributor, Site
from portal.handover.upsert import Count, count, run, upsert

PAIR_OF_ROW = """
    JOIN partners_account a ON a.platform_ref = s.account
    JOIN partners_site site ON site.platform_ref = s.site
"""


def write_sites(*, on: date) -> list[Count]:
    """What changed its account moves on that day; the rest is new or brought up to date."""
    _make_way()
    moved = _move(on=on)
    return [
        Count(what="moves to other accounts", changed=moved),
        upsert(
            Site,
            source="FROM handover_sites s JOIN partners_account a ON a.platform_ref = s.account",
            values={
                "ref": "s.ref",
                "platform_ref": "s.id",
                "account_id": "a.id",
                "address": "s.address",
                "name": "COALESCE(s.name, '')",
            },
            conflict="(platform_ref)",
            update=("address", "name"),
        ),
    ]


def _move(*, on: date) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT p.id, a.id FROM handover_sites s
              JOIN partners_site p ON p.platform_ref = s.id
              JOIN partners_account a ON a.platform_ref = s.account
             WHERE p.account_id <> a.id
            """
        )
        return move_sites(dict(cursor.fetchall()), on=on)


def _make_way() -> None:
    """Sites whose address goes to another site of this import give it up first."""
    run(
        """
        UPDATE partners_site p SET address = 'moving-' || p.id || '.invalid'
          FROM handover_sites taker, handover_sites own
         WHERE taker.address = p.address AND taker.id <> p.platform_ref
           AND own.id = p.platform_ref
        """
    )


def write_contributors() -> list[Count]:
    """The spells told of an account and a site replace those the portal has of the two."""
    rows = f"handover_contributors s {PAIR_OF_ROW}"
    run(
        f"""
        DELETE FROM partners_contributor c
         USING (SELECT DISTINCT a.id AS account_id, site.id AS site_id FROM {rows}) AS pair
         WHERE c.account_id = pair.account_id AND c.site_id = pair.site_id
           AND NOT EXISTS (SELECT FROM {rows} WHERE a.id = c.account_id
                              AND site.id = c.site_id AND s.from_on = c.from_on)
        """
    )
    same = "c.account_id = a.id AND c.site_id = site.id AND c.from_on = s.from_on"
    there = count(f"FROM {rows} JOIN partners_contributor c ON {same}")
    changed = run(
        f"""
        UPDATE partners_contributor c SET to_on = told.to_on
          FROM (SELECT c.id, s.to_on FROM {rows} JOIN partners_contributor c ON {same}) AS told
         WHERE told.id = c.id AND c.to_on IS DISTINCT FROM told.to_on
        """
    )
    added = upsert(
        Contributor,
        source=f"FROM {rows} LEFT JOIN partners_contributor c ON {same} WHERE c.id IS NULL",
        values={
            "account_id": "a.id",
            "site_id": "site.id",
            "from_on": "s.from_on",
            "to_on": "s.to_on",
        },
        conflict=None,
    )
    return [Count(what=added.what, new=added.new, changed=changed, unchanged=there - changed)]
