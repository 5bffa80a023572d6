"""Take in a file, and say how it is read."""

import hashlib
import uuid
import zlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import IO, Any

from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from o2o.imports.columns import match_headers
from o2o.imports.enums import CORRECTABLE, BatchState
from o2o.imports.kinds import ImportKind, UnknownImportKindError, find_kind
from o2o.imports.limits import MAX_FILE_BYTES, MAX_RATIO, MEBIBYTE, PART_BYTES
from o2o.imports.models import ImportBatch, ImportFilePart
from o2o.imports.reading.dialects import DELIMITERS, Dialect
from o2o.imports.reading.encodings import ENCODINGS
from o2o.imports.reading.errors import TooLargeError, UnreadableFileError
from o2o.imports.reading.inspecting import HEAD_BYTES, inspect_text, inspect_workbook, is_workbook
from o2o.imports.selectors import batches_for, file_chunks
from o2o.imports.services.errors import batch_missing, missing_columns, wrong_state
from o2o.kit.errors import InvalidError
from o2o.tenancy.actor import Actor

GZIP_SIGNATURE = b"\x1f\x8b"


@transaction.atomic
def upload_file(*, kind: str, file_name: str, file: IO[bytes], actor: Actor, at: datetime) -> ImportBatch:
    """Store a CSV (perhaps as .gz) or XLSX file as a new import and find out how it is read.

    Columns that are missing are said in ``error`` and may still be named by ``set_dialect``. Raises
    ``UnknownImportKindError`` also for a kind that the actor may not use, ``UnreadableFileError`` and
    ``TooLargeError``.
    """
    found = kind_for(kind, actor)
    head = file.read(8)
    file.seek(0)
    batch: ImportBatch = ImportBatch(
        kind=kind,
        file_name=_base_name(file_name),
        language=get_language() or "en",
        actor_id=actor.id,
        actor_label=actor.label[:200],
        location_ids=None if actor.location_ids is None else sorted(actor.location_ids),
        file_size=0,
        stored_size=0,
        created_at=at,
    )
    dialect = None
    if is_workbook(head):
        file.seek(0, 2)
        dialect = inspect_workbook(file, file.tell(), found.columns)
        file.seek(0)
    batch.save(force_insert=True)
    _store(batch, file, is_gzip=head.startswith(GZIP_SIGNATURE))
    if dialect is None:
        first = next(file_chunks(batch_id=batch.pk), b"")[:HEAD_BYTES]
        dialect = inspect_text(first, found.columns, is_whole=batch.stored_size <= len(first))
    else:
        batch.line_count = None
    _read_as(batch, dialect, found)
    batch.save()
    return batch


def set_dialect(*, batch_id: uuid.UUID, actor: Actor, changes: Mapping[str, Any]) -> ImportBatch:
    """Correct how a file is read: ``encoding``, ``delimiter``, ``date_order``, ``decimal_mark``, ``columns``.

    ``columns`` leads from names of columns to places in the file from 0 on, or None to leave a column out. Another
    encoding or delimiter reads the headers anew. The rows are compared again by ``start_plan``. Raises
    ``BatchStateError`` and ``InvalidError``.
    """
    batch = batch_of(batch_id, actor)
    kind = find_kind(batch.kind)
    _check_changes(kind, changes)
    dialect = batch.reading
    if dialect.format == "csv" and {"encoding", "delimiter"} & set(changes):
        encoding = changes.get("encoding") or dialect.encoding
        delimiter = changes.get("delimiter") or dialect.delimiter
        if (encoding, delimiter) != (dialect.encoding, dialect.delimiter):
            head = next(file_chunks(batch_id=batch.pk), b"")[:HEAD_BYTES]
            again = inspect_text(
                head, kind.columns, is_whole=batch.stored_size <= len(head), encoding=encoding, delimiter=delimiter
            )
            kept = {"date_order": dialect.date_order, "decimal_mark": dialect.decimal_mark}
            dialect = again.with_changes(kept)
    others = {name: changes[name] for name in ("date_order", "decimal_mark", "columns") if name in changes}
    _read_as(batch, dialect.with_changes(others), kind)
    correctable = ImportBatch.objects.filter(pk=batch_id, state__in=CORRECTABLE, purged_at=None)
    if not correctable.update(dialect=batch.dialect, error=batch.error, state=BatchState.UPLOADED):
        batch.refresh_from_db()
        raise wrong_state(batch)
    batch.state = BatchState.UPLOADED
    return batch


