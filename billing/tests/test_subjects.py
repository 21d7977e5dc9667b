"""What ran before there were keys holds the one a purchase would have made."""

from importlib import import_module

import pytest
from django.db import connection

from billing.models import Subscription
from billing.rules import Kind
from billing.subjects import runs_already, to_begin
from portal.testing import builders as make

pytestmark = pytest.mark.django_db


def fill_in() -> None:
    with connection.cursor() as cursor:
        cursor.execute(import_module("billing.migrations.0009_keys_of_what_runs").KEYS)


@pytest.mark.parametrize("kind", Kind)
def test_what_runs_gets_the_key_a_purchase_makes(kind) -> None:
    made = make.subscription_bought(kind=kind)
    Subscription.objects.update(exclusive_key="")

    fill_in()

    assert Subscription.objects.get().exclusive_key == made.exclusive_key != ""


@pytest.mark.parametrize(
    ("kind", "label", "key"),
    [
        (Kind.DOMAIN, "Juniper.Example.", "domain:juniper.example"),
        (Kind.DOMAIN, "the old one", ""),
        (Kind.DOMAIN, "müller.example", ""),
        (Kind.DOMAIN, "", ""),
        (Kind.BUSINESS_EMAIL, "Kim@Juniper.example", "business_email:kim@juniper.example"),
        (Kind.BUSINESS_EMAIL, "kim", ""),
    ],
)
def test_a_name_that_cannot_be_read_is_left_without(kind, label, key) -> None:
    make.subscription_bought(kind=kind)
    Subscription.objects.update(exclusive_key="", label=label)

    fill_in()

    assert Subscription.objects.get().exclusive_key == key


def test_of_several_that_run_for_the_same_the_oldest_holds_the_key() -> None:
    oldest = make.subscription_bought()
    Subscription.objects.update(exclusive_key="")
    make.subscription_bought(site=oldest.site)
    Subscription.objects.update(exclusive_key="")

    fill_in()

    assert Subscription.objects.exclude(exclusive_key="").get() == oldest


def test_a_key_that_is_held_is_left_with_its_holder() -> None:
    first = make.subscription_bought()
    Subscription.objects.update(exclusive_key="")
    holder = make.subscription_bought(site=first.site)

    fill_in()

    assert Subscription.objects.exclude(exclusive_key="").get() == holder


def test_what_has_ended_holds_no_key() -> None:
    make.subscription_bought()
    Subscription.objects.update(exclusive_key="", state="expired", next_charge_on=None)

    fill_in()

    assert Subscription.objects.get().exclusive_key == ""


@pytest.mark.parametrize(
    ("state", "runs"),
    [("starting", True), ("active", True), ("ending", True), ("expired", False)],
)
def test_it_runs_from_its_purchase_until_it_has_ended(state, runs) -> None:
    made = make.subscription_bought()
    Subscription.objects.update(state=state, next_charge_on=None)

    again = to_begin(
        made.account, made.plan, subject=made.site, currency="USD", on=made.purchased_on
    )

    assert runs_already(again) is runs
