"""Handing a mail over and making it pointless take turns, so that neither overlooks the other.

No third party is called inside a transaction, so no row lock can hold an answer back while the mail
server is spoken to. A lock of the database session does; it ends with the session, whatever becomes
of the worker.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from portal.mail.models import Message


@contextmanager
def handing_over(message: Message) -> Iterator[None]:
    """In here nobody makes the mail pointless; on entry, what made it so has been committed."""
    _ask("pg_advisory_lock", message)
    try:
        yield
    finally:
        _ask("pg_advisory_unlock", message)


def wait_for_hand_over(message: Message) -> None:
    """Afterwards, until the transaction ends, nobody begins to hand the mail over."""
    _ask("pg_advisory_xact_lock", message)


def _ask(function: str, message: Message) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(hashtextextended(%s, 0))", [f"mail:{message.pk}"])
