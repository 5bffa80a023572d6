"""The audit trail: each change of a tracked row is written down by a database trigger, whoever made it."""

from collections.abc import Callable
from typing import Any, TypeVar

import pghistory
from django.db import models

Tracked = TypeVar("Tracked", bound=type[models.Model])


def audited(*, exclude: tuple[str, ...] = ()) -> Callable[[Tracked], Tracked]:
    """Write every insert, update and delete of a model's rows to its append-only audit table.

    Each entry holds the row as it became (as it was, for a delete), the kind of change, the time, and the context
    that the request or task set: actor, address, request id. Fields named in ``exclude`` (secrets) are left out.
    The audit table of a tenant model carries its merchant and needs ``EnableRowLevelSecurity`` in the migration.
    """
    options: dict[str, Any] = {"exclude": list(exclude)} if exclude else {}

    def track(model: Tracked) -> Tracked:
        return pghistory.track(
            pghistory.InsertEvent("created"),
            pghistory.UpdateEvent("changed"),
            pghistory.DeleteEvent("deleted"),
            context_field=pghistory.ContextJSONField(),
            context_id_field=None,  # type: ignore[arg-type]
            obj_field=pghistory.ObjForeignKey(related_name="audit_entries"),
            append_only=True,
            meta={"indexes": [_newest_first(model)]},
            **options,
        )(model)

    return track


def _newest_first(model: type[models.Model]) -> models.Index:
    """Return the index that serves a merchant's trail, or that of one row where there is no merchant."""
    names = {field.name for field in model._meta.local_fields}
    owner = "merchant" if "merchant" in names else "pgh_obj"
    name = f"audit_{model._meta.app_label}_{model._meta.model_name}"[:30]
    return models.Index(fields=[owner, "-pgh_created_at", "-pgh_id"], name=name)
