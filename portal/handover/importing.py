"""An import from beginning to end: stage, check, write, tell.

All of it is one transaction: a handover is there as a whole or not at all, whatever stops it, and
nobody sees sites without their subscriptions in between. A file with bad rows is not written, and
neither is one that depends on it, unless the bad rows are to be skipped.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path

import pghistory
from django.db import connection, transaction
from django.db.models import Model

from billing.models import (
    Cancellation,
    NonprofitVerification,
    PaymentMethod,
    Period,
    Plan,
    Price,
    Product,
    Sale,
    SaleOffer,
    Subscription,
)
from partners.models import (
    Account,
    Contributor,
    Membership,
    PendingMembership,
    QualifyingEvent,
    Site,
)
from portal.handover import report, staging
from portal.handover.checks import check
from portal.handover.columns import PERIODS, SHEETS, SUBSCRIPTIONS
from portal.handover.courses import work_out
from portal.handover.exclusive import check_running
from portal.handover.sheet import Sheet
from portal.handover.upsert import Count
from portal.handover.writing.accounts import (
    write_accounts,
    write_members,
    write_nonprofits,
    write_payment_methods,
)
from portal.handover.writing.catalogue import write_catalogue, write_sales
from portal.handover.writing.sites import write_contributors, write_sites
from portal.handover.writing.subscriptions import write_periods, write_subscriptions
from portal.lib import clock

WRITTEN: tuple[type[Model], ...] = (
    Product,
    Plan,
    Price,
    Sale,
    SaleOffer,
    Account,
    Membership,
    PendingMembership,
    NonprofitVerification,
    PaymentMethod,
    Site,
    Contributor,
    Subscription,
    Period,
    Cancellation,
    QualifyingEvent,
)


class NothingToImportError(Exception):
    """The folder holds none of the files."""


class Fate(StrEnum):
    """What became of a file."""

    WRITTEN = "written"
    REFUSED = "not written: it has bad rows"
    HELD_BACK = "not written: it waits for another file"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How to import."""

    as_of: date
    is_dry_run: bool = False
    skips_bad: bool = False
    report: Path | None = None


@dataclass(slots=True)
class Told:
    """What became of one file."""

    sheet: Sheet
    rows: int
    is_whole: bool
    bad: int = 0
    fate: Fate = Fate.WRITTEN
    counts: list[Count] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of the import."""

    files: list[Told]
    report: Path
    complaints: int
    not_ours: list[str]

    @property
    def is_complete(self) -> bool:
        return all(told.fate is Fate.WRITTEN for told in self.files)


@dataclass(frozen=True, slots=True)
class Watcher:
    """Who is told how far the import is."""

    on_step: Callable[[str], object] = lambda _step: None
    on_bytes: Callable[[int], object] = lambda _count: None


def find_files(folder: Path) -> tuple[dict[str, Path], list[str]]:
    """The files of a handover by sheet, and the names of other CSV files in the folder."""
    ours: dict[str, Path] = {}
    others = []
    for path in sorted(folder.iterdir()):
        name = path.name.lower()
        if path.suffix.lower() != ".csv" or name == report.NAME:
            continue
        if name.removesuffix(".csv") in {sheet.name for sheet in SHEETS}:
            ours[name.removesuffix(".csv")] = path
        else:
            others.append(path.name)
    return ours, others


def import_folder(folder: Path, options: Options, watcher: Watcher = Watcher()) -> Outcome:
    """Take over what the folder holds; a dry run does all of it and takes it back.

    Raises NothingToImportError, and OSError for a file or report that cannot be opened.
    """
    paths, not_ours = find_files(folder)
    if not paths:
        raise NothingToImportError(folder)
    report_path = options.report or folder / report.NAME
    report.start(report_path)  # rather found out now than after all the work
    with transaction.atomic(), pghistory.context(command="import_data"):
        _work_fast()
        _know_sizes()
        staging.open_tables()
        files = _stage(paths, watcher)
        _check(files, options, watcher)
        _decide(files, options)
        _write(files, options, watcher)
        complaints = report.write(report_path)
        _know_sizes()
        staging.close_tables()
        transaction.set_rollback(options.is_dry_run)
    return Outcome(
        files=list(files.values()), report=report_path, complaints=complaints, not_ours=not_ours
    )


def _work_fast() -> None:
    """Joins over what was just staged are large and few: better planned for memory than spilled."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '64MB'")


def _know_sizes() -> None:
    """Tell the planner what is in the portal's tables now: after a large import it has no idea."""
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {', '.join(model._meta.db_table for model in WRITTEN)}")  # noqa: SLF001


def _stage(paths: dict[str, Path], watcher: Watcher) -> dict[str, Told]:
    files = {}
    for sheet in SHEETS:
        if sheet.name in paths:
            watcher.on_step(f"reading {sheet.filename}")
            loaded = staging.load(paths[sheet.name], sheet, on_bytes=watcher.on_bytes)
            files[sheet.name] = Told(sheet, loaded.rows, loaded.is_whole)
    return files


def _check(files: dict[str, Told], options: Options, watcher: Watcher) -> None:
    broken = {name for name, told in files.items() if not told.is_whole}
    for told in files.values():
        watcher.on_step(f"checking {told.sheet.filename}")
        check(told.sheet, skip_bad=options.skips_bad, broken=broken)
    if SUBSCRIPTIONS.name in files and PERIODS.name not in broken:
        watcher.on_step("working out periods")
        has_list = PERIODS.name in files
        work_out(as_of=options.as_of, has_list=has_list, skip_bad=options.skips_bad)
        check_running()
        if has_list:  # some subscriptions may have turned out bad just now
            check(PERIODS, skip_bad=options.skips_bad, broken=broken)


def _decide(files: dict[str, Told], options: Options) -> None:
    """Which files are written: not one with bad rows, and not one that depends on such a file.

    Of a file that breaks off nobody knows what is missing, so that no option writes it.
    """
    bad = staging.bad_lines()
    for told in files.values():
        told.bad = bad.get(told.sheet.name, 0)
        if not told.is_whole or (told.bad and not options.skips_bad):
            told.fate = Fate.REFUSED
    for _ in files:  # as often as a chain of them can be long
        for told in files.values():
            if told.fate is Fate.WRITTEN and any(
                files[name].fate is not Fate.WRITTEN for name in _needs(told.sheet) & files.keys()
            ):
                told.fate = Fate.HELD_BACK


def _needs(sheet: Sheet) -> set[str]:
    needs = {reference.sheet for reference in sheet.references}
    # Where a subscription stands is read from its list of periods.
    return needs | {PERIODS.name} if sheet is SUBSCRIPTIONS else needs


def _write(files: dict[str, Told], options: Options, watcher: Watcher) -> None:
    for told in files.values():
        if told.fate is Fate.WRITTEN:
            watcher.on_step(f"writing {told.sheet.filename}")
            told.counts = _writer(told.sheet, options, at=clock.now())()


def _writer(sheet: Sheet, options: Options, *, at: datetime) -> Callable[[], list[Count]]:
    def subscriptions() -> list[Count]:
        return [*write_subscriptions(at=at), *write_periods(at=at, on=options.as_of)]

    writers: dict[str, Callable[[], list[Count]]] = {
        "catalogue": write_catalogue,
        "sales": write_sales,
        "accounts": write_accounts,
        "nonprofits": write_nonprofits,
        "members": write_members,
        "payment_methods": write_payment_methods,
        "sites": lambda: write_sites(on=options.as_of),
        "contributors": write_contributors,
        "subscriptions": subscriptions,
        "periods": list,  # written with the subscriptions they belong to
    }
    return writers[sheet.name]
