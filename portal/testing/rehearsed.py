"""What a test moved or counted, it leaves as it found it: the clock, and the rate limits."""

from collections.abc import Iterator

import pytest
from django.core.cache import cache

from portal.lib import clock


@pytest.fixture(autouse=True)
def _real_time_again() -> Iterator[None]:
    yield
    clock.shift_to(None)


@pytest.fixture(autouse=True)
def _nothing_counted_yet() -> None:
    """Limits are counted by address and person, and the cast signs up in many tests."""
    cache.clear()
