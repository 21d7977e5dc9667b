"""Programme years: prepared ahead, closed when their last points have landed."""

from datetime import date, datetime

from django.db import connection, transaction

from partners.actions.points import attribute, schedule
from partners.models import PointValue, ProgrammeYear, Rank
from partners.rules import YEAR_DEFAULTS, Relation, closes_on
from portal.lib import clock


@transaction.atomic
def prepare_year(year: int) -> bool:
    """Make a programme year like the one before it; False if it is there already.

    Events told ahead of their year are scheduled with it.
    """
    before = ProgrammeYear.objects.filter(year__lt=year).order_by("-year").first()
    new, is_new = ProgrammeYear.objects.get_or_create(
        year=year,
        defaults={
            "waiting_days": before.waiting_days if before else YEAR_DEFAULTS.waiting_days,
            "closes_on": closes_on(year),
        },
    )
    if is_new:
        Rank.objects.bulk_create(_ranks(new, before))
        PointValue.objects.bulk_create(_values(new, before))
        schedule(
            events_where="extract(year FROM occurs_on) = %(year)s",
            parameters={"year": year},
            on=date(year, 1, 1),
        )
    return is_new


def _ranks(new: ProgrammeYear, before: ProgrammeYear | None) -> list[Rank]:
    steps = before.ranks.all() if before else YEAR_DEFAULTS.ranks
    return [
        Rank(
            programme_year=new,
            level=step.level,
            name=step.name,
            threshold_points=step.threshold_points,
            benefits=getattr(step, "benefits", ""),
        )
        for step in steps
    ]


def _values(new: ProgrammeYear, before: ProgrammeYear | None) -> list[PointValue]:
    if before is None:
        return [
            PointValue(programme_year=new, relation=relation.value, points=YEAR_DEFAULTS.points)
            for relation in Relation
        ]
    return [
        PointValue(
            programme_year=new,
            relation=value.relation,
            product_code=value.product_code,
            points=value.points,
        )
        for value in before.point_values.all()
    ]


def prepare_years(*, on: date) -> int:
    """See that this year and the next are there; returns how many were made."""
    return sum(prepare_year(year) for year in (on.year, on.year + 1))


def close_years(*, at: datetime) -> int:
    """Close every year whose day has come; returns how many.

    What was to land before that day lands first: a run that was missed costs nobody a rank.
    """
    due = ProgrammeYear.objects.open().filter(closes_on__lte=clock.date_of(at))
    years = list(due.order_by("year").values_list("year", flat=True))
    if years:
        attribute(on=clock.date_of(at))
    for year in years:
        close_year(year, at=at)
    return len(years)


@transaction.atomic
def close_year(year: int, *, at: datetime) -> None:
    """Fix the year's final ranks; does nothing if they are fixed already."""
    closed = ProgrammeYear.objects.open().filter(year=year).update(closed_at=at)
    if not closed:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE partners_standing s SET final_level =
                   (SELECT max(r.level) FROM partners_rank r
                     WHERE r.programme_year_id = s.programme_year_id
                       AND r.threshold_points <= GREATEST(s.points, 0))
             WHERE s.programme_year_id = %s
            """,
            [year],
        )
