"""A change of the log in words: who, from where, what, before and after, and why."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import DateField, DecimalField, Field
from django.urls import NoReverseMatch, reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from portal.models import User
from portal.staff.history import FieldChange, in_words
from portal.staff.log import Logged, tracked_models

# Kept as text in the log's rows.
WRITTEN_OUT = (DateField, DecimalField)


@dataclass(frozen=True, slots=True)
class Entry:
    """One change, in words; `why` is empty where nobody was asked for a reason."""

    at: datetime
    who: str
    where: str
    kind: str
    row: int
    name: str
    url: str
    what: str
    fields: tuple[FieldChange, ...]
    why: str


def entries(found: Iterable[Logged]) -> list[Entry]:
    """Changes in words, in the same order; one query for the people behind them."""
    changes = list(found)
    ids = {change.metadata.get("user") for change in changes}
    people = User.objects.in_bulk([pk for pk in ids if isinstance(pk, int)])
    return [_entry(change, people) for change in changes]


def _entry(change: Logged, people: dict[int, User]) -> Entry:
    meta = tracked_models()[change.place.model]._meta  # noqa: SLF001
    return Entry(
        at=change.place.at,
        who=_who(change.metadata, people),
        where=change.metadata.get("url", ""),
        kind=capfirst(str(meta.verbose_name)),
        row=change.row,
        name=str(change.version.get("name") or ""),
        url="" if change.label == "delete" else _page_of(change),
        what=_what(change),
        fields=tuple(_differences(change)),
        why=change.metadata.get("why", ""),
    )


def _who(metadata: dict[str, Any], people: dict[int, User]) -> str:
    pk = metadata.get("user")
    if not pk:
        return _("the portal itself")
    person = people.get(pk)
    return str(person) if person else _("person no. %d") % pk


def _page_of(change: Logged) -> str:
    try:
        return reverse(f"admin:{change.place.model.replace('.', '_')}_change", args=[change.row])
    except NoReverseMatch:
        return ""


def _what(change: Logged) -> str:
    if change.label == "insert":
        return _("added")
    if change.label == "delete":
        return _("deleted")
    if change.previous is None:
        return _("changed (what it was before is not kept)")
    return _("changed")


def _differences(change: Logged) -> Iterator[FieldChange]:
    if change.label != "update" or change.previous is None:
        return
    for field in tracked_models()[change.place.model]._meta.concrete_fields:  # noqa: SLF001
        was, became = (kept.get(field.attname) for kept in (change.previous, change.version))
        if was != became:
            yield FieldChange(
                name=capfirst(str(field.verbose_name)),
                before=in_words(field, _read(field, was)),
                after=in_words(field, _read(field, became)),
            )


def _read(field: "Field[Any, Any]", value: Any) -> Any:
    return field.to_python(value) if isinstance(field, WRITTEN_OUT) else value
