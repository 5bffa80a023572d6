"""The records of a stored file from any place on."""

import tempfile
import threading
import uuid
from collections.abc import Iterator

from o2o.imports.models import ImportBatch
from o2o.imports.reading.delimited import Record, read_delimited
from o2o.imports.reading.inspecting import text_records
from o2o.imports.reading.workbooks import read_workbook
from o2o.imports.selectors import file_chunks

# A workbook can only be read from its beginning, so a worker that goes on with one keeps it open between two batches
# of the job. Whoever finds none, because another worker was there before, skips the rows that are staged.
_kept: dict[uuid.UUID, tuple[int, Iterator[Record]]] = {}
_guard = threading.Lock()


def records_from(batch: ImportBatch, position: int) -> Iterator[Record]:
    """Yield the records after ``position``, which is the ``end`` of the last one that was read, or 0."""
    if batch.reading.format == "xlsx":
        return _workbook_records(batch, position)
    if position == 0:
        return text_records(file_chunks(batch_id=batch.pk), batch.reading)
    return read_delimited(file_chunks(batch_id=batch.pk, start=position), batch.reading, at=position)


def keep_open(batch: ImportBatch, position: int, records: Iterator[Record]) -> None:
    """Keep a workbook that was read up to ``position`` for the next batch of the job; one at a time."""
    if batch.reading.format == "xlsx":
        with _guard:
            _kept.clear()
            _kept[batch.pk] = (position, records)


def _workbook_records(batch: ImportBatch, position: int) -> Iterator[Record]:
    with _guard:
        at, records = _kept.pop(batch.pk, (-1, iter(())))
    return records if at == position and position else _opened(batch, position)


def _opened(batch: ImportBatch, position: int) -> Iterator[Record]:
    with tempfile.TemporaryFile() as file:
        for chunk in file_chunks(batch_id=batch.pk):
            file.write(chunk)
        file.seek(0)
        yield from read_workbook(file, after=position)
