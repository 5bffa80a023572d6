"""What a kind of job is, and which there are.

@job_kind("members.import", label=_("Import of members"))
class ImportMembers(JobKind):
def batch(self, *, parameters, cursor, at) -> Batch: ...
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, TypeVar

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from o2o.kit.errors import NotFoundError

Kind = TypeVar("Kind", bound=type["JobKind"])


@dataclass(frozen=True, slots=True)
class RowError:
    """A row that could not be done: its number in the source from 1 on, its own key, and what is wrong with it."""

    row_number: int
    message: str
    key: str = ""
    raw: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Batch:
    """What one batch did.

    ``cursor`` is where the next one begins, as JSON-able values; None says that this was the last. ``done`` and the
    ``errors`` are of this batch alone. ``result`` is merged into the job's.
    """

    cursor: Mapping[str, Any] | None
    done: int = 0
    errors: Sequence[RowError] = ()
    result: Mapping[str, Any] = field(default_factory=dict)


class JobKind(ABC):
    """Work that is done in batches, each in a transaction of the job's merchant.

    A batch takes a second or so, never longer than ``lease_seconds``, and depends on nothing but its parameters, its
    cursor and the database: it may be begun again after a worker died in the middle of it. It speaks to no network.
    """

    name: ClassVar[str]
    label: ClassVar[str | Promise]
    queue: ClassVar[str] = "batch"
    lease_seconds: ClassVar[float] = 30.0

    def total(self, *, parameters: Mapping[str, Any]) -> int | None:
        """Return how many rows there are in all, or None where nobody knows. Asked once, before the first batch."""
        return None

    @abstractmethod
    def batch(self, *, parameters: Mapping[str, Any], cursor: Mapping[str, Any] | None, at: datetime) -> Batch:
        """Do the batch that begins at ``cursor``; the first one begins at None."""


class DuplicateKindError(TypeError):
    """Two classes claim the same kind of job."""


class UnknownKindError(NotFoundError):
    """No kind of job has this name."""

    code = "unknown_job_kind"


_kinds: dict[str, JobKind] = {}


def job_kind(name: str, *, label: str | Promise) -> Callable[[Kind], Kind]:
    """Register a class as a kind of job; ``name`` reads ``app.what_it_does`` and is kept in the database."""

    def register(kind: Kind) -> Kind:
        if name in _kinds:
            raise DuplicateKindError(f"Two kinds of job are named {name!r}; give one of them another name.")
        kind.name, kind.label = name, label
        _kinds[name] = kind()
        return kind

    return register


def find_kind(name: str) -> JobKind:
    """Return the kind of that name. Raises ``UnknownKindError``."""
    try:
        return _kinds[name]
    except KeyError:
        raise UnknownKindError(_("No kind of job is named “%(name)s” in this program.") % {"name": name}) from None


def label_of(name: str) -> str:
    """Return the words for a kind, or its bare name where no code has it any more."""
    return str(_kinds[name].label) if name in _kinds else name
