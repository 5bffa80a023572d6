"""What a kind of import is, and which there are: classes with ``@import_kind`` in the ``importers.py`` of apps.

``docs/imports.md`` has a whole one to start from.
"""

import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Self, TypeVar

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from o2o.imports.columns import Column
from o2o.imports.enums import Action, Outcome
from o2o.imports.parsing.errors import Formats
from o2o.kit.errors import UnknownReferenceError
from o2o.tenancy.capabilities import Capability

Kind = TypeVar("Kind", bound=type["ImportKind"])


@dataclass(frozen=True, slots=True)
class ImportContext:
    """What a kind may want to know beside the rows.

    ``location_ids`` are the stores to which the person who started it is bound, None where every store is open to
    them: a kind whose rows belong to stores rejects those of others. ``formats`` holds currency and time zone.
    """

    at: datetime
    batch_id: uuid.UUID
    merchant_id: uuid.UUID
    actor_id: uuid.UUID | None
    actor_label: str
    location_ids: frozenset[uuid.UUID] | None
    formats: Formats

    def may_at(self, location_id: uuid.UUID) -> bool:
        """Say whether the person may work at this stock location."""
        return self.location_ids is None or location_id in self.location_ids


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the file. ``values`` holds those columns that the file has; None is an empty cell.

    By convention a column that the file lacks changes nothing, and an empty cell empties what may be empty.
    ``number`` is that of a spreadsheet, in which the header is row 1. Rows of one group have the same ``group``.
    """

    number: int
    values: Mapping[str, Any]
    group: str = ""

    def __getitem__(self, column: str) -> Any:
        """Return the value of a column, None where it is empty or the file lacks it."""
        return self.values.get(column)

    def has(self, column: str) -> bool:
        """Say whether the file has the column."""
        return column in self.values


@dataclass(frozen=True, slots=True)
class AppliedRow(Row):
    """A row that was applied, with the memo that ``apply`` left for its undoing."""

    undo: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Plan:
    """What would become of a row. ``changes`` leads from a column to the values before and after, as JSON can hold."""

    action: Action
    changes: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    reason: str | Promise = ""

    @classmethod
    def create(cls, after: Mapping[str, Any]) -> Self:
        """Something new, with these values."""
        return cls(Action.CREATE, {name: (None, value) for name, value in after.items()})

    @classmethod
    def change(cls, changes: Mapping[str, tuple[Any, Any]]) -> Self:
        """Something that is there, with the values before and after; without any change it is left."""
        return cls(Action.CHANGE, changes) if changes else cls.leave()

    @classmethod
    def compare(cls, before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> Self:
        """Create where nothing was before, else change what differs, else leave."""
        if before is None:
            return cls.create(after)
        return cls.change(
            {name: (before.get(name), value) for name, value in after.items() if before.get(name) != value}
        )

    @classmethod
    def leave(cls) -> Self:
        """It is as the row says already."""
        return cls(Action.LEAVE)

    @classmethod
    def reject(cls, reason: str | Promise) -> Self:
        """It cannot be done. The reason names the value and the way out."""
        return cls(Action.REJECT, reason=reason)


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of a row. ``undo`` is small, JSON, and all that is needed to undo the row later."""

    outcome: Outcome
    undo: Mapping[str, Any] | None = None
    reason: str | Promise = ""

    @classmethod
    def done(cls, undo: Mapping[str, Any] | None = None) -> Self:
        """It was done. Without a memo it cannot be undone, and undoing says so."""
        return cls(Outcome.APPLIED, undo)

    @classmethod
    def left(cls) -> Self:
        """There was nothing to do any more."""
        return cls(Outcome.LEFT)

    @classmethod
    def rejected(cls, reason: str | Promise) -> Self:
        """It could not be done, and nothing of it was."""
        return cls(Outcome.REJECTED, reason=reason)


@dataclass(frozen=True, slots=True)
class Undone:
    """What became of undoing a row."""

    outcome: Outcome
    reason: str | Promise = ""

    @classmethod
    def done(cls) -> Self:
        """It is as it was before the import."""
        return cls(Outcome.UNDONE)

    @classmethod
    def refused(cls, reason: str | Promise) -> Self:
        """It was changed since, or others depend on it; nothing was overwritten."""
        return cls(Outcome.KEPT, reason)


@dataclass(frozen=True, slots=True)
class ExportPage:
    """Some of the present rows, by column; ``after`` is where the next page begins, None after the last one."""

    rows: Sequence[Mapping[str, Any]]
    after: str | None


