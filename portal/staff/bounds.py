"""How many there are, counted no further than anyone wants to know."""

from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils.formats import number_format
from django.utils.translation import gettext as _

COUNTED = 1000


@dataclass(frozen=True, slots=True)
class Bounded:
    """A number of rows that stops at `COUNTED`."""

    n: int

    @classmethod
    def of(cls, rows: QuerySet) -> "Bounded":
        return cls(rows.order_by()[:COUNTED].count())

    def __str__(self) -> str:
        shown = number_format(self.n, force_grouping=True)
        return _("%(n)s or more") % {"n": shown} if self.n >= COUNTED else shown
