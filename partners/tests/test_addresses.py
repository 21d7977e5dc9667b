"""Site addresses as people type them, brought to one form."""

import pytest

from partners.addresses import AddressError, and_above, normalise


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("example.com", "example.com"),
        ("  Example.COM  ", "example.com"),
        ("https://www.example.com/", "example.com"),
        ("HTTP://Example.com/Shop//a/?b=1#c", "example.com/Shop/a"),
        ("example.com:8443/a", "example.com/a"),
        ("example.com.", "example.com"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("someone.builder.example/my-site", "someone.builder.example/my-site"),
        ("//example.com/a", "example.com/a"),
        ("https://alice@example.com/a", "example.com/a"),
        ("\ufeffexam\u00adple.com\u200b", "example.com"),
        ("WWW.Müller.example", "xn--mller-kva.example"),
        ("straße.example", "xn--strae-oqa.example"),  # as browsers have it, not strasse.example
        ("☕.example", "xn--53h.example"),
        ("xn--53h.example", "xn--53h.example"),
        ("XN--BCHER-KVA.example", "xn--bcher-kva.example"),
    ],
)
def test_an_address_is_host_and_path(typed, address) -> None:
    assert normalise(typed) == address


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "   ",
        "localhost",
        "not a site",
        "http://",
        "https://exa mple.com",
        "example.com/a b",
        "-example.com",
        "javascript:alert(1)",
        "http://[::1]/",
        "http://[broken/",
        "." * 300,
        "a" * 254 + ".example",
        "example.com/" + "a" * 250,
        "carol@bakery.example",
        "12.50",
        "2026.11.23",
        "192.168.100.20",
    ],
)
def test_what_is_no_address_is_refused(typed) -> None:
    with pytest.raises(AddressError):
        normalise(typed)


@pytest.mark.parametrize(
    "typed", ["https://www.Example.com/Shop/?a=1", "bücher.example/ü", "☕.example"]
)
def test_a_normalised_address_stays_as_it_is(typed) -> None:
    assert normalise(normalise(typed)) == normalise(typed)


def test_the_site_of_a_page_is_among_the_addresses_above_it():
    assert and_above("example.com/shop/bread") == [
        "example.com/shop/bread",
        "example.com/shop",
        "example.com",
    ]
