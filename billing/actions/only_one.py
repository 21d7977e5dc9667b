"""One running subscription for a site, account, domain or mailbox: the database says so."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import IntegrityError, transaction

from billing.errors import AlreadySubscribedError


@contextmanager
def only_one_running() -> Iterator[None]:
    """Around what makes a subscription run. Raises AlreadySubscribedError if another one does."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        if "one_running_subscription_for" in str(error):
            raise AlreadySubscribedError from error
        raise
