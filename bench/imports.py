"""What it costs to bring past orders in from a file, beside a bare COPY of the same rows; and how much memory it takes.

    python -m bench.imports [--lines 100000] [--file transactions.csv]

The file is The Complete Journey's, where it is among the sample data (``O2O_SAMPLE_DATA``), else made up in its shape.
A process of its own compares and applies it, as a worker would, so that its memory can be told. The database is made
beside those of the tests and dropped at the end. Its servers do not wait for the disk, so that the figures show the
work and not the disk.
"""

import argparse
import io
import logging
import os
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import IO, Any

from o2o.embedded.testing import start_for_tests

HEADERS = (
    "channel,household_id,store_id,basket_id,product_id,quantity,sales_value,retail_disc,coupon_disc,"
    "coupon_match_disc,week,transaction_timestamp"
)
KIND = "orders.history"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=100_000, help="lines to bring in at most")
    parser.add_argument("--file", type=Path, help="a file in the shape of The Complete Journey")
    options = parser.parse_args()
    os.environ["DJANGO_SETTINGS_MODULE"] = "o2o.settings.testing"
    services = start_for_tests()
    try:
        import django

        django.setup()
        logging.disable(logging.WARNING)
        with _database(), tempfile.TemporaryFile("w+b") as file:
            _measure(_write(file, options), file)
    finally:
        services.stop()


@contextmanager
def _database() -> Iterator[None]:
    from django.db import connections

    from tests import database

    name = database.make_database()
    database.use_database(name)
    try:
        yield
    finally:
        connections.close_all()
        database.drop_database(name)


def _write(file: IO[bytes], options: argparse.Namespace) -> int:
    """Write the lines with a channel, which the original lacks, and return how many there are."""
    from tests.channels.importing.samples import DATA, journey_lines

    source = options.file or DATA / "complete_journey" / "transactions.csv"
    text = io.TextIOWrapper(file, encoding="utf-8", newline="")
    text.write(f"{HEADERS}\n")
    count = 0
    if source.exists():
        with source.open() as lines:
            next(lines)
            for line in islice(lines, options.lines):
                text.write(f"stores,{line}")
                count += 1
    else:
        for cells in journey_lines(options.lines):
            text.write(f"stores,{','.join(cells)}\n")
            count += 1
    text.detach().flush()
    print(f"{count} lines of {source.name if source.exists() else 'made-up receipts'}, {file.tell() / 1e6:.0f} MB")
    return count


def _measure(lines: int, file: IO[bytes]) -> None:
    from o2o.imports.services.batches import apply_batch, start_plan, undo_batch
    from o2o.imports.services.uploads import upload_file
    from o2o.kit.clock import now
    from tests.channels.importing.shop import Importer

    importer = Importer(currency="USD", time_zone="UTC")
    _prepare(importer, file)
    file.seek(0)
    started = time.monotonic()
    with importer.scope():
        batch = upload_file(kind=KIND, file_name="receipts.csv", file=file, actor=importer.owner, at=now())
    _rate("upload", lines, time.monotonic() - started)
    compared = _worked("compare: stage, group, plan", lines, importer, batch.pk, start_plan)
    applied = _worked("apply: orders, lines, discounts, payments", lines, importer, batch.pk, apply_batch)
    done = importer.batch(batch.pk)
    bare = _rate("bare COPY of the same lines into a table like theirs", *_bare_copy(importer))
    seconds, worked = (sum(step) for step in zip(compared, applied, strict=True))
    print(
        f"compare and apply: {lines / seconds:.0f} lines/s, {lines / worked:.0f} in each second of a processor,"
        f" {bare * seconds / lines:.0f} times as long as the bare COPY;"
        f" {done.applied_count} applied, {done.left_count} left, {done.to_reject + done.rejected_count} rejected"
    )
    _worked("undo", lines, importer, batch.pk, undo_batch)


def _prepare(importer: Any, file: IO[bytes]) -> None:
    """Make the channel, the stores and the products that the file names."""
    from channels.catalog.models import Product, Variant
    from channels.stores.models import SalesChannel, StockLocation

    stores, products = set(), set()
    file.seek(0)
    next(file)
    for line in file:
        cells = line.decode().split(",", 5)
        stores.add(cells[2])
        products.add(cells[4])
    with importer.scope():
        SalesChannel.objects.create(code="stores", name="Stores", kind="pos", currency="USD")
        StockLocation.objects.bulk_create(
            StockLocation(code=code, name=code, kind="store", time_zone="UTC") for code in sorted(stores)
        )
        made = Product.objects.bulk_create((Product(code=code, name=code) for code in sorted(products)), 2000)
        Variant.objects.bulk_create((Variant(product=product, sku=product.code) for product in made), 2000)


def _bare_copy(importer: Any) -> tuple[int, float]:
    """Copy the lines that were applied once more, into a table with the same columns, indexes and checks.

    Returns how many there are and how long that takes.
    """
    from django.db import connection, transaction

    with importer.scope(), transaction.atomic(), connection.cursor() as cursor, tempfile.TemporaryFile("w+b") as kept:
        cursor.execute("CREATE TEMPORARY TABLE lines (LIKE orders_orderline INCLUDING ALL) ON COMMIT DROP")
        cursor.copy_expert("COPY (SELECT * FROM orders_orderline) TO STDOUT", kept)
        kept.seek(0)
        started = time.monotonic()
        cursor.copy_expert("COPY lines FROM STDIN", kept)
        return cursor.rowcount, time.monotonic() - started


def _worked(what: str, lines: int, importer: Any, batch_id: uuid.UUID, service: Any) -> tuple[float, float]:
    """Let a process of its own do a step; print what it took, and return its seconds and those of a processor.

    Where others use the machine the seconds of the clock are theirs too; those of a processor are not.
    """
    from tests.channels.importing.worker import run_apart

    figures = run_apart(importer, batch_id, service)
    python, postgres = figures["python"], figures["postgres"] or 0.0
    told = f"   processor {python:.1f} s Python, {postgres:.1f} s PostgreSQL"
    told += f"   memory {figures['before']:.0f} MB, at most {figures['peak']:.0f} MB"
    _rate(what, lines, figures["seconds"], told)
    return figures["seconds"], python + postgres


def _rate(what: str, lines: int, seconds: float, more: str = "") -> float:
    print(f"{what:<52} {lines / seconds:>9.0f}/s   {seconds:.1f} s{more}", flush=True)
    return lines / seconds


if __name__ == "__main__":
    main()
