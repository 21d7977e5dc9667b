"""How many statements something sends to the database."""

from collections.abc import Callable
from typing import Any

from django.db import connection


def statements(call: Callable[[], object]) -> int:
    """Call it, and count."""
    sent = 0

    def count(execute: Callable[..., Any], *arguments: Any) -> Any:
        nonlocal sent
        sent += 1
        return execute(*arguments)

    with connection.execute_wrapper(count):
        call()
    return sent
