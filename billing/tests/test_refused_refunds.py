"""A refund refused for good waits for a person: tried again, or paid back another way, once."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from billing.actions.refund import resolve_left_behind
from billing.actions.refused_refunds import pay_another_way, try_again
from billing.errors import CreditTooLargeError, NotRefusedError
from billing.models import (
    CreditNote,
    InvoiceLine,
    PeriodEnd,
    Refund,
    SimulatedCharge,
    SimulatedRefund,
    Subscription,
)
from billing.models.subscriptions import SubscriptionState
from billing.rules import Kind, Outcome
from partners.actions.points import attribute
from partners.models import EventVoid, PointsEntry
from partners.models.points import VoidReason
from portal.lib import clock
from portal.mail.models import Message
from portal.staff.tests.populate import browser, staff
from portal.testing import builders as make
from portal.testing.builders import TODAY, noon
from portal.testing.races import at_once

pytestmark = pytest.mark.django_db

BOUGHT = date(2026, 3, 1)
ELSEWHERE = "paid back in the gateway's own console"


@pytest.fixture
def bought() -> Subscription:
    return make.subscription_bought(on=BOUGHT, account=make.enrolled())


def line_of(subscription: Subscription) -> InvoiceLine:
    return subscription.invoice_lines.get()


def refused(line: InvoiceLine, amount: Any = "", *, on: date = TODAY) -> Refund:
    """A refund the gateway refuses: it has paid all of it back before, and knows it."""
    charge = SimulatedCharge.objects.get(pk=line.invoice.attempts.get().idempotency_key)
    left = charge.amount - sum(charge.refunds.values_list("amount", flat=True))
    charge.refunds.create(idempotency_key=ELSEWHERE, amount=left, refunded_at=noon(on))
    made = make.paid_back(line=line, amount=amount, on=on)
    assert made.outcome == Outcome.HARD_DECLINE.value
    return made


def gateway_thinks_better_of_it() -> None:
    SimulatedRefund.objects.filter(pk=ELSEWHERE).delete()


def again(refund: Refund, *, on: date = TODAY) -> Refund:
    with clock.frozen(on):
        return try_again(
            refund, reason="The bank is back", by=make.person(name="Erin"), at=noon(on)
        )


def otherwise(refund: Refund, *, on: date = TODAY) -> Refund:
    with clock.frozen(on):
        return pay_another_way(
            refund, how="By bank transfer", by=make.person(name="Erin"), at=noon(on)
        )


# --- Refused -------------------------------------------------------------------------------------


def test_a_refused_refund_leaves_its_credit_note_and_ends_nothing(bought):
    made = refused(line_of(bought))

    bought.refresh_from_db()
    assert made.decline_code == "nothing_left_to_refund"
    assert CreditNote.objects.get() == made.credit_note
    assert list(Refund.objects.refused()) == [made]
    assert bought.state == SubscriptionState.ACTIVE
    assert not PeriodEnd.objects.exists()
    assert not Message.objects.filter(kind="billing/refunded").exists()


def test_what_a_gateway_refused_to_pay_back_is_not_back_when_the_rest_is(bought):
    line = line_of(bought)
    part = refused(line, 30)
    gateway_thinks_better_of_it()

    make.paid_back(line=line, amount=70)
    ended_by_the_rest = PeriodEnd.objects.exists()
    again(part)

    assert not ended_by_the_rest
    assert PeriodEnd.objects.count() == 1


# --- Tried again ---------------------------------------------------------------------------------


def test_tried_again_it_is_a_refund_of_its_own_under_the_same_credit_note(bought):
    first = refused(line_of(bought))
    gateway_thinks_better_of_it()

    second = again(first)

    note = first.credit_note
    assert second.idempotency_key == f"refund-{note.ref}-2"
    assert (second.credit_note, second.amount) == (note, first.amount)
    assert (second.outcome, second.note) == (Outcome.SUCCEEDED.value, "The bank is back")
    assert (second.asked_by, second.settled_by) == (make.person(name="Erin"), None)
    assert CreditNote.objects.count() == 1
    assert not Refund.objects.refused().exists()


def test_money_that_came_back_at_the_second_try_has_the_same_consequences(bought):
    first = refused(line_of(bought))
    gateway_thinks_better_of_it()

    again(first)

    bought.refresh_from_db()
    assert bought.state == SubscriptionState.EXPIRED
    assert EventVoid.objects.get().reason == VoidReason.REFUND
    assert Message.objects.filter(kind="billing/refunded").count() == 1


def test_refused_again_it_waits_again(bought):
    first = refused(line_of(bought))

    second = again(first)
    gateway_thinks_better_of_it()
    third = again(second)

    assert third.idempotency_key == f"refund-{first.credit_note.ref}-3"
    assert [refund.outcome for refund in (first, second, third)] == [
        "hard_decline",
        "hard_decline",
        "succeeded",
    ]


def test_a_second_try_nobody_answers_is_asked_about_under_its_own_key(bought):
    first = refused(line_of(bought))
    gateway_thinks_better_of_it()
    unheard = Refund.objects.create(
        credit_note=first.credit_note,
        attempt=first.attempt,
        idempotency_key="refund-unheard-2",
        amount=first.amount,
        currency=first.currency,
        created_at=noon(TODAY),
    )

    with clock.frozen(TODAY):
        resolve_left_behind(on=TODAY, at=noon(TODAY) + timedelta(hours=1))

    unheard.refresh_from_db()
    assert unheard.outcome == Outcome.SUCCEEDED.value
    assert SimulatedRefund.objects.get().pk == "refund-unheard-2"


@pytest.mark.parametrize("follow_up", [again, otherwise])
def test_what_was_taken_up_is_not_taken_up_twice(bought, follow_up):
    first = refused(line_of(bought))
    gateway_thinks_better_of_it()
    follow_up(first)

    for another in (again, otherwise):
        with pytest.raises(NotRefusedError):
            another(first)

    assert Refund.objects.count() == 2


@pytest.mark.parametrize("follow_up", [again, otherwise])
def test_what_was_never_refused_is_left_alone(bought, follow_up):
    paid = make.paid_back(line=line_of(bought))

    with pytest.raises(NotRefusedError):
        follow_up(paid)

    assert Refund.objects.get() == paid


@pytest.mark.django_db(transaction=True)
def test_two_people_at_once_pay_back_once():
    first = refused(line_of(make.subscription_bought(on=BOUGHT)))
    gateway_thinks_better_of_it()
    erin = make.person(name="Erin")

    outcomes = at_once(
        lambda: try_again(first, reason="Again", by=erin, at=noon(TODAY)),
        lambda: pay_another_way(first, how="By transfer", by=erin, at=noon(TODAY)),
        lambda: try_again(first, reason="Again", by=erin, at=noon(TODAY)),
    )

    assert sum(isinstance(outcome, Refund) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, NotRefusedError) for outcome in outcomes) == 2
    assert Message.objects.filter(kind="billing/refunded").count() == 1


# --- Paid back another way -----------------------------------------------------------------------


def test_paid_back_another_way_no_gateway_is_asked_and_it_says_who_and_how(bought):
    first = refused(line_of(bought))
    gateway_thinks_better_of_it()

    paid = otherwise(first)

    assert (paid.outcome, paid.provider_ref) == (Outcome.SUCCEEDED.value, "")
    assert (paid.settled_by, paid.note) == (make.person(name="Erin"), "By bank transfer")
    assert paid.settled_at
    assert not SimulatedRefund.objects.exists()


def test_paid_back_another_way_the_same_follows_as_of_any_refund(bought):
    attribute(on=BOUGHT + timedelta(days=14))
    first = refused(line_of(bought))

    otherwise(first)

    bought.refresh_from_db()
    assert (bought.state, bought.paid_through) == (SubscriptionState.EXPIRED, TODAY)
    assert [entry.points for entry in PointsEntry.objects.order_by("pk")] == [100, -100]
    message = Message.objects.get(kind="billing/refunded")
    assert message.arguments == {"credit_note_id": first.credit_note_id}


def test_a_part_paid_back_another_way_ends_nothing(bought):
    otherwise(refused(line_of(bought), 30))

    bought.refresh_from_db()
    assert bought.state == SubscriptionState.ACTIVE
    assert not EventVoid.objects.exists()


def test_the_credit_note_stands_once_whatever_is_tried(bought):
    line = line_of(bought)
    refused(line)

    with pytest.raises(CreditTooLargeError):
        make.paid_back(line=line, amount=1)


# --- What the database refuses -------------------------------------------------------------------


def test_a_refund_settled_by_hand_says_how(bought):
    first = refused(line_of(bought))

    with pytest.raises(IntegrityError, match="settled_by_hand_says_how"), transaction.atomic():
        Refund.objects.create(
            credit_note=first.credit_note,
            attempt=first.attempt,
            idempotency_key="by hand",
            amount=1,
            currency="USD",
            settled_by=make.person(name="Erin"),
        )


@pytest.mark.parametrize("column", ["asked_by_id = NULL", "note = 'otherwise'"])
def test_who_asked_and_why_does_not_change(bought, column):
    make.paid_back(line=line_of(bought))

    with (
        pytest.raises(ProgrammingError, match="Cannot update"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"UPDATE billing_refund SET {column}")


# --- In the admin --------------------------------------------------------------------------------

LIST = "/admin/billing/refund/"


def page(name: str, *refunds: Refund) -> str:
    rows = "&".join(f"row={refund.pk}" for refund in refunds)
    return f"{LIST}{name}/?{rows}"


def test_the_queue_counts_what_was_refused_and_leads_to_it(bought):
    first = refused(line_of(bought))
    make.paid_back(line=line_of(make.subscription_bought(account=bought.account)))
    erin = browser(staff("finance"))

    counted = {
        str(queue.title): (url, backlog.count)
        for queue, url, backlog in erin.get("/admin/").context["queues"]
    }
    url, waiting = counted["Refused refunds"]
    listed = erin.get(url).context["cl"].result_list

    assert waiting == 1
    assert [refund.pk for refund in listed] == [first.pk]
    assert len(erin.get(LIST).context["cl"].result_list) == 2


def test_finance_tries_again_with_a_reason(bought):
    first = refused(line_of(bought))
    gateway_thinks_better_of_it()

    told = browser(staff("finance")).post(
        page("another-try", first), {"reason": "The bank is back"}, follow=True
    )

    assert f"paid back, credit note {first.credit_note}" in told.text
    assert Refund.objects.latest("pk").note == "The bank is back"


def test_finance_records_another_way_with_a_reason(bought):
    first, erin = refused(line_of(bought)), staff("finance", name="Erin")

    browser(erin).post(page("other-way", first), {"reason": "Transfer of 15 June"})

    assert Refund.objects.latest("pk").settled_by == erin


@pytest.mark.parametrize("name", ["another-try", "other-way"])
def test_without_a_reason_nothing_is_done(bought, name):
    first = refused(line_of(bought))

    asked = browser(staff("finance")).post(page(name, first), {"reason": " "})

    assert asked.status_code == 200
    assert "This field is required." in asked.text
    assert Refund.objects.get() == first


@pytest.mark.parametrize("name", ["another-try", "other-way"])
def test_a_second_click_does_nothing(bought, name):
    first, erin = refused(line_of(bought)), browser(staff("finance"))
    gateway_thinks_better_of_it()

    erin.post(page(name, first), {"reason": "Again"})
    told = erin.post(page(name, first), {"reason": "Again"}, follow=True)

    assert "taken up already" in told.text
    assert Refund.objects.count() == 2


@pytest.mark.parametrize("name", ["another-try", "other-way"])
@pytest.mark.parametrize(("role", "sees"), [("support", 200), ("programme manager", 403)])
def test_others_may_look_or_not_even_that_and_do_nothing(bought, name, role, sees):
    first, other = refused(line_of(bought)), browser(staff(role))

    assert other.get(LIST).status_code == sees
    assert other.get(page(name, first)).status_code == 403
    assert other.post(page(name, first), {"reason": "x"}).status_code == 403
    assert Refund.objects.get() == first


def test_the_buttons_are_there_while_there_is_something_to_do(bought):
    first, erin = refused(line_of(bought)), browser(staff("finance"))
    before = erin.get(f"{LIST}{first.pk}/change/").text

    otherwise(first)

    after = erin.get(f"{LIST}{first.pk}/change/").text
    assert "Paid back another way" in before
    assert "Try again" in before
    assert ">refused<" in "".join(before.split())
    assert "Try again" not in after


def test_the_list_asks_as_much_for_many_as_for_one(bought):
    erin = browser(staff("finance"))
    refused(line_of(bought))
    erin.get(LIST)

    with CaptureQueriesContext(connection) as few:
        erin.get(f"{LIST}?refused=yes")
    for _n in range(5):
        SimulatedRefund.objects.all().delete()
        refused(line_of(make.subscription_bought(account=bought.account, kind=Kind.DOMAIN)))
    with CaptureQueriesContext(connection) as many:
        erin.get(f"{LIST}?refused=yes")

    assert len(few) == len(many)


# --- What the payer sees -------------------------------------------------------------------------


def test_the_credit_note_says_whether_the_money_is_back(bought):
    first, alice = refused(line_of(bought)), Client()
    alice.force_login(make.person(name="Alice"))
    url = reverse("billing:credit_note", args=[bought.account.ref, first.credit_note.ref])

    before = alice.get(url).text
    otherwise(first)
    after = alice.get(url).text

    assert "not yet" in before
    assert "not yet" not in after
    assert "June 15, 2026" in after


# --- A renewal under way -------------------------------------------------------------------------


def test_what_is_paid_back_is_not_renewed_by_an_invoice_that_was_open(bought):
    from billing.actions.renew import renew_due

    make.card(account=bought.account, test_card="sim_soft")
    ahead = bought.next_charge_on
    with clock.frozen(ahead):
        renew_due(on=ahead)
    paid, renewal = bought.invoice_lines.order_by("pk")

    make.paid_back(line=paid, on=ahead)

    renewal.invoice.refresh_from_db()
    assert (renewal.invoice.state, renewal.invoice.next_attempt_on) == ("credited", None)
    dropped = renewal.invoice.credit_notes.get()
    assert (dropped.kind, dropped.amount) == ("adjustment", Decimal(100))
    bought.refresh_from_db()
    assert bought.state == SubscriptionState.EXPIRED
