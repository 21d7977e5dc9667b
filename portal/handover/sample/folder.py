"""Write the sample's files, account by account, so that its size does not matter."""

import csv
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from portal.handover.columns import SHEETS
from portal.handover.sample.people import Accounts
from portal.handover.sample.shop import Shop


class Folder:
    """The files of a handover, open for writing."""

    def __init__(self, writers: Mapping[str, "csv.DictWriter[str]"]) -> None:
        self._writers = writers
        self.counts: Counter[str] = Counter()

    def add(self, sheet: str, row: Mapping[str, Any]) -> None:
        if sheet in self._writers:
            self._writers[sheet].writerow(row)
            self.counts[sheet] += 1


@contextmanager
def open_folder(
    path: Path, *, with_periods: bool = True, is_added_to: bool = False
) -> Iterator[Folder]:
    """Make the folder and its files, or add to the ones that are there."""
    path.mkdir(parents=True, exist_ok=True)
    with ExitStack() as files:
        writers = {}
        for sheet in SHEETS:
            if sheet.name == "periods" and not with_periods:
                continue
            file = files.enter_context(
                (path / sheet.filename).open(
                    "a" if is_added_to else "w", encoding="utf-8", newline=""
                )
            )
            names = [column.name for column in sheet.columns]
            writers[sheet.name] = csv.DictWriter(file, names, restval="")
            if not is_added_to:
                writers[sheet.name].writeheader()
        yield Folder(writers)


def make_sample(
    path: Path, *, accounts: int, seed: int, as_of: date, with_periods: bool = True
) -> Counter[str]:
    """Write the folder; returns how many rows each file has. The same seed writes the same."""
    shop = Shop(as_of)
    with open_folder(path, with_periods=with_periods) as folder:
        for price in shop.price_rows():
            folder.add("catalogue", price)
        for offer in shop.sale_rows():
            folder.add("sales", offer)
        Accounts(folder.add, shop, seed=seed).write(accounts)
        return folder.counts
