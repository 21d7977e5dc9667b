"""What closing a year fixes: how many partners with which rank, and who. Before and after it."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connection

from partners.models import ProgrammeYear, Rank

_RANKED = """
    SELECT s.account_id, s.points,
           CASE WHEN y.closed_at IS NOT NULL THEN s.final_level
                ELSE GREATEST(1, width_bucket(s.points, ARRAY(
                    SELECT threshold_points FROM partners_rank
                     WHERE programme_year_id = y.year ORDER BY level))) END AS level
      FROM partners_standing s
      JOIN partners_programmeyear y ON y.year = s.programme_year_id
     WHERE y.year = %(year)s
"""


@dataclass(frozen=True, slots=True)
class RankCount:
    """How many partners come to a rank."""

    level: int
    name: str
    partners: int


def rank_counts(year: ProgrammeYear) -> list[RankCount]:
    """Every rank of the year, the highest first, with how many have it, or would if it closed now.

    Partners without a line in the year have the first rank, and are not counted.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT level, count(*) FROM ({_RANKED}) AS ranked GROUP BY level", {"year": year.year}
        )
        counted = dict(cursor.fetchall())
    ranks = Rank.objects.filter(programme_year=year).order_by("-level")
    return [RankCount(rank.level, rank.name, counted.get(rank.level, 0)) for rank in ranks]


def ranked(year: ProgrammeYear) -> Iterator[tuple[str, str, int, int, str]]:
    """Reference and name of each partner with a line in the year, its points, level and rank."""
    names = dict(Rank.objects.filter(programme_year=year).values_list("level", "name"))
    with connection.chunked_cursor() as cursor:
        cursor.execute(
            f"""
            SELECT a.ref, a.name, r.points, r.level
              FROM ({_RANKED}) AS r JOIN partners_account a ON a.id = r.account_id
             ORDER BY r.points DESC, a.id
            """,
            {"year": year.year},
        )
        while rows := cursor.fetchmany(1_000):
            for ref, name, points, level in rows:
                yield ref, name, points, level, names[level]
