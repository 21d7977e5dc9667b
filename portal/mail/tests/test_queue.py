"""Queueing: one mail for a cause, in the transaction of what caused it."""

from datetime import date

import pytest
from django.db import transaction

from portal.lib import clock
from portal.mail.actions.queue import Draft, queue, queue_many, withhold
from portal.mail.models import MailState, Message
from portal.testing.races import at_once

pytestmark = pytest.mark.django_db

DRAFT = Draft(kind="test/hello", key="claim:17:request", to="carol@bakery.example")


def test_a_queued_mail_waits_to_be_sent_at_once() -> None:
    with clock.frozen(date(2026, 6, 15)):
        message = queue(DRAFT)

        assert (message.state, message.tries) == (MailState.QUEUED, 0)
        assert list(Message.objects.ready(clock.now())) == [message]


def test_a_cause_told_twice_queues_one_mail() -> None:
    first = queue(DRAFT)

    second = queue(Draft(kind="test/other", key=DRAFT.key, to="charlie@elsewhere.example"))

    assert second == first
    assert Message.objects.get().to == "carol@bakery.example"


def test_many_are_queued_and_those_queued_before_are_left_alone() -> None:
    queue(DRAFT)

    queue_many([DRAFT, Draft(kind="test/hello", key="claim:18:request", to="c@d.example"), DRAFT])

    assert set(Message.objects.values_list("key", flat=True)) == {DRAFT.key, "claim:18:request"}


def test_every_mail_has_a_message_id_of_the_senders_domain(settings) -> None:
    settings.DEFAULT_FROM_EMAIL = "Partners <hello@partners.example>"

    message = queue(DRAFT)

    assert message.message_id.startswith("<")
    assert message.message_id.endswith("@partners.example>")


def test_what_is_rolled_back_is_never_mailed() -> None:
    with transaction.atomic():
        queue(DRAFT)
        transaction.set_rollback(True)

    assert not Message.objects.exists()


@pytest.mark.parametrize("state", [state for state in MailState if state != MailState.QUEUED])
def test_only_a_mail_still_in_the_queue_can_be_withheld(state) -> None:
    message = queue(DRAFT)
    Message.objects.update(state=state, sent_at=clock.now() if state == MailState.SENT else None)

    assert not withhold(message)
    assert Message.objects.get().state == state


def test_a_withheld_mail_is_not_ready() -> None:
    assert withhold(queue(DRAFT))

    assert not Message.objects.ready(clock.now()).exists()


@pytest.mark.django_db(transaction=True)
def test_a_cause_told_by_two_at_once_queues_one_mail() -> None:
    first, second = at_once(lambda: queue(DRAFT), lambda: queue(DRAFT))

    assert first == second
    assert Message.objects.count() == 1
