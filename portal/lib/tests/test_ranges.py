"""Ranges for exclusion constraints say "the same row" and "these days"."""

from datetime import date

import pytest

from partners.models import Contributor
from portal.lib.ranges import DateSpan, Same
from portal.testing import builders as make

pytestmark = pytest.mark.django_db


def test_the_range_of_an_id_is_that_id_alone() -> None:
    spell = make.contributor(account=make.studio(), site=make.clients_site())

    found = Contributor.objects.annotate(same=Same("site")).get()

    assert (found.same.lower, found.same.upper) == (spell.site_id, spell.site_id + 1)


@pytest.mark.parametrize(("bounds", "upper"), [("[)", date(2026, 1, 31)), ("[]", date(2026, 2, 1))])
def test_a_span_has_its_last_day_if_asked_to(bounds, upper) -> None:
    make.contributor(
        account=make.studio(),
        site=make.clients_site(),
        from_on=date(2026, 1, 1),
        to_on=date(2026, 1, 31),
    )

    found = Contributor.objects.annotate(days=DateSpan("from_on", "to_on", bounds=bounds)).get()

    assert (found.days.lower, found.days.upper) == (date(2026, 1, 1), upper)


def test_a_span_without_an_end_goes_on_for_ever() -> None:
    make.contributor(account=make.studio(), site=make.clients_site(), from_on=date(2026, 1, 1))

    found = Contributor.objects.annotate(days=DateSpan("from_on", "to_on", bounds="[]")).get()

    assert found.days.upper is None
