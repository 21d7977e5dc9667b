"""The log of every tracked change, over all models: newest first, a page at a time."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

import pghistory.models
from django.apps import apps
from django.db.models import (
    BigIntegerField,
    CharField,
    DecimalField,
    F,
    JSONField,
    Model,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextField,
    Value,
)
from django.db.models.functions import Cast, JSONObject

from portal.lib import clock

# The version before a change, kept where a row's arrival is not (see `portal.lib.history`).
BEFORE = "before"
COLUMNS = (
    "log_place",
    "pgh_created_at",
    "pgh_id",
    "log_label",
    "log_row",
    "log_metadata",
    "log_version",
    "log_previous",
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which changes are looked for; None or nothing is any."""

    person: int | None = None
    model: str = ""
    row: int | None = None
    first_on: date | None = None
    last_on: date | None = None
    where: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the log a page ends: changes of one instant follow each other by model and id."""

    at: datetime
    model: str
    id: int


@dataclass(frozen=True, slots=True)
class Logged:
    """One change as it was kept: what it was called, and its columns before and after."""

    place: Place
    label: str
    row: int
    metadata: dict[str, Any]
    version: dict[str, Any]
    previous: dict[str, Any] | None


@cache
def tracked_models() -> dict[str, type[Model]]:
    """Every model with a history, by its label, in the order of the labels."""
    kept = [m for m in apps.get_models() if issubclass(m, pghistory.models.Event)]
    tracked: list[Any] = [model.pgh_tracked_model for model in kept]
    return dict(sorted((model._meta.label_lower, model) for model in tracked))  # noqa: SLF001


def page(wanted: Wanted, *, after: Place | None = None, size: int) -> list[Logged]:
    """The next changes after a place in the log (the newest, without one): one query.

    Each model's table gives no more than one page, read along its index by time.
    """
    chosen = [label for label in tracked_models() if wanted.model in ("", label)]
    parts = [_part(label, wanted, after)[:size] for label in chosen]
    if not parts:
        return []
    in_order = parts[0]
    if parts[1:]:
        rows = in_order.union(*parts[1:], all=True)
        in_order = rows.order_by("-pgh_created_at", "log_place", "-pgh_id")[:size]
    return [
        Logged(Place(at, model, pk), label, row, metadata or {}, version, previous)
        for model, at, pk, label, row, metadata, version, previous in in_order
    ]


def pages(wanted: Wanted, *, size: int, at_most: int) -> Iterator[list[Logged]]:
    """The newest changes, one page after the other."""
    after = None
    for left in range(at_most, 0, -size):
        found = page(wanted, after=after, size=min(size, left))
        yield found
        if len(found) < size:
            return
        after = found[-1].place


def _part(label: str, wanted: Wanted, after: Place | None) -> QuerySet:
    """One model's changes, as rows that look alike for every model."""
    kept = tracked_models()[label].history.rel.related_model  # type: ignore[attr-defined]
    earlier = kept.objects.filter(pgh_obj_id=OuterRef("pgh_obj_id"), pgh_id__lt=OuterRef("pgh_id"))
    rows: QuerySet = kept.objects.exclude(pgh_label=BEFORE).filter(_asked_for(wanted))
    if after:
        rows = rows.filter(pgh_created_at__lte=after.at).filter(_beyond(after, label))
    told: QuerySet = rows.annotate(
        log_place=Value(label, CharField()),
        log_label=Cast("pgh_label", TextField()),
        log_row=Cast("pgh_obj_id", BigIntegerField()),
        log_metadata=F("pgh_context__metadata"),
        log_version=_columns(kept),
        log_previous=Subquery(
            earlier.order_by("-pgh_id").values(columns=_columns(kept))[:1],
            output_field=JSONField(),
        ),
    )
    in_order: QuerySet = told.order_by("-pgh_created_at", "-pgh_id").values_list(*COLUMNS)
    return in_order


def _asked_for(wanted: Wanted) -> Q:
    asked = Q()
    if wanted.person is not None:
        asked &= Q(pgh_context__metadata__user=wanted.person)
    if wanted.row is not None:
        asked &= Q(pgh_obj_id=wanted.row)
    if wanted.first_on:
        asked &= Q(pgh_created_at__gte=clock.start_of(wanted.first_on))
    if wanted.last_on:
        asked &= Q(pgh_created_at__lt=clock.start_of(wanted.last_on + timedelta(days=1)))
    if wanted.where:
        asked &= Q(pgh_context__metadata__url__icontains=wanted.where)
    return asked


def _beyond(after: Place, label: str) -> Q:
    """What stands after that place, among one model's changes."""
    if label < after.model:
        return Q(pgh_created_at__lt=after.at)
    if label > after.model:
        return Q()
    return Q(pgh_created_at__lt=after.at) | Q(pgh_created_at=after.at, pgh_id__lt=after.id)


def _columns(kept: type[Model]) -> JSONObject:
    """A version's own columns; amounts as text, for JSON would round them."""
    fields = [f for f in kept._meta.concrete_fields if not f.name.startswith("pgh_")]  # noqa: SLF001
    return JSONObject(
        **{
            f.attname: Cast(f.attname, TextField()) if isinstance(f, DecimalField) else f.attname
            for f in fields
        }
    )
