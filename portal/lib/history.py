"""History of changes: who, when, before and after, kept by triggers (django-pghistory)."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import pghistory
from django.db import models

ModelClass = TypeVar("ModelClass", bound=type[models.Model])


def tracked(
    *, inserts: bool = True, exclude: Sequence[str] = ()
) -> Callable[[ModelClass], ModelClass]:
    """Keep every version of the model's rows in `<Model>History`, reached as `row.history`.

    Rows that arrive by the hundred thousand (`inserts=False`) leave nothing when they arrive; each
    change of theirs keeps the version before it as well as the one after.
    """
    trackers: list[pghistory.Tracker] = [pghistory.UpdateEvent(), pghistory.DeleteEvent()]
    if inserts:
        trackers.append(pghistory.InsertEvent())
    else:
        trackers.append(pghistory.UpdateEvent("before", row=pghistory.Old))

    def track(model: ModelClass) -> ModelClass:
        decorate = pghistory.track(
            *trackers,
            exclude=list(exclude) or None,
            model_name=f"{model.__name__}History",
            obj_field=pghistory.ObjForeignKey(related_name="history"),
            # The log of all models is read by time.
            meta={"indexes": [models.Index(fields=["pgh_created_at", "pgh_id"])]},
        )
        return decorate(model)  # type: ignore[no-any-return]

    return track
