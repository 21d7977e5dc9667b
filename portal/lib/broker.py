"""Celery's messages kept in the portal's own database, for one machine without a broker."""

from celery import current_app
from django.conf import settings
from django.db import connection

SCHEME = "sqla+"


def is_in_database() -> bool:
    """Whether messages live in a database rather than in Redis or RabbitMQ."""
    return str(settings.CELERY_BROKER_URL).startswith(SCHEME)


def prepare() -> None:
    """Make the tables and the queue now: several processes making them at once trip each other."""
    if is_in_database():
        with current_app.connection_for_write() as broker:
            queue = current_app.amqp.queues[current_app.conf.task_default_queue]
            queue(broker.default_channel).declare()


def forget_delivered() -> int:
    """Delete delivered messages, which the transport only marks; returns how many.

    Without this the table, and the cost of looking into it, grow for ever.
    """
    if not is_in_database():
        return 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('kombu_message')")
        if cursor.fetchone() == (None,):
            return 0  # no message has ever been sent
        cursor.execute("DELETE FROM kombu_message WHERE NOT visible")
        return int(cursor.rowcount)
