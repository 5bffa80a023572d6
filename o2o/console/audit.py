"""Reads of the audit trail: who changed what, from where, and how it was before."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pghistory.models
from django.apps import apps
from django.core.exceptions import ObjectDoesNotExist
from django.db.models import CharField, F, Field, ForeignKey, Model, OuterRef, Q, QuerySet, Subquery, TextField, Value
from django.db.models.functions import Cast
from django.utils.dateparse import parse_datetime
from django.utils.text import capfirst

from o2o.console.keyset import BadCursorError

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


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which entries to show; empty means all."""

    kind: str = ""
    act: str = ""
    row_id: str = ""
    actor: str = ""


def audited_kinds() -> Mapping[str, type[Model]]:
    """Return the audit tables of tenant models by the label of what they track, such as ``tenancy.membership``."""
    found = {}
    for model in apps.get_models():
        tracked = getattr(model, "pgh_tracked_model", None)
        if tracked is None or not issubclass(model, pghistory.models.Event) or model._meta.proxy:
            continue
        if any(field.name == "merchant" for field in model._meta.get_fields()):
            found[tracked._meta.label_lower] = model
    return dict(sorted(found.items()))


def audit_page(*, wanted: AuditFilter, size: int = 50, after: str = "") -> AuditPage:
    """Return a page of the trail of the merchant in scope, in one query and two for each kind of thing on it.

    Raises ``BadCursorError`` for a cursor that was not made here.
    """
    kinds = {kind: model for kind, model in audited_kinds().items() if wanted.kind in ("", kind)}
    place = _decode(after) if after else None
    arms = [_heads(kind, model, wanted, place)[: size + 1] for kind, model in kinds.items()]
    if not arms:
        return AuditPage([], None)
    heads = list(arms[0].union(*arms[1:], all=True).order_by("-at", "-kind", "-entry_id")[: size + 1])
    shown = heads[:size]
    entries = dict(_entries(kinds, shown))
    ordered = [entries[head["kind"], head["entry_id"]] for head in shown]
    return AuditPage(ordered, _encode(shown[-1]) if len(heads) > size else None)


def _heads(kind: str, model: Any, wanted: AuditFilter, place: tuple[datetime, str, int] | None) -> QuerySet[Any]:
    rows = model.objects.all()
    if wanted.act:
        rows = rows.filter(pgh_label=wanted.act)
    if wanted.row_id:
        rows = rows.annotate(row_key=Cast("pgh_obj_id", TextField())).filter(row_key=wanted.row_id)
    if wanted.actor:
        rows = rows.filter(pgh_context__actor_label__icontains=wanted.actor)
    if place:
        at, at_kind, at_id = place
        before = Q(pgh_created_at__lt=at)
        if kind < at_kind:
            before |= Q(pgh_created_at=at)
        elif kind == at_kind:
            before |= Q(pgh_created_at=at, pgh_id__lt=at_id)
        rows = rows.filter(before)
    named = rows.annotate(kind=Value(kind, output_field=CharField()))
    return named.order_by("-pgh_created_at", "-pgh_id").values("kind", entry_id=F("pgh_id"), at=F("pgh_created_at"))


def _entries(kinds: Mapping[str, Any], heads: Sequence[Mapping[str, Any]]) -> Iterator[tuple[tuple[str, int], Entry]]:
    for kind, model in kinds.items():
        ids = [head["entry_id"] for head in heads if head["kind"] == kind]
        if not ids:
            continue
        earlier = model.objects.filter(pgh_obj_id=OuterRef("pgh_obj_id"), pgh_id__lt=OuterRef("pgh_id"))
        previous_id = Subquery(earlier.order_by("-pgh_id").values("pgh_id")[:1])
        # prefetched and not joined: what a row referred to may be gone
        whole = model.objects.prefetch_related(*_references(model))
        rows = list(whole.filter(pgh_id__in=ids).annotate(previous_id=previous_id))
        previous = whole.in_bulk([row.previous_id for row in rows if row.previous_id])
        for row in rows:
            yield (kind, row.pgh_id), _entry(kind, row, previous.get(row.previous_id))


def _entry(kind: str, row: Any, previous: Any) -> Entry:
    context = row.pgh_context or {}
    if isinstance(context, str):
        context = json.loads(context)
    tracked = row.pgh_tracked_model
    return Entry(
        id=row.pgh_id,
        at=row.pgh_created_at,
        act=row.pgh_label,
        kind=kind,
        kind_name=str(capfirst(tracked._meta.verbose_name)),
        row_id=str(row.pgh_obj_id),
        row_name=_name(row),
        actor=context.get("actor_label", ""),
        actor_kind=context.get("actor_kind", ""),
        address=context.get("address", ""),
        request_id=context.get("request_id", ""),
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


def _shown(row: Any, field: Field[Any, Any]) -> Any:
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


def _reference(row: Any, field: Field[Any, Any]) -> str:
    try:
        return str(getattr(row, field.name))
    except ObjectDoesNotExist:
        return ""


def _name(row: Any) -> str:
    for name in ("name", "email", "url", "number", "title"):
        if text := getattr(row, name, ""):
            return str(text)
    return _reference(row, row._meta.get_field("user")) if hasattr(row, "user_id") else ""


def _encode(head: Mapping[str, Any]) -> str:
    packed = json.dumps([head["at"].isoformat(), head["kind"], head["entry_id"]])
    return base64.urlsafe_b64encode(packed.encode()).decode().rstrip("=")


def _decode(cursor: str) -> tuple[datetime, str, int]:
    try:
        at, kind, entry_id = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        parsed = parse_datetime(at)
        if parsed is None:
            raise BadCursorError("This is not a place in the trail.")
        return parsed, str(kind), int(entry_id)
    except (ValueError, TypeError, binascii.Error) as error:
        raise BadCursorError("This is not a place in the trail.") from error
