"""What a file of the handover is made of."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from portal.handover.values import Value

Cells = Mapping[str, Any]
Complaint = tuple[str, str]  # the column, and the reason


@dataclass(frozen=True, slots=True)
class Column:
    """One column: what stands in it, what it means, and whether it may be empty or left out."""

    name: str
    value: Value
    doc: str
    example: str
    required: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """Columns that name a row of another file, or one the portal has already."""

    columns: tuple[str, ...]
    sheet: str
    to: tuple[str, ...]
    noun: str
    portal: str = ""  # a query for the same columns in the portal; empty: the files alone count


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One file of the handover."""

    name: str
    doc: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    references: tuple[Reference, ...] = ()
    judge: Callable[[Cells], Complaint | None] = field(default=lambda _cells: None)
    has_ref: bool = False  # its rows become rows with a public reference

    @property
    def filename(self) -> str:
        return f"{self.name}.csv"

    @property
    def table(self) -> str:
        """The temporary table its rows are staged in."""
        return f"handover_{self.name}"
