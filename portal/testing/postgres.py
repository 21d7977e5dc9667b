"""The PostgreSQL of the tests: embedded unless `DATABASE_URL` names another, real in any case."""

import os
from pathlib import Path

from portal.lib import embedded_postgres

ROOT = Path(__file__).resolve().parent.parent.parent
FOLDER = ROOT / "var" / "test-postgres"


def use() -> None:
    """Set `DATABASE_URL` for this process and those it starts, before settings are read.

    The first process of a test run starts the server and holds it to the end; the workers of
    pytest-xdist inherit its address. Durability is off, as nothing outlives the run.
    """
    if not os.environ.get("DATABASE_URL"):
        os.environ["DATABASE_URL"] = embedded_postgres.test_url(FOLDER)
