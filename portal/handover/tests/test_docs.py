"""docs/import.md tells of every file and every column, as columns.py has them."""

import csv
import re
from pathlib import Path

import pytest

from portal.handover.columns import SHEETS
from portal.handover.reading import Row
from portal.handover.staging import read_row

DOCS = Path(__file__).resolve().parents[3] / "docs" / "import.md"


def section(sheet):
    _, _, after = DOCS.read_text(encoding="utf-8").partition(f"### {sheet.filename}\n")
    return re.split(r"\n##", after)[0]


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
def test_every_column_is_told(sheet):
    told = [line for line in section(sheet).splitlines() if line.startswith("| `")]

    assert told == [
        f"| `{column.name}` | {'yes' if column.required else 'no'} | {column.doc}"
        f" | {column.value.name} |"
        for column in sheet.columns
    ]
    assert sheet.doc in section(sheet)


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
def test_every_example_can_be_imported(sheet):
    [example] = re.findall(r"```csv\n(.*?)```", section(sheet), re.DOTALL)

    rows = list(csv.DictReader(example.splitlines()))

    assert rows
    assert list(rows[0]) == [column.name for column in sheet.columns]
    for line, row in enumerate(rows, start=2):
        assert read_row(Row(line, row), sheet)[1] == []


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
def test_examples_of_columns_may_stand_there(sheet):
    for column in sheet.columns:
        assert not column.required or column.example
        if column.example:
            column.value.read(column.example)
