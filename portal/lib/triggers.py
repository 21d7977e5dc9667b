"""What the database itself refuses, as triggers to hang on a model's Meta."""

import pgtrigger

# A statement somebody sent, as against one that a trigger made.
BY_HAND = pgtrigger.Condition("pg_trigger_depth() = 0")


def never_changes() -> list[pgtrigger.Trigger]:
    """Rows are written once: neither UPDATE nor DELETE is possible, whoever asks."""
    return [pgtrigger.Protect(name="never_changes", operation=pgtrigger.Update | pgtrigger.Delete)]


def fixed_once_written(*fields: str) -> list[pgtrigger.Trigger]:
    """The row stays, and so do these fields; what is left out (its state) may move on."""
    return [
        pgtrigger.ReadOnly(name="fixed_fields", fields=list(fields)),
        pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
    ]
