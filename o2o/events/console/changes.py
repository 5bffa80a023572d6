"""The audit trail for people: who changed what, from where, and how it was before."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Field, ForeignKey, Model, OuterRef, QuerySet, Subquery
from django.utils.text import capfirst

from o2o.events.audit import AuditQuery, audit_heads, audit_rows, context_of

UNTOLD = {"created_at", "updated_at", "created", "updated", "id", "merchant"}


@dataclass(frozen=True, slots=True)
class Change:
    """One field before and after."""

    name: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Entry:
    """One change of one row."""

    id: int
    at: datetime
    act: str
    kind: str
    kind_name: str
    row_id: str
    row_name: str
    actor: str
    actor_kind: str
    address: str
    request_id: str
    changes: Sequence[Change]


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Entries, the newest first, and the cursor to the older ones."""

    entries: Sequence[Entry]
    after: str | None


def audit_page(*, wanted: AuditQuery, size: int = 50, after: str = "") -> AuditPage:
    """Return a page of the trail of the merchant in scope, in one query and two for each kind of thing on it.

    Raises ``InvalidPlaceError`` for a cursor that was not made here.
    """
    heads, following = audit_heads(query=wanted, size=size, after=after)
    entries = {(entry.kind, entry.id): entry for kind, rows in audit_rows(heads) for entry in _entries(kind, rows)}
    return AuditPage([entries[head.kind, head.number] for head in heads], following)


def _entries(kind: str, rows: QuerySet[Any]) -> Iterator[Entry]:
    model = rows.model
    earlier = model._base_manager.filter(pgh_obj_id=OuterRef("pgh_obj_id"), pgh_id__lt=OuterRef("pgh_id"))
    previous_id = Subquery(earlier.order_by("-pgh_id").values("pgh_id")[:1])
    # prefetched and not joined: what a row referred to may be gone
    references = _references(model)
    shown = list(rows.prefetch_related(*references).annotate(previous_id=previous_id))
    whole = model._base_manager.prefetch_related(*references)
    previous = whole.in_bulk([row.previous_id for row in shown if row.previous_id])
    for row in shown:
        yield _entry(kind, row, previous.get(row.previous_id))


def _entry(kind: str, row: Any, previous: Any) -> Entry:
    context = context_of(row)
    return Entry(
        id=row.pgh_id,
        at=row.pgh_created_at,
        act=row.pgh_label,
        kind=kind,
        kind_name=str(capfirst(row.pgh_tracked_model._meta.verbose_name)),
        row_id=str(row.pgh_obj_id),
        row_name=_name(row),
        actor=context["actor_label"],
        actor_kind=context["actor_kind"],
        address=context["address"],
        request_id=context["request_id"],
        changes=list(_changes(row, previous)),
    )


def _changes(row: Any, previous: Any) -> Iterator[Change]:
    for field in row._meta.get_fields():
        if not isinstance(field, Field) or field.name.startswith("pgh_") or field.name in UNTOLD:
            continue
        after = _shown(row, field)
        if row.pgh_label == "changed":
            before = _shown(previous, field) if previous else None
            if before != after:
                yield Change(str(capfirst(field.verbose_name)), before, after)
        elif after not in (None, "", []):
            name = str(capfirst(field.verbose_name))
            yield Change(name, None, after) if row.pgh_label == "created" else Change(name, after, None)


def _shown(row: Any, field: "Field[Any, Any]") -> Any:
    display = getattr(row, f"get_{field.name}_display", None)
    value = display() if display else getattr(row, field.attname)
    if field.is_relation and value is not None:
        return _reference(row, field) or value
    if isinstance(value, list):
        return ", ".join(str(item) for item in value)
    return value


def _references(model: type[Model]) -> list[str]:
    return [
        field.name
        for field in model._meta.get_fields()
        if isinstance(field, ForeignKey) and not field.name.startswith("pgh_") and field.name not in UNTOLD
    ]


def _reference(row: Any, field: "Field[Any, Any]") -> str:
    try:
        return str(getattr(row, field.name))
    except ObjectDoesNotExist:
        return ""


def _name(row: Any) -> str:
    for name in ("name", "email", "url", "number", "title"):
        if text := getattr(row, name, ""):
            return str(text)
    return _reference(row, row._meta.get_field("user")) if hasattr(row, "user_id") else ""
