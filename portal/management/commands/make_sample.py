"""`manage.py make_sample DIR --accounts N --seed S`: an invented handover, for tests and trials."""

from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from portal.handover.report import table
from portal.handover.sample import make_sample
from portal.lib import clock
from portal.rehearsal import apply_clock


class Command(BaseCommand):
    help = "Write a folder of invented, consistent CSV files, as import_data reads them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, metavar="DIR")
        parser.add_argument("--accounts", type=int, default=100, metavar="N")
        parser.add_argument(
            "--seed", type=int, default=1, metavar="S", help="the same seed writes the same"
        )
        parser.add_argument(
            "--as-of", type=date.fromisoformat, metavar="YYYY-MM-DD", help="the day it is seen from"
        )
        parser.add_argument(
            "--without-periods",
            action="store_true",
            help="leave out periods.csv: the import derives it",
        )

    def handle(self, **options: Any) -> None:
        apply_clock()
        folder: Path = options["folder"]
        if folder.exists() and not folder.is_dir():
            raise CommandError(f"{folder} is not a folder.")
        counts = make_sample(
            folder,
            accounts=options["accounts"],
            seed=options["seed"],
            as_of=options["as_of"] or clock.today(),
            with_periods=not options["without_periods"],
        )
        self.stdout.write(table(("file", "rows"), [(f"{k}.csv", v) for k, v in counts.items()]))
