"""Rows that many tests only look at, made once for each module."""

from collections.abc import Iterator

import pytest
from django.db import transaction


@pytest.fixture(scope="module")
def module_rows(django_db_setup, django_db_blocker) -> Iterator[None]:
    """Rows made by fixtures of a module last until its last test, and no longer."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)
