"""`make bench`: measure the large jobs on a database of their own, each beside a yardstick.

`ARGS="import --accounts 2000"` chooses a bench and its size.
"""

import argparse
import os
from pathlib import Path
from typing import Any

from portal.lib import embedded_postgres

ROOT = Path(__file__).resolve().parent.parent.parent


def main() -> None:
    arguments = _arguments()
    _use_throwaway_database()
    figures = {"import": _import}[arguments.bench](arguments.accounts)
    width = max(len(name) for name in figures)
    for name, figure in figures.items():
        print(f"  {name.replace('_', ' '):<{width}}  {figure:>12,}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("bench", nargs="?", default="import", choices=["import"])
    parser.add_argument("--accounts", type=int, help="how many accounts the sample has")
    return parser.parse_args()


def _use_throwaway_database() -> None:
    """An embedded server with the settings of every day, and an empty database on it."""
    os.environ["DATABASE_URL"] = embedded_postgres.url(
        ROOT / "var" / "bench-postgres", database="bench"
    )
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    os.environ.setdefault("LOG_LEVEL", "WARNING")
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA public CASCADE")
        cursor.execute("CREATE SCHEMA public")
    call_command("migrate", verbosity=0)


def _import(accounts: int | None) -> dict[str, Any]:
    from portal.bench.imports import bench_import

    return bench_import(accounts) if accounts else bench_import()


if __name__ == "__main__":
    main()
