"""Codes of coupons: hard to guess, and read however somebody typed them."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from billing.coupon_codes import LETTERS, new_code, read_code

CODE = "7KQM-2XBD-9RTW"


def test_a_code_is_twelve_letters_nobody_takes_for_one_another() -> None:
    codes = {new_code() for _ in range(1000)}

    assert len(codes) == 1000
    assert {len(code) for code in codes} == {14}
    assert not set("".join(codes)) & set("OILU")


@pytest.mark.parametrize(
    "typed",
    [
        "7KQM-2XBD-9RTW",
        "7kqm-2xbd-9rtw",
        "7KQM2XBD9RTW",
        " 7KQM 2XBD 9RTW ",
        "7KQM–2XBD—9RTW",
        "7k-q m.2x_bd/9rtw\t",
        "７ＫＱＭ－２ＸＢＤ－９ＲＴＷ",
    ],
)
def test_case_spaces_and_dashes_do_not_matter(typed) -> None:
    assert read_code(typed) == CODE


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("OOOO-oooo-0000", "0000-0000-0000"),
        ("IIII-LLLL-iill", "1111-1111-1111"),
        ("UUUU-uuuu-VVVV", "VVVV-VVVV-VVVV"),
    ],
)
def test_a_letter_no_code_has_is_read_as_what_it_looks_like(typed, read) -> None:
    assert read_code(typed) == read


@pytest.mark.parametrize(
    "typed", ["", "-", "7KQM-2XBD-9RT", "7KQM-2XBD-9RTWX", "7KQM-2XBD-9RTÄ", "×" * 12, "７" * 13]
)
def test_what_is_no_code_is_none(typed) -> None:
    assert read_code(typed) is None


@given(some.text(alphabet=LETTERS, min_size=12, max_size=12))
def test_a_code_is_read_as_itself(letters: str) -> None:
    code = read_code(letters)

    assert code is not None
    assert read_code(code) == code
    assert code.replace("-", "") == letters


@given(some.text())
def test_whatever_is_typed_is_a_code_or_none(typed: str) -> None:
    read = read_code(typed)

    assert read is None or read_code(read) == read
