"""How often something may be done in a day. Counted in the cache that the processes share."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.core.cache import cache

KEPT = timedelta(days=2).total_seconds()


@dataclass(frozen=True, slots=True)
class DailyLimit:
    """So many times a day for whoever is counted; both are named without spaces.

    Two at the same moment may both be the last.
    """

    what: str
    at_most: int

    def is_used_up(self, who: str, *, on: date) -> bool:
        return bool(cache.get(self._key(who, on), 0) >= self.at_most)

    def count(self, who: str, *, on: date) -> None:
        cache.add(self._key(who, on), 0, timeout=KEPT)
        cache.incr(self._key(who, on))

    def _key(self, who: str, on: date) -> str:
        return f"limit:{self.what}:{who}:{on:%Y-%m-%d}"
