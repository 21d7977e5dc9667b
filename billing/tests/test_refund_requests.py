"""Refunds by one person up to a limit, by two above it; in pieces they are no way around it."""

from datetime import date
from decimal import Decimal

import pytest

from billing.actions.credit import left_to_credit
from billing.actions.refund import refund
from billing.actions.refund_requests import approve_refund, ask_for_refund, decline_refund
from billing.errors import (
    AlreadyAskedError,
    CreditTooLargeError,
    OwnRefundRequestError,
    RefundDecidedError,
    SecondPersonNeededError,
)
from billing.models import (
    CreditNote,
    InvoiceLine,
    Refund,
    RefundDecision,
    RefundRequest,
    SimulatedRefund,
)
from billing.rules import REFUNDED_ALONE_UP_TO, refund_needs_second_person
from portal.staff.tests.populate import browser, staff
from portal.testing import builders as make
from portal.testing.assertions import NEVER_CHANGES, insert_like, refused, set_columns
from portal.testing.builders import noon
from portal.testing.races import at_once

pytestmark = pytest.mark.django_db

BOUGHT = date(2026, 3, 1)
LIMIT = REFUNDED_ALONE_UP_TO["USD"]
CENT = Decimal("0.01")
ABOVE = LIMIT + CENT


def dear_line() -> InvoiceLine:
    """A paid line of 1,200 USD."""
    make.price(plan=make.plan(), amount=1200)
    make.subscription_bought(on=BOUGHT, account=make.enrolled())
    return InvoiceLine.objects.get()


@pytest.fixture
def line() -> InvoiceLine:
    return dear_line()


@pytest.fixture
def waiting(line) -> RefundRequest:
    return asked_for(line)


def pay_back(line: InvoiceLine, amount: Decimal) -> Refund:
    return refund(
        line.invoice,
        {line.pk: amount},
        left=left_to_credit(line.invoice),
        reason="Bought by mistake",
        by=make.person(name="Dana"),
        at=noon(BOUGHT),
    )


def asked_for(line: InvoiceLine, amount: Decimal = ABOVE) -> RefundRequest:
    return ask_for_refund(
        line,
        amount,
        reason="Bought by mistake",
        by=make.person(name="Dana"),
        at=noon(BOUGHT),
    )


def approve(asked: RefundRequest, by: str = "Erin") -> Refund:
    return approve_refund(asked, why="I looked it up", by=make.person(name=by), at=noon(BOUGHT))


def decline(asked: RefundRequest, by: str = "Erin") -> RefundDecision:
    return decline_refund(asked, why="Not agreed", by=make.person(name=by), at=noon(BOUGHT))


# --- One person, or two --------------------------------------------------------------------------


@pytest.mark.parametrize("amount", [LIMIT - CENT, LIMIT])
def test_up_to_the_limit_one_person_pays_back(line, amount) -> None:
    pay_back(line, amount)

    assert SimulatedRefund.objects.get().amount == amount


def test_a_cent_above_the_limit_one_person_pays_nothing_back(line) -> None:
    with pytest.raises(SecondPersonNeededError):
        pay_back(line, ABOVE)

    assert not CreditNote.objects.exists()
    assert not SimulatedRefund.objects.exists()


def test_in_pieces_no_more_of_an_invoice_goes_back_than_at_once(line) -> None:
    pay_back(line, LIMIT)

    with pytest.raises(SecondPersonNeededError):
        pay_back(line, CENT)

    assert SimulatedRefund.objects.get().amount == LIMIT


def test_what_two_have_given_leaves_one_persons_limit_whole(line, waiting) -> None:
    approve(waiting)

    pay_back(line, LIMIT)

    assert CreditNote.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_two_pieces_at_once_are_no_way_around_the_limit() -> None:
    line = dear_line()
    make.person(name="Dana")

    outcomes = at_once(*[lambda: pay_back(line, LIMIT)] * 2)

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["LeftChangedError", "Refund"]
    with pytest.raises(SecondPersonNeededError):
        pay_back(line, LIMIT)


def test_of_a_currency_without_a_limit_nothing_goes_back_alone() -> None:
    assert refund_needs_second_person(CENT, currency="KWD")


# --- The second person ---------------------------------------------------------------------------


def test_approved_by_a_second_person_the_money_goes_back(waiting) -> None:
    made = approve(waiting)

    assert SimulatedRefund.objects.get().amount == ABOVE
    assert made.asked_by == waiting.requested_by
    assert waiting.decision.credit_note == made.credit_note
    assert not RefundRequest.objects.awaiting_second_person().exists()


def test_a_declined_refund_stays_with_its_words_and_pays_nothing(waiting) -> None:
    decline(waiting)

    assert waiting.decision.why == "Not agreed"
    assert not CreditNote.objects.exists()
    assert not RefundRequest.objects.awaiting_second_person().exists()


