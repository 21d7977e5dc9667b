"""Who earns what from which event, and when: the one statement of it.

`JUDGED` is a query that looks at qualifying events and gives, for each account that could earn from
each of them, a verdict. Everything asks it: scheduling (what is still to be decided), attribution
(what becomes a ledger entry today), the explanation a partner reads, and the forecast, which feeds
it events that have not happened yet. None of them decides anything by itself.

An account can earn from an event as the owner of the site on the event's day, or as a contributor
whose client has approved. See docs/rules.md, "Points".
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from partners.rules import Relation


class Verdict(StrEnum):
    """What an event means for an account, first applicable one."""

    VOIDED = "voided"  # its money went back
    CREDITED = "credited"  # it has earned the points
    ALREADY_CREDITED = "already_credited"  # another event of the year has
    NOT_JOINED = "not_joined"  # the account is not in the programme
    BEFORE_JOINING_YEAR = "before_joining_year"  # the event is of a year before the account joined
    TOO_LATE = "too_late"  # would land after its year has closed
    WAITING = "waiting"  # lands on a later day
    DUE = "due"  # lands today or has been waiting to


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One event seen from one account."""

    event_id: int | None
    account_id: int
    relation: Relation
    site_id: int
    occurs_on: date
    programme_year: int
    lands_on: date
    points: int
    rule_id: int
    verdict: Verdict
    credited_on: date | None


# With the account that holds the site now.
STORED_EVENTS = """
    SELECT event.*, site.account_id
      FROM partners_qualifyingevent event JOIN partners_site site ON site.id = event.site_id
"""

# Events that are expected, as JSON of the same columns; they have no id. What is not paid by now is
# paid today at the earliest.
EXPECTED_EVENTS = """
    SELECT NULL::bigint AS id, site_id, account_id, occurs_on,
           GREATEST(paid_on, %(today)s) AS paid_on, product_code
      FROM jsonb_to_recordset(%(expected)s::jsonb)
        AS x(site_id bigint, account_id bigint, occurs_on date, paid_on date, product_code text)
"""

STORED_APPROVALS = "partners_contributorapproval"

# Clients' words as they would be with some more of them; as JSON of the columns. Nobody else's are
# there: who is not supposed to be approved is not asked about.
SUPPOSED_APPROVALS = """
    (WITH supposed AS (
         SELECT * FROM jsonb_to_recordset(%(supposed)s::jsonb)
             AS x(account_id bigint, site_id bigint, from_year integer, approved_on date)
     )
     SELECT account_id, site_id, min(from_year) AS from_year, min(approved_on) AS approved_on,
            NULL::date AS ended_on
       FROM (SELECT * FROM supposed
             UNION ALL
             SELECT account_id, site_id, known.from_year, known.approved_on
               FROM partners_contributorapproval known
               JOIN (SELECT DISTINCT account_id, site_id FROM supposed) asked
              USING (account_id, site_id)
              WHERE known.ended_on IS NULL) AS each
      GROUP BY account_id, site_id)
"""

STORED_YEARS, STORED_VALUES = "partners_programmeyear", "partners_pointvalue"

# A year and its values as somebody has typed them, before they are saved; as JSON of the columns.
DRAFTED_YEARS = """
    (SELECT * FROM jsonb_to_record(%(drafted_year)s::jsonb)
         AS x(year integer, waiting_days integer, closes_on date))
"""
DRAFTED_VALUES = """
    (SELECT row_number() OVER () AS id, %(year)s AS programme_year_id, x.*
       FROM jsonb_to_recordset(%(drafted_values)s::jsonb)
         AS x(relation text, product_code text, points integer))
"""

# {events}, {approvals}, {years}, {values}: one of those above. {events_where}, {candidates_where}:
# conditions on `e` (an event) and `c` (an account that could earn from it). %(today)s: the day of
# judgement.
JUDGED = """
    WITH e AS MATERIALIZED (
        SELECT * FROM ({events}) AS events WHERE {events_where}
    ), held AS (
        SELECT e.*, COALESCE(moved.from_account_id, e.account_id) AS owner_id
          FROM e
          LEFT JOIN LATERAL (SELECT from_account_id FROM partners_sitemove move
                              WHERE move.site_id = e.site_id AND move.moved_on > e.occurs_on
                              ORDER BY moved_on, id LIMIT 1) moved ON true
    ), c AS (
        SELECT held.*, owner_id AS earner_id, 'owner' AS relation, NULL::date AS approved_on
          FROM held
        UNION ALL
        SELECT held.*, approval.account_id, 'contributor', approval.approved_on
          FROM held
          JOIN {approvals} approval
            ON approval.site_id = held.site_id
           AND approval.ended_on IS NULL
           AND approval.from_year <= extract(year FROM held.occurs_on)
           AND approval.account_id <> held.owner_id
    ), dated AS (
        SELECT c.*, y.year, y.closes_on, joined.enrolled_on,
               GREATEST(c.occurs_on + y.waiting_days, c.paid_on, c.approved_on,
                        joined.enrolled_on) AS lands_on
          FROM c
          JOIN {years} y ON y.year = extract(year FROM c.occurs_on)
          LEFT JOIN partners_enrolment joined ON joined.account_id = c.earner_id
         WHERE {candidates_where}
    )
    SELECT d.id AS event_id, d.earner_id AS account_id, d.relation, d.site_id, d.occurs_on,
           d.year AS programme_year, d.lands_on,
           COALESCE(own.points, other.points) AS points, COALESCE(own.id, other.id) AS rule_id,
           CASE
               WHEN void.id IS NOT NULL THEN 'voided'
               WHEN credit.event_id = d.id THEN 'credited'
               WHEN credit.event_id IS NOT NULL THEN 'already_credited'
               WHEN d.enrolled_on IS NULL THEN 'not_joined'
               WHEN d.year < extract(year FROM d.enrolled_on) THEN 'before_joining_year'
               WHEN d.lands_on >= d.closes_on THEN 'too_late'
               WHEN d.lands_on > %(today)s THEN 'waiting'
               ELSE 'due'
           END AS verdict,
           entry.credited_on
      FROM dated d
      LEFT JOIN partners_eventvoid void ON void.event_id = d.id
      LEFT JOIN partners_creditinforce credit
        ON credit.account_id = d.earner_id AND credit.site_id = d.site_id
       AND credit.programme_year_id = d.year
      LEFT JOIN partners_pointsentry entry ON entry.id = credit.entry_id
      LEFT JOIN {values} own
        ON own.programme_year_id = d.year AND own.relation = d.relation
       AND own.product_code = d.product_code
      LEFT JOIN {values} other
        ON other.programme_year_id = d.year AND other.relation = d.relation
       AND other.product_code = ''
     WHERE COALESCE(own.id, other.id) IS NOT NULL
"""


def judged(
    *,
    events: str = STORED_EVENTS,
    events_where: str = "true",
    candidates_where: str = "true",
    approvals: str = STORED_APPROVALS,
    years: str = STORED_YEARS,
    values: str = STORED_VALUES,
) -> str:
    """The query, narrowed down. Conditions are SQL of this package, never of a visitor."""
    return JUDGED.format(
        events=events,
        events_where=events_where,
        candidates_where=candidates_where,
        approvals=approvals,
        years=years,
        values=values,
    )
