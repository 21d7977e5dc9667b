"""Steps of a story that is told as a timeline."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Step:
    """One step, as the timeline component shows it."""

    label: str
    state: str  # done, now, next, bad, skipped
    on: date | None = None
    note: str = ""
