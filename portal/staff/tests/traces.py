"""What is left of who did something: rows that name them, and history."""

from collections.abc import Iterator

import pghistory.models
from django.apps import apps
from django.db.models import ForeignKey, Model

from portal.models import User

# That somebody is of staff, not that they have done anything.
NO_DEEDS = {"mfa.authenticator", "admin.logentry"}


def traces(person: User) -> list[str]:
    """Every row that names the person as its doer, and every change kept as theirs, in words."""
    kept = pghistory.models.Context.objects.filter(metadata__user=person.pk)
    return [*_rows_naming(person), *(str(context.metadata) for context in kept)]


def _rows_naming(person: User) -> Iterator[str]:
    for model in apps.get_models():
        is_history = issubclass(model, pghistory.models.Event | pghistory.models.Events)
        if is_history or model._meta.proxy or model._meta.label_lower in NO_DEEDS:
            continue
        for field in model._meta.get_fields():
            if isinstance(field, ForeignKey) and field.related_model is User:
                for row in model._base_manager.filter(**{field.name: person}):
                    yield f"{model._meta.label}: {_in_words(row)}"


def _in_words(row: Model) -> str:
    return "; ".join(str(field.value_from_object(row)) for field in row._meta.concrete_fields)
