"""What a tracked row has been through: when, who, what it was and what it became."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby, pairwise
from typing import Any

from django.db.models import Model, QuerySet
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from portal.models import User

SHOWN = 30


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field of one change, in words."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Change:
    """One version following another."""

    at: datetime
    who: str
    where: str
    what: str
    fields: tuple[FieldChange, ...]


def is_tracked(model: type[Model]) -> bool:
    return hasattr(model, "history")


def versions_of(row: Model) -> QuerySet:
    """The kept versions of one row."""
    versions: QuerySet = row.history.all()  # type: ignore[attr-defined]
    return versions


def versions_below(parent: Model, *, child: type[Model], by: str) -> QuerySet:
    """The kept versions of a parent's rows of another model, those since deleted included."""
    kept = child.history.rel.related_model  # type: ignore[attr-defined]
    versions: QuerySet = kept.objects.filter(**{by: parent.pk})
    return versions


def changes(*sources: QuerySet) -> list[Change]:
    """The latest changes among these versions, the newest first, with the people behind them."""
    found = [pair for source in sources for pair in _pairs(source)]
    found.sort(key=lambda pair: (pair[1].pgh_created_at, pair[1].pgh_id), reverse=True)
    people = _people([version for _before, version in found[:SHOWN]])
    told = (_change(before, version, people) for before, version in found[:SHOWN])
    return [change for change in told if change]


def _pairs(source: QuerySet) -> Iterator[tuple[Any, Any]]:
    """Each version with the one before it (None where there is none)."""
    latest = list(source.select_related("pgh_context").order_by("-pgh_id")[: SHOWN + 1])
    has_more = len(latest) > SHOWN
    of_row = sorted(latest, key=lambda version: (version.pgh_obj_id, version.pgh_id))
    for _row, versions in groupby(of_row, key=lambda version: version.pgh_obj_id):
        for before, version in pairwise([None, *versions]):
            # Where older versions were left out, the first one here says nothing of its own.
            if not (has_more and before is None and version.pgh_label == "update"):
                yield before, version


def _people(versions: list[Any]) -> dict[int, User]:
    ids = {_context(version).get("user") for version in versions}
    return User.objects.in_bulk([pk for pk in ids if isinstance(pk, int)])


def _context(version: Any) -> dict[str, Any]:
    return dict(version.pgh_context.metadata) if version.pgh_context else {}


def _change(before: Any, version: Any, people: dict[int, User]) -> Change | None:
    context = _context(version)
    fields = tuple(_differences(before, version)) if before else ()
    if before and not fields and version.pgh_label == "update":
        return None
    person = people.get(context.get("user") or 0)
    return Change(
        at=version.pgh_created_at,
        who=str(person) if person else _("the portal itself"),
        where=context.get("url", ""),
        what=_what(before, version),
        fields=fields,
    )


def _what(before: Any, version: Any) -> str:
    kind = capfirst(str(version.pgh_tracked_model._meta.verbose_name))  # noqa: SLF001
    own_name = getattr(version, "name", "")
    name = f"{kind} “{own_name}”" if own_name else kind
    if version.pgh_label == "insert":
        return _("%(name)s added") % {"name": name}
    if version.pgh_label == "delete":
        return _("%(name)s deleted") % {"name": name}
    if before is None:
        return _("%(name)s changed (what it was before is not kept)") % {"name": name}
    return _("%(name)s changed") % {"name": name}


def _differences(before: Any, after: Any) -> Iterator[FieldChange]:
    for field in after._meta.concrete_fields:  # noqa: SLF001
        if field.name.startswith("pgh_"):
            continue
        was, became = (getattr(version, field.attname) for version in (before, after))
        if was != became:
            yield FieldChange(
                name=capfirst(str(field.verbose_name)),
                before=in_words(field, was),
                after=in_words(field, became),
            )


def in_words(field: Any, value: Any) -> str:
    """What a column held, as people read it."""
    if value in (None, ""):
        return "–"
    return str(dict(field.flatchoices).get(value, value))
