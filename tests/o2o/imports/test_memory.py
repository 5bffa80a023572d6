"""Large files in bounded memory."""

import os
import resource
import time
import tracemalloc

import pytest

from o2o.imports.kinds import find_kind
from o2o.imports.models import ImportBatch, ImportRow
from o2o.imports.services.staging import Place, stage_rows
from o2o.tenancy.models import Merchant
from o2o.tenancy.scope import tenant_transaction
from tests.o2o.imports.conftest import upload

ROWS = int(os.environ.get("IMPORT_ROWS", "200000"))
MOST_BYTES = 60 * 1024 * 1024


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_rows_are_staged_in_bounded_memory(committed_db: None, merchant: Merchant) -> None:
    lines = (f"A-{number},Tea {number},{number}.50,1/2/2026\n" for number in range(ROWS))
    batch = upload(merchant, "SKU,Name,Price,Opened on\n" + "".join(lines))
    kind = find_kind(batch.kind)
    place: Place | None = Place()
    began = time.monotonic()
    tracemalloc.start()
    while place is not None:
        with tenant_transaction(merchant.pk):
            place = stage_rows(batch=batch, kind=kind, place=place)
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    print(f"{ROWS} rows, {time.monotonic() - began:.1f} s, peak {peak >> 20} MB traced, "
          f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10} MB resident")  # fmt: skip
    assert peak < MOST_BYTES
    with tenant_transaction(merchant.pk):
        assert ImportBatch.objects.get(pk=batch.pk).row_count == ROWS
        assert ImportRow.objects.filter(row_number=ROWS + 1).exists()
