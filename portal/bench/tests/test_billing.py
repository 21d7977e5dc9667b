"""The benches of billing, at the smallest size: what they measure truly happens."""

import pytest

from billing.models import Invoice, PaymentAttempt, Period, PriceNotice, Subscription
from billing.models.invoices import InvoiceState
from partners.models import PointsDue, QualifyingEvent
from portal.bench.billing.agreements import HELD
from portal.bench.billing.bare import rows_stored
from portal.bench.billing.batches import bench_batches
from portal.bench.billing.charges import bench_charges
from portal.bench.billing.idle import bench_idle
from portal.bench.billing.latency import bench_latency
from portal.bench.billing.world import DAY, make_world
from portal.mail.models import MailState, Message

# Workers are processes of their own and see what is committed only.
pytestmark = pytest.mark.django_db(transaction=True)


def charged() -> int:
    """How many invoices were drawn up and paid, those of the invented past left out."""
    return Invoice.objects.filter(state=InvoiceState.PAID, due_on__gte=DAY).count()


def test_the_platform_is_there_with_what_is_due():
    make_world(accounts=7, due=[3, 2])

    assert Subscription.objects.count() == 7 * len(HELD)
    assert Subscription.objects.filter(next_charge_on=DAY).count() == 3 * len(HELD)
    assert Subscription.objects.due(DAY.replace(day=DAY.day + 1)).count() == 5 * len(HELD)
    assert Invoice.objects.count() == 7


def test_bare_sql_writes_what_charging_writes():
    figures = bench_charges(accounts=5)

    assert charged() == 5
    assert Period.objects.filter(ordinal=1, opened_at__isnull=False).count() == 5 * len(HELD)
    assert PaymentAttempt.objects.filter(settled_at__isnull=True).count() == 0
    assert Subscription.objects.filter(next_ordinal=2).count() == 5 * len(HELD)
    assert QualifyingEvent.objects.filter(occurs_on__gt=DAY).count() == PointsDue.objects.count()
    assert Message.objects.filter(kind="billing/receipt", state=MailState.QUEUED).count() == 5
    assert figures["rows_written"] == rows_stored() - 5 * 10 + 5 * len(HELD)
    assert all(figures.values())


def test_a_day_without_anything_due_is_measured_on_one():
    figures = bench_idle(accounts=4)

    assert figures["subscriptions"] == 4 * len(HELD)
    assert charged() == 0
    assert not PriceNotice.objects.exists()
    assert "seconds_together" in figures


def test_a_slow_gateway_is_asked_about_every_account():
    figures = bench_latency(accounts=4, concurrencies=(1, 2), seconds=0.001)

    assert charged() == 4 + 2
    assert figures["2_at_once_charges_a_second"] > 0


def test_batches_are_charged_on_a_small_platform_and_on_a_large_one():
    figures = bench_batches(accounts=9, few=1, many=2, plenty=3)

    assert charged() == 1 + 2 + 3
    assert Subscription.objects.count() == 9 * len(HELD)
    assert [name for name in figures if name.startswith("27_subscriptions")]
    assert all(figures.values())
