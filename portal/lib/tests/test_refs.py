"""Public references: short, random, and nothing to be read out of them."""

from portal.lib.refs import ALPHABET, LENGTH, RefField, new_ref


def test_a_reference_is_ten_characters_nobody_confuses() -> None:
    refs = [new_ref() for _ in range(200)]

    assert {len(ref) for ref in refs} == {LENGTH}
    assert set("".join(refs)) <= set(ALPHABET)
    assert not set("ilou") & set(ALPHABET)


def test_references_do_not_repeat() -> None:
    assert len({new_ref() for _ in range(2000)}) == 2000


def test_migrations_need_not_know_how_a_reference_is_made() -> None:
    _, _, args, options = RefField().deconstruct()

    assert (args, options) == ([], {})


def test_a_reference_field_is_unique_and_not_editable() -> None:
    field = RefField()

    assert field.unique
    assert not field.editable
    assert len(field.get_default()) == LENGTH
