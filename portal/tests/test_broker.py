"""Celery's messages in the portal's own database."""

import pytest
from celery import current_app
from django.db import connection

from portal.lib import broker


@pytest.mark.django_db
def test_delivered_messages_are_forgotten_and_waiting_ones_kept(settings) -> None:
    settings.CELERY_BROKER_URL = "sqla+postgresql+psycopg://"
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE kombu_message (visible boolean)")
        cursor.execute("INSERT INTO kombu_message VALUES (true), (false), (false)")

    assert broker.forget_delivered() == 2

    assert broker.forget_delivered() == 0


@pytest.mark.django_db
def test_before_the_first_message_there_is_nothing_to_forget(settings) -> None:
    settings.CELERY_BROKER_URL = "sqla+postgresql+psycopg://"

    assert broker.forget_delivered() == 0


def test_another_broker_is_left_alone(settings) -> None:
    settings.CELERY_BROKER_URL = "redis://localhost"

    assert broker.forget_delivered() == 0
    assert current_app.main == "portal"
