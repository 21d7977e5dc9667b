"""Range expressions for exclusion constraints.

PostgreSQL compares scalars in a GiST index only with the btree_gist extension, which is not
everywhere. A range of exactly one id says the same with what every PostgreSQL has.
"""

from django.contrib.postgres.fields import BigIntegerRangeField, DateRangeField
from django.db.models import BigIntegerField, F, Func, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import NullIf


class Same(Func):
    """A foreign key as the range `[id, id]`: two of them overlap when they are equal."""

    function = "int8range"
    output_field = BigIntegerRangeField()

    def __init__(self, field: str) -> None:
        super().__init__(F(field), F(field), Value("[]"))


class SameText(Func):
    """A short text as the range of its hash; for codes so few that no two hashes are alike."""

    function = "int8range"
    output_field = BigIntegerRangeField()

    def __init__(self, field: str) -> None:
        hashed = Func(self.text(field), function="hashtext", output_field=BigIntegerField())
        super().__init__(hashed, hashed, Value("[]"))

    @staticmethod
    def text(field: str) -> Combinable:
        return F(field)


class SameTextOrAny(SameText):
    """The same, but the empty text is like every other: the range without ends."""

    @staticmethod
    def text(field: str) -> Combinable:
        return NullIf(F(field), Value(""))


class DateSpan(Func):
    """Two date columns as one range; `[)` leaves the last day out, `[]` keeps it in."""

    function = "daterange"
    output_field = DateRangeField()

    def __init__(self, start: str, end: str, *, bounds: str = "[)") -> None:
        super().__init__(F(start), F(end), Value(bounds))
