"""What was removed is forgotten by the gateway: once, later if it is silent, and nothing else."""

from datetime import timedelta

import pytest

from billing.actions.cards import add_card
from billing.actions.forget_cards import forget_removed
from billing.actions.remove_card import remove_card
from billing.models import PaymentMethod
from portal.testing import builders as make
from portal.testing.builders import TODAY, noon

AT, LATER = noon(TODAY), noon(TODAY) + timedelta(minutes=10)


@pytest.fixture
def kept(db, gateway) -> PaymentMethod:
    """Stays on file."""
    return add_card(make.studio(), method_ref="kept", by=make.person(), on=TODAY)


@pytest.fixture
def removed(kept) -> PaymentMethod:
    card = add_card(kept.account, method_ref="removed", by=make.person(), on=TODAY)
    remove_card(card, by=make.person(), on=TODAY, at=AT)
    return card


def test_the_gateway_forgets_what_was_removed_and_nothing_that_is_on_file(removed, gateway) -> None:
    assert forget_removed(at=AT) == 1

    assert gateway.forgotten == ["removed"]
    removed.refresh_from_db()
    assert removed.detached_at == AT


def test_it_is_asked_once(removed, gateway) -> None:
    forget_removed(at=AT)

    assert forget_removed(at=LATER) == 0

    assert gateway.forgotten == ["removed"]
    removed.refresh_from_db()
    assert removed.detached_at == AT


def test_a_gateway_that_is_silent_is_asked_again_by_the_next_run(removed, gateway) -> None:
    gateway.is_silent = True
    silent = forget_removed(at=AT)
    gateway.is_silent = False

    assert (silent, forget_removed(at=LATER)) == (0, 1)

    removed.refresh_from_db()
    assert removed.detached_at == LATER


def test_an_answer_nobody_can_read_keeps_no_other_card(removed, gateway, caplog) -> None:
    other = add_card(removed.account, method_ref="nonsense", by=make.person(), on=TODAY)
    remove_card(other, by=make.person(), on=TODAY, at=AT)
    gateway.answers_nonsense_about = "nonsense"

    assert forget_removed(at=AT) == 1

    assert gateway.forgotten == ["removed"]
    assert "could not be read" in caplog.text


def test_a_gateway_that_is_not_set_up_any_more_is_not_asked(removed, gateway, settings) -> None:
    PaymentMethod.objects.filter(pk=removed.pk).update(gateway="stripe")
    settings.STRIPE_SECRET_KEY = ""

    assert forget_removed(at=AT) == 0

    removed.refresh_from_db()
    assert removed.detached_at is None


# --- The real one --------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.xdist_group("stripe server")
class TestStripe:
    @pytest.fixture
    def card(self, proxy) -> PaymentMethod:
        customer = proxy.new_customer()
        card = proxy.new_card(customer=customer)
        return add_card(make.studio(), method_ref=card, by=make.person(), on=TODAY)

    def holder(self, proxy, card: PaymentMethod) -> str | None:
        return proxy.forward("GET", f"/v1/payment_methods/{card.provider_ref}")[1]["customer"]

    def test_a_removed_card_belongs_to_nobody_there(self, proxy, card) -> None:
        remove_card(card, by=make.person(), on=TODAY, at=AT)
        assert self.holder(proxy, card) == card.customer_ref

        assert forget_removed(at=AT) == 1

        assert self.holder(proxy, card) is None

    def test_a_card_of_which_no_holder_is_known_is_forgotten_too(self, proxy, card) -> None:
        PaymentMethod.objects.filter(pk=card.pk).update(customer_ref="")  # as if imported
        remove_card(card, by=make.person(), on=TODAY, at=AT)

        forget_removed(at=AT)

        assert self.holder(proxy, card) is None

    def test_a_card_that_is_somebody_elses_by_now_is_left_to_them(self, proxy, card) -> None:
        remove_card(card, by=make.person(), on=TODAY, at=AT)
        other = proxy.new_customer()
        proxy.forward(
            "POST", f"/v1/payment_methods/{card.provider_ref}/attach", f"customer={other}"
        )

        assert forget_removed(at=AT) == 1

        assert self.holder(proxy, card) == other

    def test_a_card_that_is_gone_there_is_forgotten(self, proxy, card) -> None:
        proxy.forget()
        remove_card(card, by=make.person(), on=TODAY, at=AT)

        assert forget_removed(at=AT) == 1

    def test_while_the_gateway_is_away_the_card_waits(self, proxy, card) -> None:
        remove_card(card, by=make.person(), on=TODAY, at=AT)

        with proxy.away():
            assert forget_removed(at=AT) == 0

        assert forget_removed(at=LATER) == 1