class ImportKind(ABC):
    """Something that people bring in files. One instance serves all threads, so it keeps nothing between calls.

    The three methods get about a thousand rows at a time, in the transaction and scope of the merchant, and answer
    with one result for each row, in the same order. They ask a constant number of queries for each call.

    ``group_by`` names columns; rows with the same texts in all of them come in the same call although they lie apart
    in the file (lines of an order). A row with nothing in any of them is a group of its own. When one row of a group
    cannot be read, the whole group is rejected. With ``is_one_row_per_group`` a repetition is rejected and the first
    row counts.
    """

    name: ClassVar[str]
    label: ClassVar[str | Promise]
    #: One sentence for the card from which people choose.
    description: ClassVar[str | Promise] = ""
    #: The name of a Material Symbol.
    icon: ClassVar[str] = "upload_file"
    #: Without it a person neither starts nor sees imports of the kind, and gets no export.
    demand: ClassVar[Capability]
    columns: ClassVar[Sequence[Column]]
    group_by: ClassVar[Sequence[str]] = ()
    is_one_row_per_group: ClassVar[bool] = False
    has_export: ClassVar[bool] = False
    #: How many rows a call gets; less where each row is heavy.
    chunk_rows: ClassVar[int] = 1000

    @abstractmethod
    def plan(self, rows: Sequence[Row], *, context: ImportContext) -> Sequence[Plan]:
        """Say what would become of each row. Writes nothing."""

    @abstractmethod
    def apply(self, rows: Sequence[Row], *, context: ImportContext) -> Sequence[Applied]:
        """Write the rows through services, in bulk.

        Gets those that the plan creates or changes, with the other readable rows of their groups. The world may have
        moved since the plan: look again, never trust it. The same rows again must come out as ``left``. A
        ``DomainError`` rolls the call back; the groups are then tried one by one, and those that raise again are
        rejected with its message.
        """

    def undo(self, rows: Sequence[AppliedRow], *, context: ImportContext) -> Sequence[Undone]:
        """Take the rows back by their memos, the last ones first; refuse what was changed since, never overwrite it."""
        return [Undone.refused(_("Imports of this kind cannot be undone.")) for _row in rows]

    def export(self, *, after: str | None, context: ImportContext) -> ExportPage:
        """Return a page of the present rows in the columns of the import, so that export, edit, import is a round trip.

        Values are Python values of the columns' types. Called with None first, then with each page's ``after``, each
        time in a transaction of its own. Only for kinds with ``has_export``.
        """
        raise NotImplementedError(f"{type(self).__name__} says has_export but has no export().")

    def column(self, name: str) -> Column | None:
        """Return a column by its name."""
        return next((column for column in self.columns if column.name == name), None)


class DuplicateKindError(TypeError):
    """Two classes claim the same kind of import."""


class UnknownImportKindError(UnknownReferenceError):
    """No kind of import has this name, or the caller may not know it."""

    code = "unknown_import_kind"


_kinds: dict[str, ImportKind] = {}


def import_kind(name: str, *, label: str | Promise) -> Callable[[Kind], Kind]:
    """Register a class as a kind of import; ``name`` reads ``app.things`` and is kept in the database."""

    def register(kind: Kind) -> Kind:
        if name in _kinds:
            raise DuplicateKindError(f"Two kinds of import are named {name!r}; give one of them another name.")
        names = [column.name for column in kind.columns]
        if len(set(names)) != len(names) or not set(kind.group_by) <= set(names):
            raise TypeError(f"The columns of the import {name!r} must differ, and group_by name some of them.")
        kind.name, kind.label = name, label
        _kinds[name] = kind()
        return kind

    return register


def find_kind(name: str) -> ImportKind:
    """Return the kind of that name. Raises ``UnknownImportKindError``."""
    try:
        return _kinds[name]
    except KeyError:
        raise UnknownImportKindError(_("There is no kind of import “%(name)s”.") % {"name": name}) from None


def kinds_for(capabilities: frozenset[Capability]) -> list[ImportKind]:
    """Return the kinds that somebody with these capabilities may use, by label."""
    allowed = [kind for kind in _kinds.values() if kind.demand in capabilities]
    return sorted(allowed, key=lambda kind: str(kind.label))


def label_of(name: str) -> str:
    """Return the words for a kind, or its bare name where no code has it any more."""
    return str(_kinds[name].label) if name in _kinds else name
