"""Addresses out of CSV files, as spreadsheets write them."""

import pytest

from claims.pasted import Line
from claims.sheets import SheetError, read_sheet


def texts(content: bytes | str) -> list[str]:
    sent = content.encode() if isinstance(content, str) else content
    return [line.text for line in read_sheet(sent)]


# --- The column ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        "bakery.example\ncafe.example\n",
        "Website\nbakery.example\ncafe.example\n",
        "Client,Website,Price\nCarol,bakery.example,12.50\nCharlie,cafe.example,9.00\n",
        "Client;URL\nCarol;bakery.example\nCharlie;cafe.example\n",
        "Client\tURL\r\nCarol\tbakery.example\r\nCharlie\tcafe.example\r\n",
        "Carol,carol@bakery.example,bakery.example\nCharlie,charlie@cafe.example,cafe.example\n",
        '"Name, long","Site"\n"Bakery, The","bakery.example"\n"Café","cafe.example"\n',
        "\n\nsite\n\nbakery.example\n,\ncafe.example\n\n",
    ],
)
def test_the_column_with_the_addresses_is_found_with_or_without_a_header(content) -> None:
    assert texts(content) == ["bakery.example", "cafe.example"]


def test_of_two_columns_alike_the_one_called_website_is_taken() -> None:
    assert texts("Registrar,Website\nnames.example,bakery.example\n") == ["bakery.example"]


def test_a_first_line_that_was_meant_to_be_an_address_is_no_header() -> None:
    assert texts("bakery.ex ample\ncafe.example\n") == ["bakery.ex ample", "cafe.example"]


def test_each_line_knows_its_line_and_column_in_the_file() -> None:
    lines = read_sheet(b"Client,Site\nCarol,bakery.example\n\nCharlie,\nBob,nonsense\n")

    assert lines == [Line("bakery.example", 2, 2), Line("", 4, 2), Line("nonsense", 5, 2)]


# --- The letters ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "latin-1"]
)
def test_every_encoding_a_spreadsheet_writes_is_read(encoding) -> None:
    content = "Kunde,Seite\nMüller & Söhne,müller.example\nCafé,cafe.example\n".encode(encoding)

    assert texts(content) == ["müller.example", "cafe.example"]


def test_zeros_in_a_file_do_no_harm() -> None:
    assert texts(b"bakery.example\ncafe\x00.example\n") == ["bakery.example", "cafe.example"]


# --- Refused -------------------------------------------------------------------------------------


def test_a_workbook_is_refused_with_what_to_do() -> None:
    with pytest.raises(SheetError, match="Save it as CSV"):
        read_sheet(b"PK\x03\x04 and so on")


def test_a_file_that_breaks_off_names_its_line() -> None:
    with pytest.raises(SheetError, match="Line 3 of the file"):
        read_sheet(b'site\nbakery.example\n"cafe.example\n')


@pytest.mark.parametrize(
    "content", [b"", b"\n\n", b"name,price\nCarol,12.50\n", b"\xff\xd8\xff\xe0"]
)
def test_a_file_without_addresses_is_refused(content) -> None:
    with pytest.raises(SheetError, match="no column of site addresses"):
        read_sheet(content)
