"""Large files in bounded memory: 10,000 lines of orders in ``make test``, a million in ``make faults``."""

import tempfile

import pytest

from channels.catalog.models import Product, Variant
from channels.orders.models import OrderLine
from channels.stores.models import StockLocation
from o2o.imports.services.batches import apply_batch, start_plan, undo_batch
from o2o.imports.services.uploads import upload_file
from o2o.kit.clock import now
from tests.channels.factories import SalesChannelFactory
from tests.channels.importing.samples import JOURNEY, journey_lines
from tests.channels.importing.shop import Importer
from tests.channels.importing.worker import run_apart
from tests.trials import trials

MOST_MEGABYTES = 300


@pytest.mark.slow
@pytest.mark.faults
@pytest.mark.timeout(3600)
@pytest.mark.usefixtures("committed_db")
def test_memory_does_not_grow_with_the_lines():
    count = trials(10_000, long=1_000_000)
    importer = Importer(currency="USD", time_zone="UTC")
    SalesChannelFactory(merchant=importer.merchant, code="stores", kind="pos", currency="USD")
    stores, products = set(), set()
    with tempfile.TemporaryFile() as file:
        file.write(f"channel,{','.join(JOURNEY)}\n".encode())
        for cells in journey_lines(count):
            file.write(f"stores,{','.join(cells)}\n".encode())
            stores.add(cells[1])
            products.add(cells[3])
        file.seek(0)
        with importer.scope():
            StockLocation.objects.bulk_create(
                StockLocation(code=code, name=code, kind="store", time_zone="UTC") for code in stores
            )
            made = Product.objects.bulk_create((Product(code=code, name=code) for code in products), 2000)
            Variant.objects.bulk_create((Variant(product=product, sku=product.code) for product in made), 2000)
            batch = upload_file(kind="orders.history", file_name="x.csv", file=file, actor=importer.owner, at=now())

    figures = [run_apart(importer, batch.pk, service) for service in (start_plan, apply_batch, undo_batch)]

    print(figures)
    assert max(each["peak"] for each in figures) < MOST_MEGABYTES
    # What the program itself takes grows with its packages; what the rows take does not.
    assert max(each["peak"] - each["before"] for each in figures) < MOST_MEGABYTES / 3
    done = importer.batch(batch.pk)
    assert (done.row_count, done.undone_count + done.to_reject, done.kept_count) == (count, count, 0)
    with importer.scope():
        assert OrderLine.objects.count() == done.undone_count