@pytest.mark.parametrize("decide", [approve, decline])
def test_nobody_decides_on_a_refund_of_their_own(waiting, decide) -> None:
    with pytest.raises(OwnRefundRequestError):
        decide(waiting, by="Dana")

    assert list(RefundRequest.objects.awaiting_second_person()) == [waiting]
    assert not CreditNote.objects.exists()


def test_a_refund_is_decided_once(waiting) -> None:
    decline(waiting)

    with pytest.raises(RefundDecidedError):
        approve(waiting)

    assert not CreditNote.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_who_approve_a_refund_at_once_pay_back_once() -> None:
    asked = asked_for(dear_line())
    for name in ("Erin", "Charlie"):
        make.person(name=name)

    outcomes = at_once(lambda: approve(asked, by="Erin"), lambda: approve(asked, by="Charlie"))

    assert sorted(type(outcome).__name__ for outcome in outcomes) == [
        "Refund",
        "RefundDecidedError",
    ]
    assert SimulatedRefund.objects.get().amount == ABOVE


def test_of_a_line_one_refund_waits_at_a_time(line, waiting) -> None:
    with pytest.raises(AlreadyAskedError):
        asked_for(line)

    assert RefundRequest.objects.get() == waiting


def test_more_than_is_left_cannot_be_asked_for(line) -> None:
    with pytest.raises(CreditTooLargeError):
        asked_for(line, line.gross_amount + CENT)

    assert not RefundRequest.objects.exists()


def test_what_went_back_meanwhile_cannot_be_approved(line) -> None:
    asked = asked_for(line, line.gross_amount)
    pay_back(line, CENT)

    with pytest.raises(CreditTooLargeError):
        approve(asked)

    assert list(RefundRequest.objects.awaiting_second_person()) == [asked]


# --- What the database itself refuses ------------------------------------------------------------


def test_the_database_wants_a_second_person_for_a_refund(line, waiting) -> None:
    decision = decline(waiting)
    other = asked_for(line)

    with refused("a second person decides on a refund"):
        insert_like(decision, request_id=other.pk, decided_by_id=other.requested_by_id)
    with refused("refund_approved_has_its_note"):
        insert_like(decision, request_id=other.pk, verdict="approved")
    with refused("refund_decided_for_a_reason"):
        insert_like(decision, request_id=other.pk, why="")
    with refused("request_id"):
        insert_like(decision)


def test_the_database_keeps_refund_requests_as_they_were(waiting) -> None:
    decision = decline(waiting)

    with refused(NEVER_CHANGES):
        set_columns(waiting, amount=1)
    with refused(NEVER_CHANGES):
        set_columns(decision, why="Something else")


# --- In the admin --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "status"),
    [("finance", 200), ("administrator", 200), ("support", 403), ("programme manager", 403)],
)
def test_finance_and_administrators_decide_on_refunds(waiting, role, status) -> None:
    client = browser(staff(role))

    pages = [
        client.get(f"/admin/billing/refundrequest/{name}/?row={waiting.pk}")
        for name in ("approval", "decline")
    ]

    assert [page.status_code for page in pages] == [status, status]


def test_a_colleague_approves_a_refund_in_the_admin_and_the_asker_cannot(line) -> None:
    dana, erin = staff("finance", name="Dana"), staff("finance", name="Erin")
    told = browser(dana).post(
        f"/admin/billing/invoiceline/refund/?row={line.pk}",
        {"amount": ABOVE, "reason": "Bought by mistake", f"seen-{line.pk}": line.gross_amount},
        follow=True,
    )
    address = f"/admin/billing/refundrequest/approval/?row={RefundRequest.objects.get().pk}"

    own = browser(dana).post(address, {"why": "Sure"}, follow=True)
    unpaid = not CreditNote.objects.exists()
    browser(erin).post(address, {"why": "The contract says so"})

    assert "a second person decides" in told.content.decode()
    assert "somebody else decides" in own.content.decode()
    assert unpaid
    assert CreditNote.objects.get().amount == ABOVE


def test_the_queue_names_the_refunds_that_wait(waiting) -> None:
    erin = browser(staff("finance", name="Erin"))

    queue = erin.get("/admin/billing/refundrequest/?decision=awaited").content.decode()
    address = f"/admin/billing/refundrequest/decline/?row={waiting.pk}"
    erin.post(address, {"why": "No"}, follow=True)  # with its message read
    after = erin.get("/admin/billing/refundrequest/?decision=awaited").content.decode()

    assert "$500.01" in queue
    assert "$500.01" not in after
    assert "Refunds awaiting a second person" in erin.get("/admin/").content.decode()
