"""`make bench`: measure the large jobs on a database of their own, each beside a yardstick.

`ARGS="import --accounts 2000"` chooses a bench and its size. `billing` is all whose names begin so.
"""

import argparse
import os
from importlib import import_module
from pathlib import Path
from typing import Any

from portal.lib import embedded_postgres

ROOT = Path(__file__).resolve().parent.parent.parent

# Found by name, because their modules can be imported only when the database is there.
BENCHES = {
    "import": ("portal.bench.imports", "bench_import"),
    "billing-charges": ("portal.bench.billing.charges", "bench_charges"),
    "billing-idle": ("portal.bench.billing.idle", "bench_idle"),
    "billing-latency": ("portal.bench.billing.latency", "bench_latency"),
    "billing-batches": ("portal.bench.billing.batches", "bench_batches"),
    "attribution": ("portal.bench.attribution", "bench_attribution"),
    "home": ("portal.bench.home", "bench_home"),
    "approval": ("portal.bench.approval", "bench_approval"),
}


def main() -> None:
    arguments = _arguments()
    _use_throwaway_database()
    sizes = {"accounts": arguments.accounts} if arguments.accounts else {}
    for name, (module, function) in BENCHES.items():
        if name == arguments.bench or name.startswith(f"{arguments.bench}-"):
            print(f"{name}:", flush=True)
            _show(getattr(import_module(module), function)(**sizes))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("bench", nargs="?", default="import", choices=[*BENCHES, "billing"])
    parser.add_argument("--accounts", type=int, help="how many accounts it is measured with")
    return parser.parse_args()


def _show(figures: dict[str, Any]) -> None:
    width = max(len(name) for name in figures)
    for name, figure in figures.items():
        print(f"  {name.replace('_', ' '):<{width}}  {figure:>12,}", flush=True)


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


if __name__ == "__main__":
    main()