def kind_for(name: str, actor: Actor) -> ImportKind:
    """Return a kind of import that the actor may use. Raises ``UnknownImportKindError``."""
    kind = find_kind(name)
    if not actor.may(kind.demand):
        raise UnknownImportKindError(_("There is no kind of import “%(name)s”.") % {"name": name})
    return kind


def batch_of(batch_id: uuid.UUID, actor: Actor) -> ImportBatch:
    """Return an import that the actor may see. Raises ``NotFoundError``."""
    batch: ImportBatch | None = batches_for(actor).filter(pk=batch_id).first()
    if batch is None:
        raise batch_missing(batch_id)
    return batch


def _read_as(batch: ImportBatch, dialect: Dialect, kind: ImportKind) -> None:
    matched = match_headers(kind.columns, dialect.headers, chosen=dialect.columns)
    batch.dialect = dialect.to_json()
    batch.error = str(missing_columns(matched.missing, dialect.headers).detail) if matched.missing else ""


def _check_changes(kind: ImportKind, changes: Mapping[str, Any]) -> None:
    allowed: Mapping[str, Any] = {
        "encoding": ENCODINGS, "delimiter": DELIMITERS, "date_order": ("", "dmy", "mdy"),
        "decimal_mark": ("", ".", ","),
    }  # fmt: skip
    for name, value in changes.items():
        if name in allowed and value not in allowed[name]:
            known = ", ".join(repr(choice) for choice in allowed[name])
            raise InvalidError(
                _("“%(value)s” is no %(name)s; choose one of %(known)s.")
                % {"value": value, "name": name, "known": known},
                field=name,
            )
    for name in changes.get("columns") or {}:
        if kind.column(name) is None:
            raise InvalidError(_("This import has no column “%(name)s”.") % {"name": name}, field="columns")


def _store(batch: ImportBatch, file: IO[bytes], *, is_gzip: bool) -> None:
    """Write the file in parts, counting and summing on the way."""
    digest, size, stored, lines = hashlib.sha256(), 0, 0, 0

    def read() -> Iterator[bytes]:
        nonlocal size
        while block := file.read(64 * 1024):
            size += len(block)
            digest.update(block)
            yield block

    for number, part in enumerate(_parts(inflate(read()) if is_gzip else read())):
        stored += len(part)
        lines += part.count(b"\n")
        if stored > MAX_FILE_BYTES:
            raise TooLargeError(
                _("The file holds more than %(most)d MB. Split it.") % {"most": MAX_FILE_BYTES // MEBIBYTE}
            )
        ImportFilePart.objects.create(batch=batch, number=number, content=part)
    if not stored:
        raise UnreadableFileError(_("The file is empty."))
    batch.file_size, batch.stored_size, batch.sha256 = size, stored, digest.hexdigest()
    batch.line_count = lines


def _parts(blocks: Iterable[bytes]) -> Iterator[bytes]:
    kept = bytearray()
    for block in blocks:
        kept += block
        while len(kept) >= PART_BYTES:
            yield bytes(kept[:PART_BYTES])
            del kept[:PART_BYTES]
    if kept:
        yield bytes(kept)


def inflate(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield what a gzip file holds, a little at a time. Raises ``TooLargeError`` for a bomb."""
    inflater = zlib.decompressobj(wbits=31)
    taken = given = 0
    try:
        for block in blocks:
            taken += len(block)
            waiting = block
            while waiting:
                piece = inflater.decompress(waiting, PART_BYTES)
                given += len(piece)
                if given > MEBIBYTE and given > taken * MAX_RATIO:
                    raise TooLargeError(
                        _("The .gz holds more than %(most)d times its own size. Send the CSV itself.")
                        % {"most": MAX_RATIO}
                    )
                if piece:
                    yield piece
                waiting = inflater.unconsumed_tail
                if inflater.eof:
                    waiting = inflater.unused_data
                    inflater = zlib.decompressobj(wbits=31)
    except zlib.error as error:
        raise UnreadableFileError(_("The .gz file is damaged. Make it again, or send the CSV itself.")) from error


def _base_name(name: str) -> str:
    base = name.replace("\\", "/").rsplit("/", 1)[-1].replace("\x00", "")
    return base[-200:] or "file"
