"""What the address on record is told about money, through the queue as it really goes out."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.conf import settings

from billing.actions.cancel import cancel
from billing.actions.charge import retry_due
from billing.actions.give_up import give_up_due
from billing.actions.purchase import buy
from billing.actions.renew import renew_due
from billing.emails.unpaid import decline_in_words
from billing.errors import PaymentDeclinedError
from billing.models import Invoice
from billing.models.invoices import InvoiceState
from billing.rules import Cycle, Kind
from portal.lib import clock
from portal.mail.actions.hand_over import send_due
from portal.mail.letters import compose
from portal.mail.models import MailState, Message
from portal.testing import builders
from portal.testing.builders import TODAY, noon

pytestmark = pytest.mark.django_db

BOUGHT = date(2026, 5, 15)  # a month before: the monthly plan renews today


@pytest.fixture
def studio():
    return builders.studio()


def deliver(kind: str, *, on: date = TODAY) -> Message:
    """Hand over all that is queued, and give the latest mail of this kind."""
    with clock.frozen(on):
        send_due(at=noon(on))
    message = Message.objects.filter(kind=kind).latest("id")
    assert message.state == MailState.SENT, message.last_error
    return message


def words(message: Message) -> str:
    return " ".join(message.text.split())


def renew(on: date = TODAY) -> Invoice:
    """Charge what is due that day; the latest invoice."""
    with clock.frozen(on):
        renew_due(on=on)
    return Invoice.objects.latest("id")


def declined(studio, *, test_card: str = "sim_soft") -> Invoice:
    """A monthly plan whose renewal was declined today."""
    site = builders.site(account=studio, address="bakery.example")
    builders.subscription_bought(site=site, cycle=Cycle.MONTHLY, on=BOUGHT)
    builders.card(account=studio, test_card=test_card)
    return renew()


# --- Paid ----------------------------------------------------------------------------------------


def test_receipt_says_what_for_how_much_why_and_with_which_card(studio):
    site = builders.site(account=studio, address="bakery.example")
    builders.subscription_bought(site=site)

    receipt = deliver("billing/receipt")

    invoice = Invoice.objects.get()
    assert receipt.to == "alice@studio.example"
    assert receipt.subject == f"Receipt {invoice.number}: $100.00"
    text = words(receipt)
    assert "charged $100.00 to Visa •••• 4242" in text
    assert "bakery.example: $100.00" in text
    assert "June 15, 2026 – June 14, 2027, standard price since Jan. 1, 2020" in text
    assert f"{settings.SITE_URL}/a/{studio.ref}/billing/invoices/{invoice.ref}/" in text


def test_receipt_of_a_sale_price_says_so(studio):
    builders.subscription_bought(account=studio, sale_amount=Decimal(50))

    assert "sale price, first year" in deliver("billing/receipt").text


def test_receipt_tells_the_tax_of_each_line_and_of_all(studio):
    builders.tax_rate()
    builders.subscription_bought(account=studio)

    receipt = deliver("billing/receipt")

    assert receipt.subject.endswith(": $120.00")
    assert "incl. 20 % VAT" in words(receipt)
    assert "Total: $120.00 of which 20 % VAT: $20.00" in words(receipt)


def test_receipt_of_what_is_not_taxed_says_nothing_of_tax(studio):
    builders.subscription_bought(account=studio)

    receipt = deliver("billing/receipt")

    assert "incl." not in receipt.text
    assert "of which" not in receipt.text


def test_receipt_says_what_was_charged_and_what_had_left_the_invoice_before(studio):
    builders.tax_rate()
    first, second = (
        builders.subscription_bought(account=studio, cycle=Cycle.MONTHLY, on=BOUGHT)
        for _ in range(2)
    )
    builders.card(account=studio, test_card="sim_soft")
    invoice = renew()
    first.refresh_from_db()
    cancel(first, by=builders.person(name="Alice"), at=noon(TODAY))
    builders.card(account=studio)
    later = TODAY + timedelta(days=1)
    with clock.frozen(later):
        retry_due(on=later)
    builders.paid_back(line=invoice.lines.get(subscription=second), amount=5, on=later)

    text = words(deliver("billing/receipt", on=later))

    note = invoice.credit_notes.earliest("id")
    assert "charged $12.00 to" in text
    assert f"{first.in_words}: −$12.00 taken back, credit note {note.number}" in text
    assert "Total: $12.00 of which 20 % VAT: $2.00" in text


def test_receipt_of_a_renewal_names_the_price_that_binds_it(studio):
    subscription = builders.subscription_bought(account=studio, cycle=Cycle.MONTHLY, on=BOUGHT)
    builders.price(
        plan=subscription.plan,
        amount=12,
        new_from=date(2026, 5, 20),
        existing_from=date(2026, 6, 1),
    )
    renew()

    receipt = deliver("billing/receipt")

    assert "$12.00" in receipt.subject
    assert "standard price since June 1, 2026" in words(receipt)


def test_receipt_of_what_is_free_names_no_card(studio):
    builders.nonprofit(account=studio)
    builders.subscription_bought(account=studio)

    receipt = deliver("billing/receipt")

    assert "Nothing was charged" in words(receipt)
    assert "Visa" not in receipt.text
    assert "free for non-profits" in receipt.text


def test_receipt_follows_the_readers_locale(studio):
    builders.subscription_bought(account=studio)
    Message.objects.update(language="en-gb")

    receipt = deliver("billing/receipt")

    assert "US$100.00" in receipt.subject
    assert "15 Jun 2026 – 14 Jun 2027" in words(receipt)


# --- Not paid ------------------------------------------------------------------------------------


def test_decline_that_is_tried_again_says_when(studio):
    declined(studio)

    failed = deliver("billing/payment_failed")

    text = words(failed)
    assert failed.subject == "Your payment of $10.00 did not go through"
    assert "not enough money" in text
    assert "bakery.example" in text
    assert "We try again on June 16, 2026" in text
    assert "unpaid after June 22, 2026" in text
    assert f"{settings.SITE_URL}/a/{studio.ref}/billing/" in text


def test_decline_for_good_asks_for_another_card(studio):
    declined(studio, test_card="sim_lost")

    text = words(deliver("billing/payment_failed"))

    assert "Please add another card" in text
    assert "We try again" not in text
    assert "lost" not in text


def test_decline_is_about_what_was_tried_and_not_what_had_left_the_invoice_before(studio):
    first, second = (
        builders.subscription_bought(account=studio, cycle=Cycle.MONTHLY, on=BOUGHT)
        for _ in range(2)
    )
    builders.card(account=studio, test_card="sim_soft")
    renew()
    first.refresh_from_db()
    cancel(first, by=builders.person(name="Alice"), at=noon(TODAY))
    later = TODAY + timedelta(days=1)
    with clock.frozen(later):
        retry_due(on=later)

    failed = deliver("billing/payment_failed", on=later)

    assert failed.subject == "Your payment of $10.00 did not go through"
    assert second.in_words in words(failed)
    assert first.in_words not in words(failed)


def test_missing_card_is_said_to_be_missing(studio):
    site = builders.site(account=studio)
    builders.subscription_bought(site=site, cycle=Cycle.MONTHLY, on=BOUGHT)
    studio.payment_methods.update(removed_at=noon(TODAY), is_default=False)
    renew()

    text = words(deliver("billing/payment_failed"))

    assert "There is no card on file" in text
    assert "Please add another card" in text


def test_mail_written_after_the_payment_says_that_it_is_paid(studio):
    declined(studio)
    builders.card(account=studio)
    with clock.frozen(TODAY + timedelta(days=1)):
        retry_due(on=TODAY + timedelta(days=1))
    assert Invoice.objects.latest("id").state == InvoiceState.PAID

    text = words(deliver("billing/payment_failed"))

    assert "It has been paid since" in text
    assert "We try again" not in text


def test_mail_written_after_another_try_leaves_its_news_to_the_page(studio):
    declined(studio)
    with clock.frozen(TODAY + timedelta(days=1)):
        retry_due(on=TODAY + timedelta(days=1))
    first = Message.objects.filter(kind="billing/payment_failed").earliest("id")

    with clock.frozen(TODAY):
        text = compose(first)[0].text

    assert "tried again since" in text


def test_bank_is_left_to_tell_its_suspicions():
    for code in ("lost_card", "stolen_card", "fraudulent", "", "do_not_honor"):
        assert decline_in_words(code) == ("The bank refused the payment.")


# --- Given up ------------------------------------------------------------------------------------


def test_given_up_says_what_ended_and_how_to_have_it_back(studio):
    invoice = declined(studio, test_card="sim_lost")
    after = invoice.collect_until + timedelta(days=1)
    with clock.frozen(after):
        give_up_due(on=after)

    given_up = deliver("billing/given_up", on=after)

    text = words(given_up)
    assert invoice.number in given_up.subject
    assert "bakery.example: was paid for until June 14, 2026, and has ended" in text
    assert "add a working card" in text
    assert "open the subscription and revive it" in text
    subscription = invoice.lines.get().subscription
    assert f"{settings.SITE_URL}/a/{studio.ref}/subscriptions/{subscription.ref}/" in text


def test_given_up_of_several_leads_to_where_all_of_them_are(studio):
    builders.subscription_bought(account=studio, cycle=Cycle.MONTHLY, on=BOUGHT)
    invoice = declined(studio, test_card="sim_lost")
    after = invoice.collect_until + timedelta(days=1)
    with clock.frozen(after):
        give_up_due(on=after)

    text = words(deliver("billing/given_up", on=after))

    assert f"{settings.SITE_URL}/a/{studio.ref}/billing/" in text
    assert "/subscriptions/" not in text


def test_given_up_order_says_that_nothing_was_bought(studio):
    site = builders.site(account=studio)
    plan = builders.plan()
    builders.price(plan=plan)
    builders.card(account=studio, test_card="sim_lost")
    with clock.frozen(TODAY), pytest.raises(PaymentDeclinedError):
        buy(studio, plan, subject=site, currency="USD", by=builders.person(), on=TODAY)

    given_up = deliver("billing/given_up")

    assert given_up.subject == "Your order could not be paid"
    assert "revive" not in given_up.text
    assert "did not begin" in given_up.text


# --- Paid back -----------------------------------------------------------------------------------


def test_refund_says_what_came_back_with_its_tax_what_ended_and_the_points(studio):
    builders.tax_rate()
    line = builders.subscription_bought(account=studio).invoice_lines.get()
    note = builders.paid_back(line=line).credit_note

    refunded = deliver("billing/refunded")

    text = words(refunded)
    assert refunded.subject == "$120.00 is on its way back to you"
    assert f"The credit note, {note.number}, is attached" in text
    assert "$120.00, incl. 20 % VAT (paid back whole, so it has ended)" in text
    assert "Points that this payment brought" in text
    assert f"/a/{studio.ref}/billing/credit-notes/{note.ref}/" in text


def test_refund_of_a_part_ends_nothing(studio):
    line = builders.subscription_bought(account=studio).invoice_lines.get()
    builders.paid_back(line=line, amount=30)

    text = words(deliver("billing/refunded"))

    assert "$30.00" in text
    assert "ended" not in text
    assert "Points" not in text


def test_refund_in_parts_says_with_the_last_that_it_has_ended(studio):
    line = builders.subscription_bought(account=studio).invoice_lines.get()
    builders.paid_back(line=line, amount=30)
    builders.paid_back(line=line, amount=70)

    assert "has ended" in words(deliver("billing/refunded"))


@pytest.mark.parametrize("kind", [Kind.DOMAIN, Kind.STUDIO_PLAN, Kind.MARKETING_SUITE])
def test_refund_of_what_earns_no_points_does_not_speak_of_points(studio, kind):
    line = builders.subscription_bought(account=studio, kind=kind).invoice_lines.get()
    builders.paid_back(line=line)

    text = words(deliver("billing/refunded"))

    assert "has ended" in text
    assert "oints" not in text


# --- What they cost ------------------------------------------------------------------------------


@pytest.mark.parametrize("sites", [1, 4])
def test_letters_read_as_much_for_many_lines_as_for_one(
    studio, sites, django_assert_max_num_queries
):
    for _n in range(sites):
        builders.subscription_bought(account=studio, cycle=Cycle.MONTHLY, on=BOUGHT)
    renew()
    message = Message.objects.filter(kind="billing/receipt").latest("id")

    with django_assert_max_num_queries(6):  # three for the words, three for the PDF
        written, _secrets = compose(message)

    assert written.text.count("standard price") == sites
