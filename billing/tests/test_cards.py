"""Cards on file: the gateway keeps them, the portal shows what may be shown."""

import pytest

from portal.lib import clock

from billing.actions.cards import UnknownCardError, add_card
from billing.models import PaymentMethod
from portal.testing import builders as make
from portal.testing.races import at_once


@pytest.mark.django_db
def test_a_card_is_kept_as_the_gateway_describes_it() -> None:
    card = add_card(make.studio(), method_ref="sim_ok_mastercard:1", on=clock.today())

    assert (card.gateway, card.provider_ref) == ("simulated", "sim_ok_mastercard:1")
    assert (card.brand, card.last4) == ("Mastercard", "4444")
    assert (card.expires_month, card.expires_year) == (12, 2034)


@pytest.mark.django_db
def test_the_newest_card_becomes_the_default() -> None:
    studio = make.studio()
    first = add_card(studio, method_ref="sim_ok:1", on=clock.today())

    second = add_card(studio, method_ref="sim_ok:2", on=clock.today())

    first.refresh_from_db()
    assert (first.is_default, second.is_default) == (False, True)


@pytest.mark.django_db
def test_one_accounts_default_leaves_anothers_alone() -> None:
    charlies = add_card(make.account(owner="Charlie"), method_ref="sim_ok:1", on=clock.today())

    add_card(make.studio(), method_ref="sim_ok:2", on=clock.today())

    charlies.refresh_from_db()
    assert charlies.is_default


@pytest.mark.django_db
@pytest.mark.parametrize("method_ref", ["", "4242424242424242", "nonsense:1"])
def test_a_reference_the_gateway_does_not_know_is_refused(method_ref) -> None:
    with pytest.raises(UnknownCardError):
        add_card(make.studio(), method_ref=method_ref, on=clock.today())

    assert not PaymentMethod.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_cards_added_at_once_leave_one_default() -> None:
    studio = make.studio()

    at_once(
        lambda: add_card(studio, method_ref="sim_ok:1", on=clock.today()),
        lambda: add_card(studio, method_ref="sim_ok:2", on=clock.today()),
    )

    assert PaymentMethod.objects.count() == 2
    assert PaymentMethod.objects.filter(is_default=True).count() == 1
