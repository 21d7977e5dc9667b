"""Domains and mailboxes: whatever is typed or pasted, one form is kept of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.names import BadNameError, as_people_write, domain_name, mailbox_address

LONGEST_LABEL = "x" * 63


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("juniper.example", "juniper.example"),
        ("  Juniper.EXAMPLE. ", "juniper.example"),
        ("https://juniper.example", "juniper.example"),
        ("HTTP://user@juniper.example:8080/shop?a=1#b", "juniper.example"),
        ("juniper.example/shop", "juniper.example"),
        ("juniper.example/@kim", "juniper.example"),
        ("www.juniper.example", "juniper.example"),
        ("www.example", "www.example"),
        ("shop.juniper.example", "shop.juniper.example"),
        ("müller.example", "xn--mller-kva.example"),
        ("MÜLLER.example", "xn--mller-kva.example"),
        ("xn--mller-kva.example", "xn--mller-kva.example"),
        ("straße.example", "xn--strae-oqa.example"),
        ("日本。example", "xn--wgv71a.example"),
        (f"{LONGEST_LABEL}.example", f"{LONGEST_LABEL}.example"),
        ("9.example", "9.example"),
    ],
)
def test_a_domain_is_kept_in_one_form_however_it_is_typed(typed, kept):
    assert domain_name(typed) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "",
        " ",
        "a b.example",
        "-a.example",
        "a-.example",
        "a_b.example",
        "a..example",
        f"x{LONGEST_LABEL}.example",
        ".".join([LONGEST_LABEL] * 4),
        "192.168.1.1",
        "[::1]",
        "http://[::1",
        "☃.example",
        "xn--zzzzzz.example",
        "a\x00.example",
        "https://",
    ],
)
def test_what_is_no_domain_is_refused_with_what_would_be_right(typed):
    with pytest.raises(BadNameError, match=r"such as juniper\.example"):
        domain_name(typed)


def test_a_domain_without_its_ending_is_asked_for_it():
    with pytest.raises(BadNameError, match="with its ending"):
        domain_name("juniper")


def test_a_mail_address_in_the_place_of_a_domain_is_told_apart():
    with pytest.raises(BadNameError, match="what stands after the @"):
        domain_name("hello@juniper.example")


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("hello@juniper.example", "hello@juniper.example"),
        (" Hello@Juniper.Example ", "Hello@juniper.example"),
        ("mailto:hello@juniper.example", "hello@juniper.example"),
        ("hello@müller.example", "hello@xn--mller-kva.example"),
        ("o'brien+news@juniper.example", "o'brien+news@juniper.example"),
        ("x" * 64 + "@juniper.example", "x" * 64 + "@juniper.example"),
    ],
)
def test_a_mailbox_keeps_its_local_part_and_has_its_domain_in_one_form(typed, kept):
    assert mailbox_address(typed) == kept


@pytest.mark.parametrize(
    ("typed", "advice"),
    [
        ("", "with its @"),
        ("juniper.example", "with its @"),
        ("@juniper.example", "Before the @"),
        (".hello@juniper.example", "Before the @"),
        ("hel..lo@juniper.example", "Before the @"),
        ("hel lo@juniper.example", "Before the @"),
        ("a@b@juniper.example", "Before the @"),
        ("Kim <kim@juniper.example>", "Before the @"),
        ("ü@juniper.example", "Before the @"),
        ("x" * 65 + "@juniper.example", "Before the @"),
        ("hello@juniper", "with its ending"),
        ("hello@", "such as juniper.example"),
        ("hello@ju niper.example", "such as juniper.example"),
    ],
)
def test_what_is_no_mailbox_is_refused_with_what_would_be_right(typed, advice):
    with pytest.raises(BadNameError, match=advice):
        mailbox_address(typed)


@pytest.mark.parametrize(
    ("kept", "shown"),
    [
        ("juniper.example", "juniper.example"),
        ("xn--mller-kva.example", "müller.example"),
        ("Hello@xn--mller-kva.example", "Hello@müller.example"),
        ("xn--zzzzzz.example", "xn--zzzzzz.example"),
        ("anything at all", "anything at all"),
        ("", ""),
    ],
)
def test_people_read_a_name_as_they_write_it(kept, shown):
    assert as_people_write(kept) == shown


@given(typed=st.text(max_size=80))
def test_whatever_is_typed_is_kept_in_a_form_that_stays_or_is_refused(typed):
    try:
        kept = domain_name(typed)
    except BadNameError:
        return

    assert kept == kept.lower()
    assert kept.isascii()
    assert len(kept) <= 253
    assert domain_name(kept) == kept
    assert domain_name(as_people_write(kept)) == kept
