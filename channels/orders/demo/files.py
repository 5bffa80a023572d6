"""Files that somebody brought: one that was applied, with rows that could not be, and one that is still looked at."""

import csv
import random
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import BytesIO, StringIO

from django.utils import translation

from channels.catalog.models import Variant
from channels.stores.demo import fenwick, tea
from channels.stores.demo.building import acting_in_console, people
from o2o.imports.enums import BatchState
from o2o.imports.models import ImportBatch
from o2o.imports.services.batches import apply_batch, start_plan
from o2o.imports.services.uploads import upload_file
from o2o.kit.jobs.enums import JobState
from o2o.kit.jobs.models import Job
from o2o.kit.jobs.running import run_job
from o2o.tenancy.models import Merchant
from o2o.tenancy.scope import tenant_transaction

Rows = Sequence[Sequence[object]]
WAIT_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class File:
    """A file, its content, and whether somebody has applied it; ``encoding`` is that of the program it came from."""

    kind: str
    name: str
    rows: Callable[[datetime], Rows]
    is_applied: bool
    encoding: str = "utf-8-sig"


def load(merchant: Merchant, slug: str, *, at: datetime) -> str:
    """Bring the files of a chain that are not there yet. Not in one transaction: jobs work on them."""
    with translation.override(merchant.language):
        brought = [file.name for file in FILES[slug] if _bring(merchant, file, f"operations@{MAIL[slug]}", at)]
    return f"{len(brought)} files"


def _bring(merchant: Merchant, file: File, email: str, at: datetime) -> bool:
    with tenant_transaction(merchant.pk):
        if ImportBatch.objects.filter(file_name=file.name).exists():
            return False
        actor = people()[email]
        with acting_in_console(actor):
            content = BytesIO(_text(file.rows(at)).encode(file.encoding))
            batch = upload_file(kind=file.kind, file_name=file.name, file=content, actor=actor, at=at)
            start_plan(batch_id=batch.pk, actor=actor)
    is_planned = _worked_off(merchant, batch.pk, BatchState.PLANNED)
    if file.is_applied and is_planned:
        with tenant_transaction(merchant.pk), acting_in_console(actor):
            apply_batch(batch_id=batch.pk, actor=actor)
        _worked_off(merchant, batch.pk, BatchState.APPLIED)
    return True


def _worked_off(merchant: Merchant, batch_id: uuid.UUID, wanted: BatchState) -> bool:
    """Do the job of a file here, or wait for the worker that has it; say whether the file is where it should be."""
    patience = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < patience:
        with tenant_transaction(merchant.pk):
            state = ImportBatch.objects.values_list("state", flat=True).get(pk=batch_id)
            jobs = list(
                Job.objects.filter(
                    state=JobState.QUEUED, kind__startswith="imports.", parameters__import_id=str(batch_id)
                ).values_list("pk", flat=True)
            )
        if state == wanted:
            return True
        for job_id in jobs:
            run_job(merchant_id=merchant.pk, job_id=job_id, seconds=WAIT_SECONDS)
        if not jobs:
            time.sleep(0.2)
    return False


def _text(rows: Rows) -> str:
    out = StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue()


def _past_orders(
    seed: int, prices: Sequence[tuple[str, str]], stores: Sequence[str], channel: str
) -> Callable[[datetime], Rows]:
    """Return the maker of a file of sales two months ago, as an old till wrote them, with its slips."""

    def rows(at: datetime) -> Rows:
        luck = random.Random(seed)  # noqa: S311 - not for secrets
        made: list[Sequence[object]] = [
            ("order", "channel", "placed_at", "location", "sku", "quantity", "unit_price", "discount")
        ]
        for number in range(90):
            placed = at - timedelta(days=luck.randrange(45, 90), minutes=luck.randrange(600))
            for sku, price in luck.sample(prices, luck.choice((1, 1, 2))):
                made.append(
                    (f"A{8000 + number}", channel, f"{placed:%Y-%m-%d %H:%M}", luck.choice(stores), sku,
                     luck.choice((1, 1, 2)), price, "")
                )  # fmt: skip
        day = f"{at - timedelta(days=50):%Y-%m-%d} 15:20"
        sku, price = prices[0]
        made += [
            ("A8100", channel, day, stores[0], sku, -1, price, ""),
            ("A8101", channel, day, "XX-99", sku, 1, price, ""),
            ("A8102", channel, day, stores[0], sku, 1, price, "500"),
            ("A8103", channel, "31/02/2026", stores[0], sku, 1, price, ""),
        ]
        return made

    return rows


