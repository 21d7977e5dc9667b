"""Addresses out of what people paste."""

import pytest

from claims.pasted import Line, read_pasted


def texts(pasted: str) -> list[str]:
    return [line.text for line in read_pasted(pasted)]


@pytest.mark.parametrize(
    "pasted",
    [
        "bakery.example\ncafe.example",
        "bakery.example\r\n\r\n  cafe.example  \r\n",
        "bakery.example, cafe.example",
        "bakery.example;cafe.example",
        "bakery.example cafe.example",
        "bakery.example\tcafe.example",
        "- bakery.example\n- cafe.example",
        "• bakery.example\n• cafe.example",
        "* bakery.example\n* cafe.example",
        "1. bakery.example\n2) cafe.example",
        '"bakery.example", "cafe.example"',
        "“bakery.example” and ‘cafe.example’",
        "<bakery.example>\n(cafe.example)",
        "[The bakery](bakery.example)\n[Café](cafe.example)",
        "The sites are bakery.example and cafe.example.",
        "Carol's Bakery – bakery.example\nCafé: cafe.example",
        "Carol <carol@people.example> bakery.example | cafe.example",
    ],
)
def test_addresses_are_found_however_they_are_pasted(pasted) -> None:
    assert texts(pasted) == ["bakery.example", "cafe.example"]


def test_scheme_path_and_query_stay_with_their_address() -> None:
    assert texts("see https://www.bakery.example:8443/shop/?a=1#top!") == [
        "https://www.bakery.example:8443/shop/?a=1#top"
    ]


@pytest.mark.parametrize("pasted", ["no address at all", "carol@bakery.example", "localhost"])
def test_a_line_without_an_address_stays_whole_to_be_mended(pasted) -> None:
    assert texts(pasted) == [pasted]


def test_each_address_knows_the_line_it_stood_on() -> None:
    assert read_pasted("a.example b.example\n\nc.example") == [
        Line("a.example", 1),
        Line("b.example", 1),
        Line("c.example", 3),
    ]


@pytest.mark.parametrize("pasted", ["", "  \n\t\n "])
def test_nothing_is_no_line(pasted) -> None:
    assert read_pasted(pasted) == []
