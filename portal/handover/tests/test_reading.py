"""Files as spreadsheets write them."""

import pytest

from portal.handover.columns import SITES
from portal.handover.reading import UnreadableError, opened

HEADER = "id,account,address,name"


def read(path, text, encoding="utf-8"):
    path.write_bytes(text.encode(encoding))
    with opened(path, SITES) as rows:
        return list(rows)


def refused(path, text, encoding="utf-8"):
    with pytest.raises(UnreadableError) as refusal:
        read(path, text, encoding)
    return refusal.value.line, refusal.value.column, refusal.value.reason


@pytest.fixture
def path(tmp_path):
    return tmp_path / "sites.csv"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encoding_is_told_from_the_file(path, encoding):
    [row] = read(path, f"{HEADER}\ns-1,a-1,café.example,Café “Zoë”\n", encoding)

    assert row.cells["name"] == "Café “Zoë”"


def test_big_endian_utf_16_is_read(path):
    path.write_bytes(b"\xfe\xff" + f"{HEADER}\ns-1,a-1,x.example,Å\n".encode("utf-16-be"))

    with opened(path, SITES) as rows:
        assert [row.cells["name"] for row in rows] == ["Å"]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_separator_and_line_ends_are_told_from_the_file(path, separator, ending):
    lines = [HEADER, "s-1,a-1,one.example,One", "s-2,a-1,two.example,Two"]

    rows = read(path, ending.join(lines).replace(",", separator))

    assert [(row.line, row.cells["name"]) for row in rows] == [(2, "One"), (3, "Two")]


def test_hint_for_the_separator_is_followed(path):
    [row] = read(path, "sep=;\r\nid;account;address\r\ns-1;a-1;one.example\r\n")

    assert (row.line, row.cells["address"]) == (3, "one.example")


def test_header_may_differ_in_case_blanks_and_order(path):
    [row] = read(path, ' Address ;"ID";Account;Opening Hours\none.example; s-1 ;a-1;9–5\n')

    assert (row.cells["id"], row.cells["address"]) == ("s-1", "one.example")


def test_row_has_the_line_it_begins_on(path):
    text = (
        f'{HEADER}\ns-1,a-1,one.example,"two\nlines, and ""quotes"""\n\n,,,\ns-2,a-1,two.example,\n'
    )

    rows = read(path, text)

    assert [(row.line, row.cells["name"]) for row in rows] == [
        (2, 'two\nlines, and "quotes"'),
        (6, ""),
    ]


def test_short_row_is_filled_up_and_surplus_cells_are_told(path):
    rows = read(path, f"{HEADER}\ns-1,a-1\ns-2,a-1,two.example,Two,,\ns-3,a-1,x.example,X,more\n")

    assert [row.surplus for row in rows] == ["", "", "more"]
    assert "address" not in rows[0].cells


def test_missing_column_is_told_with_what_is_there(path):
    assert refused(path, "id,account,url\ns-1,a-1,one.example\n") == (
        1,
        "address",
        "the column is missing",
    )


def test_column_that_is_there_twice_is_told(path):
    assert refused(path, "id,account,address,Account\n")[:2] == (1, "account")


def test_quote_that_is_never_closed_is_told_where_it_opens(path):
    line, _, reason = refused(path, f'{HEADER}\ns-1,a-1,one.example,"One\ns-2,a-1,two.example,\n')

    assert (line, reason) == (2, "a quotation mark is opened here and never closed")


def test_empty_file_is_told(path):
    assert "needs its header" in refused(path, "")[2]


def test_other_kinds_of_files_are_told(path):
    path.write_bytes(b"PK\x03\x04" + b"\x00\x01" * 200)

    with pytest.raises(UnreadableError, match="not a CSV file"), opened(path, SITES) as rows:
        list(rows)


def test_bytes_of_no_encoding_are_told(path):
    path.write_bytes(f"{HEADER}\ns-1,a-1,one.example,".encode() + b"\x81\x8d\n")

    with pytest.raises(UnreadableError, match="neither UTF-8"), opened(path, SITES) as rows:
        list(rows)


def test_what_was_read_is_counted(path):
    path.write_text(f"{HEADER}\ns-1,a-1,one.example,\n", encoding="utf-8")
    counts = []

    with opened(path, SITES, on_bytes=counts.append) as rows:
        list(rows)

    assert sum(counts) == path.stat().st_size
