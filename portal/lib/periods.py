"""Service periods: calendar arithmetic for cycles, with no knowledge of what is sold.

Period `n` is `[anchor + n cycles, anchor + (n + 1) cycles)`, clamped to the month's end and always
counted from the anchor, so that it does not depend on the path to it:
31 Jan → 28 Feb → 31 Mar; yearly from 29 Feb → 28 Feb → … → 29 Feb.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta


def add_months(day: date, months: int) -> date:
    """The same day of the month, or the month's last day where it has none."""
    year, month0 = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month0 + 1, min(day.day, monthrange(year, month0 + 1)[1]))


@dataclass(frozen=True, slots=True)
class Term:
    """One service period, half-open: `starts_on` is in it, `ends_on` is not."""

    ordinal: int
    starts_on: date
    ends_on: date

    def __contains__(self, day: date) -> bool:
        return self.starts_on <= day < self.ends_on

    @property
    def last_on(self) -> date:
        """The last day in it."""
        return self.ends_on - timedelta(days=1)


def term(*, anchor_on: date, months: int, ordinal: int) -> Term:
    """Period `ordinal` of an agreement that began on `anchor_on` with a cycle of `months`."""
    return Term(
        ordinal=ordinal,
        starts_on=add_months(anchor_on, ordinal * months),
        ends_on=add_months(anchor_on, (ordinal + 1) * months),
    )


def term_on(day: date, *, anchor_on: date, months: int) -> Term:
    """The period that `day` lies in. Raises ValueError before the anchor."""
    if day < anchor_on:
        raise ValueError(f"{day} is before the agreement began on {anchor_on}")
    elapsed = (day.year - anchor_on.year) * 12 + day.month - anchor_on.month
    candidate = term(anchor_on=anchor_on, months=months, ordinal=elapsed // months)
    if day < candidate.starts_on:
        candidate = term(anchor_on=anchor_on, months=months, ordinal=candidate.ordinal - 1)
    return candidate


def anniversary(day: date, years: int = 1) -> date:
    """The same date `years` later; 29 February becomes 28 February in a common year."""
    return add_months(day, 12 * years)
