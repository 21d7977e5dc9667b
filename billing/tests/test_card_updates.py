"""Cards their network renews, in rehearsal."""

import pytest
from django.core.management import CommandError, call_command

from billing.models import Invoice
from billing.models.invoices import InvoiceState
from billing.rules import Cycle
from portal.lib import clock
from portal.mail.actions.hand_over import send_due
from portal.mail.models import Message
from portal.testing import builders as make
from portal.testing.builders import TODAY, noon

pytestmark = pytest.mark.django_db


@pytest.fixture
def card():
    return make.card(account=make.studio())


def renew(card, *, last4: str = "1881") -> None:
    with clock.frozen(TODAY):
        call_command("simulate_card_update", card.account.ref, last4=last4)


def test_the_holder_sees_old_and_new_digits_and_dates(card, capsys) -> None:
    renew(card)
    with clock.frozen(TODAY):
        send_due(at=noon(TODAY))

    message = Message.objects.get(kind="billing/card_updated")
    words = " ".join(message.text.split())
    assert message.to == "alice@studio.example"
    assert "Before: Visa •••• 4242, expires 12/2034" in words
    assert "Now: Visa •••• 1881, expires 12/2039" in words


def test_the_page_of_cards_shows_it_as_it_is_now(card, client, capsys) -> None:
    renew(card)
    client.force_login(make.person())

    page = client.get(f"/a/{card.account.ref}/billing/cards/").content.decode()

    assert "1881" in page
    assert "12/2039" in page
    assert "renewed by your bank on June 15, 2026" in page


def test_what_it_could_not_pay_is_due_at_once(card, live, capsys) -> None:
    bought = make.subscription_bought(
        account=card.account, cycle=Cycle.MONTHLY, on=TODAY.replace(month=5)
    )
    type(card).objects.filter(pk=card.pk).update(provider_ref="sim_lost:1")
    live(TODAY)
    waiting = Invoice.objects.get(state=InvoiceState.OPEN).next_attempt_on

    renew(card)

    assert bought.paid_through == TODAY
    assert waiting is None
    assert Invoice.objects.get(state=InvoiceState.OPEN).next_attempt_on == TODAY


def test_a_removed_card_is_left_alone(card) -> None:
    type(card).objects.filter(pk=card.pk).update(removed_at=noon(TODAY))

    with pytest.raises(CommandError, match="test card"):
        renew(card)


def test_details_that_are_the_same_are_no_news(card, capsys) -> None:
    renew(card)
    type(card).objects.filter(pk=card.pk).update(expires_year=2034)

    renew(card)

    assert Message.objects.filter(kind="billing/card_updated").count() == 2


def test_a_real_gateway_is_not_simulated(card, settings) -> None:
    settings.PAYMENT_GATEWAY = "stripe"

    with pytest.raises(CommandError, match="by itself"):
        renew(card)
