"""Many rows in one statement: values arrive as they were, and what is not said has its default."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from billing.models import Price, Subscription
from billing.models.subscriptions import SubscriptionState
from portal.lib.bulk import insert_many, update_many
from portal.lib.refs import new_ref
from portal.mail.models import MailState, Message
from portal.testing import builders as make

pytestmark = pytest.mark.django_db

AWKWARD = [
    "",
    " ",
    "NULL",
    "null",
    "{}",
    "a,b",
    "it's",
    '"quoted"',
    "back\\slash",
    "%s",
    "two\nlines\tand a tab",
    "Zoë – €5 “net”",
]


def message(key="one", **columns):
    return {"kind": "app/kind", "key": key, "to": "carol@bakery.example"} | columns


def test_any_text_arrives_as_it_was():
    ids = insert_many(Message, [message(str(n), text=text) for n, text in enumerate(AWKWARD)])

    assert [Message.objects.get(pk=pk).text for pk in ids] == AWKWARD


@given(st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))))
def test_all_texts_arrive_as_they_were(texts):
    rows = [message(ref := new_ref(), message_id=ref, text=text) for text in texts]

    ids = insert_many(Message, rows)

    arrived = dict(Message.objects.filter(pk__in=ids).values_list("pk", "text"))
    assert arrived == dict(zip(ids, texts, strict=True))


@pytest.mark.parametrize("value", [{"a": [1, None, "\"'\\"]}, {}, [], ["x"], "a word", 5, True])
def test_json_arrives_as_it_was(value):
    [pk] = insert_many(Message, [message(arguments=value)])

    assert Message.objects.get(pk=pk).arguments == value


def test_dates_amounts_and_instants_arrive_as_they_were():
    at = datetime(2026, 6, 15, 23, 59, 59, 123456, tzinfo=UTC)
    version = {"plan_id": make.plan().pk, "currency": "USD", "existing_from": date(2026, 2, 28)}

    [price] = insert_many(
        Price, [version | {"amount": Decimal("12.345"), "new_from": date(2024, 2, 29)}]
    )
    [queued] = insert_many(Message, [message(queued_at=at)])

    stored = Price.objects.get(pk=price)
    assert (stored.amount, stored.new_from) == (Decimal("12.345"), date(2024, 2, 29))
    assert Message.objects.get(pk=queued).queued_at == at


def test_what_is_not_said_has_the_fields_default_made_up_for_each_row():
    ids = insert_many(Message, [message("one"), message("two")])

    one, two = (Message.objects.get(pk=pk) for pk in ids)
    assert (one.state, one.language, one.tries, one.sent_at) == (MailState.QUEUED, "en", 0, None)
    assert one.ref != two.ref
    assert one.message_id != two.message_id


def test_what_is_there_already_is_left_alone_on_request():
    [first] = insert_many(Message, [message("one", text="first")])

    [second] = insert_many(
        Message,
        [message("one", text="later"), message("two", text="later")],
        ignore_conflicts=True,
    )

    assert Message.objects.get(pk=first).text == "first"
    assert Message.objects.get(pk=second).key == "two"


def test_what_is_there_already_is_refused_otherwise():
    with pytest.raises(IntegrityError, match="mail_message_key"):
        insert_many(Message, [message("one"), message("one")])


def test_each_row_is_set_to_what_is_said_of_it_and_nothing_else():
    one, two, other = (make.subscription_bought(account=make.account(owner=f"P{n}")) for n in "123")

    found = update_many(
        Subscription,
        [
            {"id": one.pk, "state": SubscriptionState.ENDING.value, "next_charge_on": None},
            {"id": two.pk, "state": "active", "next_charge_on": date(2027, 1, 1)},
            {"id": 0, "state": "active", "next_charge_on": None},
        ],
    )

    assert found == 2
    assert set(Subscription.objects.values_list("pk", "state", "next_charge_on")) == {
        (one.pk, "ending", None),
        (two.pk, "active", date(2027, 1, 1)),
        (other.pk, "active", other.next_charge_on),
    }


def test_nothing_to_write_asks_the_database_nothing():
    with CaptureQueriesContext(connection) as sent:
        assert insert_many(Message, []) == []
        assert update_many(Message, []) == 0

    assert not sent


def test_many_rows_are_one_statement():
    with CaptureQueriesContext(connection) as sent:
        ids = insert_many(Message, [message(str(n)) for n in range(1000)])

    assert len(sent) == 1
    assert ids == sorted(ids)
    assert list(Message.objects.order_by("pk").values_list("key", flat=True)) == [
        str(n) for n in range(1000)
    ]
