"""The settings as tests see them: the same, on a PostgreSQL of their own and with no worker."""

from portal.testing import postgres

postgres.use()

from portal.settings import *  # noqa: E402, F403

# Nudges go nowhere: a test runs what would be due by asking for it.
CELERY_BROKER_URL = "memory://localhost"
CELERY_BROKER_TRANSPORT_OPTIONS = {}