def _new_season(_at: datetime) -> Rows:
    """Return a product list with new drinks, some other costs, and two slips."""
    changed = Variant.objects.filter(sku__in=("JAS-M", "JAS-L", "LMN-M", "LMN-L")).select_related("product__category")
    same = Variant.objects.filter(sku__in=("ASM-M", "ASM-L")).select_related("product__category")
    rows: list[Sequence[object]] = [
        ("货号", "product", "商品名称", "规格", "分类", "品牌", "条码", "成本", "description")
    ]
    for variant in (*changed, *same):
        product = variant.product
        cost = variant.cost if variant.sku.startswith("ASM") else (variant.cost or 0) + 1
        rows.append(
            (variant.sku, product.code, product.name, variant.name, product.category.name, product.brand, variant.gtin,
             cost, product.description)
        )  # fmt: skip
    return [
        *rows,
        ("YMT-M", "YMT", "杨梅冰茶", "中杯 500 ml", "鲜果茶", "茶屿", "", "5.90", ""),
        ("YMT-L", "YMT", "杨梅冰茶", "大杯 700 ml", "鲜果茶", "茶屿", "", "7.40", ""),
        ("LCH-M", "LCH", "荔枝乌龙", "中杯 500 ml", "鲜果茶", "茶屿", "", "6.10", ""),
        ("SBX-1", "SBX", "新春茶点盒", "8 枚装", "茶点零食", "茶屿", "9520000099990", "19.80", ""),
        ("SBX-2", "SBX", "新春茶点盒", "16 枚装", "茶点零食", "茶屿", "", "三十六", ""),
    ]


def _stock_take(_at: datetime) -> Rows:
    """Return a stock list of two shops as somebody typed it."""
    skus = ("ENM-WHT", "TPT-4C", "TWL-CHK", "JAR-1", "KNF-ONE", "SOP-1", "BRS-ONE", "CAN-5")
    rows: list[Sequence[object]] = [("Location", "SKU", "On hand", "Safety stock")]
    rows += [(code, sku, 5 + place, 1) for code in ("DUR", "LCN") for place, sku in enumerate(skus)]
    return [*rows, ("DUR", "ENM-PNK", 3, 1), ("DUH", "ENM-WHT", 4, 1), ("LCN", "TRW-ONE", "a few", 1)]


MAIL = {"tea-isle": "tea.example", "fenwick": "fenwick.example"}
FILES = {
    "tea-isle": (
        File(
            "orders.history", "老收银系统导出.csv",
            _past_orders(5, (("BRN-M", "16"), ("LMN-M", "16"), ("JAS-L", "13"), ("ASM-M", "15")), tea.STORES, "pos"),
            is_applied=True, encoding="gb18030",
        ),
        File("catalog.products", "新品与成本调整.csv", _new_season, is_applied=False),
    ),
    "fenwick": (
        File(
            "orders.history", "old-tills.csv",
            _past_orders(6, (("ENM-WHT", "8.50"), ("SOP-1", "4.25"), ("TWN-100", "5.25"), ("PEG-24", "4.95")),
                         fenwick.STORES, "tills"),
            is_applied=True,
        ),
        File("inventory.stock", "durham-and-lincoln.csv", _stock_take, is_applied=False),
    ),
}  # fmt: skip
