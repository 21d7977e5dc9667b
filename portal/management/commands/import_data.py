"""`manage.py import_data DIR [--dry-run]`: take over what a platform has today (docs/import.md)."""

from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from portal.handover.importing import (
    NothingToImportError,
    Options,
    Outcome,
    Told,
    Watcher,
    find_files,
    import_folder,
)
from portal.handover.report import table
from portal.lib import clock
from portal.rehearsal import apply_clock

HEADER = ("file", "rows", "bad", "of them", "new", "changed", "unchanged", "kept", "")


class Command(BaseCommand):
    help = "Read a folder of CSV files: accounts, sites, subscriptions … A second time updates."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, metavar="DIR")
        parser.add_argument(
            "--dry-run", action="store_true", help="do all of it, tell what came of it, undo it"
        )
        parser.add_argument(
            "--skip-bad",
            action="store_true",
            help="leave out bad rows, and rows that refer to them, instead of whole files",
        )
        parser.add_argument(
            "--as-of",
            type=date.fromisoformat,
            metavar="YYYY-MM-DD",
            help="the day the files were written; today unless told",
        )
        parser.add_argument(
            "--report", type=Path, metavar="FILE", help="where bad rows are listed (in DIR)"
        )

    def handle(self, **options: Any) -> None:
        apply_clock()
        folder: Path = options["folder"]
        if not folder.is_dir():
            raise CommandError(f"{folder} is not a folder.")
        as_of = options["as_of"] or clock.today()
        if as_of > clock.today():
            raise CommandError(f"--as-of {as_of} has not come yet.")
        how = Options(
            as_of=as_of,
            is_dry_run=options["dry_run"],
            skips_bad=options["skip_bad"],
            report=options["report"],
        )
        outcome = self._import(folder, how)
        self._tell(outcome, is_dry_run=how.is_dry_run)
        if not outcome.is_complete:
            raise CommandError(
                "Some files were not written: correct them and import again, or --skip-bad."
            )

    def _import(self, folder: Path, how: Options) -> Outcome:
        size = sum(path.stat().st_size for path in find_files(folder)[0].values())
        # Told apart from the summary: the bar is on stderr, and only where somebody watches.
        with tqdm(total=size, unit="B", unit_scale=True, disable=None) as bar:
            watcher = Watcher(on_step=bar.set_description, on_bytes=bar.update)
            try:
                return import_folder(folder, how, watcher)
            except OSError as error:
                raise CommandError(f"{error.filename}: {error.strerror}.") from error
            except KeyboardInterrupt as error:
                raise CommandError("Interrupted: nothing was written.") from error
            except NothingToImportError as error:
                raise CommandError(f"{folder} holds no file of docs/import.md.") from error

    def _tell(self, outcome: Outcome, *, is_dry_run: bool) -> None:
        rows = [row for told in outcome.files for row in _lines(told)]
        self.stdout.write(table(HEADER, rows))
        for name in outcome.not_ours:
            self.stdout.write(f"{name} is not a file of a handover and was not read.")
        if outcome.complaints:
            self.stdout.write(f"Bad rows: {outcome.complaints}, listed in {outcome.report}")
        if is_dry_run:
            self.stdout.write("Dry run: nothing was written.")


def _lines(told: Told) -> list[tuple[object, ...]]:
    """One line for each table the file went to; the file's name stands on the first."""
    name, rows, bad = told.sheet.filename, told.rows, told.bad
    if not told.counts:
        told_elsewhere = "with subscriptions.csv" if told.sheet.name == "periods" else ""
        note = told_elsewhere if told.fate.name == "WRITTEN" else told.fate.value
        return [(name, rows, bad, "", "", "", "", "", note)]
    return [
        (
            *((name, rows, bad) if place == 0 else ("", "", "")),
            count.what,
            count.new,
            count.changed,
            count.unchanged,
            count.kept,
            "",
        )
        for place, count in enumerate(told.counts)
    ]
