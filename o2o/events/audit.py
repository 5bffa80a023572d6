"""Reads of the audit trail over all kinds of things that are audited."""

import base64
import binascii
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pghistory.models
from django.apps import apps
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import CharField, F, Model, Q, QuerySet, TextField, Value
from django.db.models.functions import Cast
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from o2o.kit.errors import DomainError
from o2o.tenancy.scope import current_merchant_id

Place = tuple[datetime, str, int]


class InvalidPlaceError(DomainError):
    """The cursor was not made by a page of this list."""

    code = "invalid_cursor"
    status = 400
    title = gettext_lazy("The cursor is not valid")


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """A change of one row. ``row`` is what it became, or what it was before it was deleted."""

    id: str
    at: datetime
    act: str
    kind: str
    object_id: str
    actor_kind: str
    actor_id: str
    actor_label: str
    address: str
    request_id: str
    row: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class AuditHead:
    """Where an entry stands: the kind of thing, and the entry's number in that kind's audit table."""

    kind: str
    number: int
    at: datetime


@dataclass(frozen=True, slots=True)
class AuditQuery:
    """Which entries are wanted; what is empty does not narrow. ``actor`` is a part of the actor's name."""

    kind: str = ""
    act: str = ""
    object_id: str = ""
    request_id: str = ""
    actor: str = ""
    since: datetime | None = None
    until: datetime | None = None


def audited_models() -> Mapping[str, type[Model]]:
    """Return the audit tables by what they track, such as ``tenancy.membership``: those of merchants' things."""
    found: dict[str, type[Model]] = {}
    for model in apps.get_models():
        tracked = getattr(model, "pgh_tracked_model", None)
        if tracked is None or model._meta.proxy or not issubclass(model, pghistory.models.Event):
            continue
        if _merchant_field(model):
            found[tracked._meta.label_lower] = model
    return dict(sorted(found.items()))


def audit_page(*, query: AuditQuery, size: int, after: str = "") -> tuple[Sequence[AuditEntry], str | None]:
    """Return entries of the active merchant, newest first, and the cursor to older ones.

    One query finds the entries over all kinds and one more reads each kind on the page. Raises ``InvalidPlaceError``.
    """
    heads, following = audit_heads(query=query, size=size, after=after)
    entries = {(kind, row.pgh_id): _entry(kind, row) for kind, rows in audit_rows(heads) for row in rows}
    return [entries[head.kind, head.number] for head in heads], following


def audit_heads(*, query: AuditQuery, size: int, after: str = "") -> tuple[Sequence[AuditHead], str | None]:
    """Find a page of entries of the active merchant, newest first, in one query; return them and the next cursor.

    Raises ``InvalidPlaceError`` for a cursor that was not made here.
    """
    place = _decoded(after) if after else None
    models = {kind: model for kind, model in audited_models().items() if query.kind in ("", kind)}
    arms = [_heads(kind, model, query, place)[: size + 1] for kind, model in models.items()]
    if not arms:
        return [], None
    found = arms[0] if len(arms) == 1 else arms[0].union(*arms[1:], all=True)
    rows = list(found.order_by("-at", "-tracked", "-entry_id")[: size + 1]) if len(arms) > 1 else list(found)
    heads = [AuditHead(row["tracked"], row["entry_id"], row["at"]) for row in rows[:size]]
    return heads, _encoded(heads[-1]) if len(rows) > size else None


def audit_rows(heads: Sequence[AuditHead]) -> Iterator[tuple[str, QuerySet[Any]]]:
    """Return the rows of the audit tables behind some heads, kind by kind."""
    for kind, model in audited_models().items():
        if numbers := [head.number for head in heads if head.kind == kind]:
            yield kind, model._base_manager.filter(pgh_id__in=numbers)


def context_of(row: Any) -> Mapping[str, str]:
    """Return who made a change, from where and in which request; a name that is not known is empty."""
    context = row.pgh_context or {}
    if isinstance(context, str):
        context = json.loads(context)
    names = ("actor_kind", "actor_id", "actor_label", "address", "request_id")
    return {name: str(context.get(name) or "") for name in names}


def _merchant_field(model: type[Model]) -> str | None:
    names = {field.name for field in model._meta.get_fields()}
    if "merchant" in names:
        return "merchant_id"
    return "id" if model._meta.label_lower == "tenancy.merchantevent" else None


def _heads(kind: str, model: Any, query: AuditQuery, place: Place | None) -> QuerySet[Any]:
    rows = model._base_manager.filter(**{str(_merchant_field(model)): current_merchant_id()})
    wanted = Q()
    if query.act:
        wanted &= Q(pgh_label=query.act)
    if query.request_id:
        wanted &= Q(pgh_context__request_id=query.request_id)
    if query.actor:
        wanted &= Q(pgh_context__actor_label__icontains=query.actor)
    if query.since:
        wanted &= Q(pgh_created_at__gte=query.since)
    if query.until:
        wanted &= Q(pgh_created_at__lt=query.until)
    if query.object_id:
        rows = rows.annotate(object_key=Cast("pgh_obj_id", TextField()))
        wanted &= Q(object_key=query.object_id)
    if place:
        wanted &= _before(kind, place)
    named = rows.filter(wanted).annotate(tracked=Value(kind, output_field=CharField()))
    return named.order_by("-pgh_created_at", "-pgh_id").values("tracked", entry_id=F("pgh_id"), at=F("pgh_created_at"))


def _before(kind: str, place: Place) -> Q:
    at, at_kind, at_id = place
    older = Q(pgh_created_at__lt=at)
    if kind < at_kind:
        return older | Q(pgh_created_at=at)
    return older | Q(pgh_created_at=at, pgh_id__lt=at_id) if kind == at_kind else older


def _entry(kind: str, row: Any) -> AuditEntry:
    fields = {
        field.attname: getattr(row, field.attname)
        for field in row._meta.concrete_fields
        if not field.name.startswith("pgh_") and field.name != "merchant"
    }
    return AuditEntry(
        id=f"{kind}:{row.pgh_id}",
        at=row.pgh_created_at,
        act=row.pgh_label,
        kind=kind,
        object_id=str(row.pgh_obj_id),
        row=json.loads(json.dumps(fields, cls=DjangoJSONEncoder)),
        **context_of(row),
    )


def _encoded(head: AuditHead) -> str:
    text = f"{head.at.isoformat()}|{head.kind}|{head.number}"
    return base64.urlsafe_b64encode(text.encode()).decode()


def _decoded(cursor: str) -> Place:
    try:
        at, kind, entry_id = base64.urlsafe_b64decode(cursor.encode("ascii")).decode("ascii").split("|")
        instant = datetime.fromisoformat(at)
        number = int(entry_id)
    except (ValueError, binascii.Error) as error:
        raise InvalidPlaceError(_("Follow the “next” of a page, or leave “cursor” out to start anew.")) from error
    if instant.tzinfo is None or not -(2**63) <= number < 2**63:
        raise InvalidPlaceError(_("Follow the “next” of a page, or leave “cursor” out to start anew."))
    return instant, kind, number
