"""What the database itself refuses, as triggers to hang on a model's Meta."""

import pgtrigger


def never_changes() -> list[pgtrigger.Trigger]:
    """Rows are written once: neither UPDATE nor DELETE is possible, whoever asks."""
    return [pgtrigger.Protect(name="never_changes", operation=pgtrigger.Update | pgtrigger.Delete)]


def fixed_once_written(*fields: str) -> list[pgtrigger.Trigger]:
    """The row stays, and so do these fields; what is left out (its state) may move on."""
    return [
        pgtrigger.ReadOnly(name="fixed_fields", fields=list(fields)),
        pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
    ]
