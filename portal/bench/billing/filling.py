"""Rows by the hundred thousand, made by the database itself."""

from typing import Any

from django.db.models import Model

from portal.handover.upsert import upsert

EACH_ACCOUNT = "FROM generate_series(1, %(accounts)s) n"


def add(model: type[Model], source: str, values: dict[str, str], **parameters: Any) -> None:
    """Add what `source` (FROM … onwards) selects; `values` is SQL by column, the rest defaults."""
    upsert(model, source=source, values=values, conflict=None, parameters=parameters)


def ref(of: str, number: str) -> str:
    """SQL for a reference that is as random as the real ones: no index is written in order."""
    return f"substr(md5('{of}' || {number}), 1, 16)"
