"""The public directory: who is listed, found by words and filters, higher ranks first."""

from datetime import date
from functools import reduce
from operator import and_

from django.db.models import Case, F, FilteredRelation, IntegerField, Q, QuerySet, When
from django.db.models.functions import Coalesce, Greatest, Lower

from partners.models import Profile, Rank

WORDS_AT_MOST = 6


def directory(
    *, on: date, words: str = "", service: str = "", region: str = "", language: str = ""
) -> QuerySet[Profile]:
    """The listed profiles in which each word is found, and which offer all that is chosen."""
    found = Profile.objects.listed().with_logo().filter(_has(words))
    if service:
        found = found.filter(services__contains=[service])
    if region:
        found = found.filter(regions__contains=[region])
    if language:
        found = found.filter(languages__contains=[language])
    return _by_rank(found, on=on)


def _has(words: str) -> Q:
    each = (
        Q(name__icontains=word) | Q(tagline__icontains=word) | Q(text__icontains=word)
        for word in words.split()[:WORDS_AT_MOST]
    )
    return reduce(and_, each, Q())


def _by_rank(found: QuerySet[Profile], *, on: date) -> QuerySet[Profile]:
    """Higher ranks first, as `rank_held` has them; then by name."""
    ladders = Rank.objects.filter(programme_year__in=(on.year - 1, on.year)).order_by("-level")
    steps = list(ladders.values_list("programme_year_id", "level", "threshold_points"))
    level = Greatest(_level("this", on.year, steps), _level("last", on.year - 1, steps))
    standings = found.annotate(this=_standing_of(on.year), last=_standing_of(on.year - 1))
    return standings.annotate(level=level).order_by("-level", Lower("name"), "pk")


def _standing_of(year: int) -> FilteredRelation:
    is_that_year = Q(account__standings__programme_year=year)
    return FilteredRelation("account__standings", condition=is_that_year)


def _level(standing: str, year: int, steps: list[tuple[int, int, int]]) -> Coalesce:
    """The rank reached in a year; the first for who has no points."""
    reached = [
        When(**{f"{standing}__points__gte": threshold}, then=level)
        for of_year, level, threshold in steps
        if of_year == year
    ]
    by_points = Case(*reached, default=1, output_field=IntegerField())
    return Coalesce(F(f"{standing}__final_level"), by_points, output_field=IntegerField())
