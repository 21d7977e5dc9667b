"""Tell partners that the rank they hold went up or down: once a change, and only what lasted.

What an account was told last is a row. The rank held is compared with it after points have landed
and when a year has turned; what went up and down again in between was never news.
"""

from datetime import date

from django.db import connection, transaction

from partners.actions.points import one_at_a_time
from partners.audience import audience, draft_to
from partners.models import RankChange
from portal.mail.actions.queue import queue_many

BATCH = 500  # accounts

# The rank held is the better of last year's and this year's, as `rank_held` in standings.py says of
# one account; a test compares the two.
RECORD_CHANGES = """
    INSERT INTO partners_rankchange (account_id, told_on, level_before, level, earned_in)
    SELECT joined.account_id, %(on)s, COALESCE(known.level, 1), COALESCE(held.level, 1), held.year
      FROM partners_enrolment joined
      LEFT JOIN LATERAL (
            SELECT reached.level, reached.year
              FROM (SELECT standing.programme_year_id AS year,
                           COALESCE(standing.final_level,
                                    (SELECT max(rank.level) FROM partners_rank rank
                                      WHERE rank.programme_year_id = standing.programme_year_id
                                        AND rank.threshold_points <= standing.points)) AS level
                      FROM partners_standing standing
                     WHERE standing.account_id = joined.account_id
                       AND standing.programme_year_id IN (%(year)s, %(year)s - 1)) AS reached
             WHERE reached.level > 1
             ORDER BY reached.level DESC, reached.year DESC
             LIMIT 1) AS held ON true
      LEFT JOIN LATERAL (
            SELECT level FROM partners_rankchange change
             WHERE change.account_id = joined.account_id
             ORDER BY change.id DESC
             LIMIT 1) AS known ON true
     WHERE COALESCE(held.level, 1) <> COALESCE(known.level, 1)
     ORDER BY joined.account_id
     LIMIT %(batch)s
    RETURNING id
"""


def tell_ranks(*, on: date) -> int:
    """Record every change of the rank held and tell the account; returns how many changes.

    A batch at a time, each in a transaction; run again, or by two at once, it finds nothing more.
    """
    told, batch = 0, BATCH
    while batch == BATCH:
        batch = _tell_batch(on=on)
        told += batch
    return told


@transaction.atomic
def _tell_batch(*, on: date) -> int:
    one_at_a_time()
    with connection.cursor() as cursor:
        cursor.execute(RECORD_CHANGES, {"on": on, "year": on.year, "batch": BATCH})
        changes = RankChange.objects.filter(pk__in=[pk for (pk,) in cursor.fetchall()])
    by_account = dict(changes.values_list("account", "pk"))
    _tell(by_account)
    return len(by_account)


def _tell(changes: dict[int, int]) -> None:
    """One mail a seat. Changes by account, both as ids."""
    queue_many(
        draft_to(
            seat,
            letter="partners/rank_changed",
            key=f"rank_change:{changes[seat.account_id]}",
            arguments={"change_id": changes[seat.account_id], "user_id": seat.user_id},
        )
        for seat in audience("rank", changes)
    )
