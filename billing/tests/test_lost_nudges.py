"""Messages that never arrive: the periodic jobs alone finish what people have begun."""

from datetime import date

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from billing.models import Invoice
from billing.models.invoices import InvoiceState
from billing.rules import Cycle
from billing.tests.due_day import renew_on
from partners.models import Account, PointsEntry
from portal.celery import app as celery_app
from portal.lib import clock
from portal.mail.models import MailState, Message
from portal.schedule import JOBS
from portal.testing import builders as make
from portal.testing.workers import run_worker

pytestmark = pytest.mark.django_db(transaction=True)

BOUGHT, CHARGED = date(2026, 6, 15), date(2026, 7, 15)
NOBODY_LISTENS = "sqla+postgresql+psycopg://nobody@127.0.0.1:1/nothing"
DONE = {"joined": 302, "gave a card": 302, "asked for a password": 302}


@pytest.fixture
def studio() -> Account:
    """Alice's card was refused, and her programme waits for her."""
    make.programme()
    account = make.studio()
    make.subscription_bought(account=account, cycle=Cycle.MONTHLY, on=BOUGHT)
    make.card(account=account, test_card="sim_lost")
    renew_on(CHARGED)
    celery_app.control.purge()
    return account


def begin_everything(account_ref: str) -> dict[str, int]:
    """Alice does what nudges a worker; gives what each page answered."""
    alice = Client(SERVER_NAME="localhost")
    alice.force_login(make.person())
    with clock.frozen(CHARGED):
        return {
            "joined": alice.post(reverse("partners:enrolment", args=[account_ref])).status_code,
            "gave a card": alice.post(
                reverse("billing:cards", args=[account_ref]), {"card": "sim_ok"}
            ).status_code,
            "asked for a password": Client(SERVER_NAME="localhost")
            .post(reverse("account_reset_password"), {"email": make.ADDRESSES["Alice"]})
            .status_code,
        }


def begin_without_a_broker(account_ref: str) -> dict[str, int]:
    """The same in a process of its own, which no broker answers."""
    settings.CELERY_BROKER_URL = NOBODY_LISTENS
    assert celery_app.conf.broker_url == NOBODY_LISTENS  # it had not been looked at before
    return begin_everything(account_ref)


def run_the_jobs() -> None:
    with clock.frozen(CHARGED):
        for job in JOBS:
            job.load().run()


def assert_all_is_finished() -> None:
    assert set(Invoice.objects.values_list("state", flat=True)) == {InvoiceState.PAID.value}
    assert PointsEntry.objects.count() == 1
    assert set(Message.objects.values_list("state", flat=True)) == {MailState.SENT.value}


def test_with_every_message_deleted_the_jobs_finish_everything(studio) -> None:
    done = begin_everything(studio.ref)
    deleted = celery_app.control.purge()

    run_the_jobs()

    assert (done, deleted) == (DONE, len(DONE))
    assert_all_is_finished()


def test_with_the_broker_away_people_are_served_and_the_jobs_finish_everything(studio) -> None:
    begun = run_worker(begin_without_a_broker, studio.ref)

    run_the_jobs()

    assert begun.result == DONE
    assert_all_is_finished()
