"""A kind of import whose things are webhook endpoints: the description is the SKU, the address the name."""

import sys
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from o2o.events.webhooks.models import WebhookEndpoint
from o2o.imports import (
    Applied,
    AppliedRow,
    Column,
    ColumnKind,
    ExportPage,
    ImportContext,
    ImportKind,
    Plan,
    Row,
    Undone,
    import_kind,
)
from o2o.kit.errors import InvalidError
from o2o.tenancy.capabilities import Capability

PAGE = 2


class RefusedError(InvalidError):
    """The price is one that the sample does not like."""


class ImportThings(ImportKind):
    """Things with a SKU, a name, a price and a day."""

    demand = Capability.WEBHOOKS_WRITE
    description = "Things of the tests."
    columns = (
        Column("sku", "SKU", is_required=True, is_code=True, max_length=20, aliases=("Article",), example="A-1"),
        Column("name", "Name", is_required=True, example="Green tea"),
        Column("price", "Price", ColumnKind.MONEY, minimum=0, aliases=("Unit Price USD",), example="12.50"),
        Column("opened_on", "Opened on", ColumnKind.DATE, example="2026-01-31"),
    )
    group_by = ("sku",)
    is_one_row_per_group = True
    has_export = True

    def plan(self, rows: Sequence[Row], *, context: ImportContext) -> Sequence[Plan]:
        present = present_things(rows)
        return [Plan.compare(present.get(row["sku"]), wanted(row, present.get(row["sku"]))) for row in rows]

    def apply(self, rows: Sequence[Row], *, context: ImportContext) -> Sequence[Applied]:
        if any(row["name"] == "refused" for row in rows):
            raise RefusedError("The name “refused” is refused; choose another.")
        present = {thing.description: thing for thing in things_of(rows)}
        results, new, changed = [], [], []
        for row in rows:
            thing = present.get(row["sku"])
            before = as_values(thing) if thing else None
            after = wanted(row, before)
            if before == after:
                results.append(Applied.left())
                continue
            if thing is None:
                thing = WebhookEndpoint(description=row["sku"])
                new.append(thing)
            else:
                changed.append(thing)
            thing.url, thing.event_types = after["name"], [after["price"], after["opened_on"]]
            results.append(Applied.done({"before": before, "after": after}))
        WebhookEndpoint.objects.bulk_create(new)
        WebhookEndpoint.objects.bulk_update(changed, ["url", "event_types"])
        return results

    def undo(self, rows: Sequence[AppliedRow], *, context: ImportContext) -> Sequence[Undone]:
        present = {thing.description: thing for thing in things_of(rows)}
        results, gone, changed = [], [], []
        for row in rows:
            thing = present.get(row["sku"])
            if thing is None or as_values(thing) != row.undo["after"]:
                results.append(Undone.refused("It was changed since."))
                continue
            results.append(Undone.done())
            before = row.undo["before"]
            if before is None:
                gone.append(thing.pk)
            else:
                thing.url, thing.event_types = before["name"], [before["price"], before["opened_on"]]
                changed.append(thing)
        WebhookEndpoint.objects.filter(pk__in=gone).delete()
        WebhookEndpoint.objects.bulk_update(changed, ["url", "event_types"])
        return results

    def export(self, *, after: str | None, context: ImportContext) -> ExportPage:
        things = list(WebhookEndpoint.objects.filter(description__gt=after or "").order_by("description")[:PAGE])
        rows = [{"sku": thing.description, **as_values(thing)} for thing in things]
        return ExportPage(rows, things[-1].description if len(things) == PAGE else None)


def things_of(rows: Sequence[Row]) -> Sequence[WebhookEndpoint]:
    return list(WebhookEndpoint.objects.filter(description__in=[row["sku"] for row in rows]))


def present_things(rows: Sequence[Row]) -> Mapping[str, Mapping[str, Any]]:
    return {thing.description: as_values(thing) for thing in things_of(rows)}


def as_values(thing: WebhookEndpoint) -> Mapping[str, Any]:
    price, opened_on = [*thing.event_types, "", ""][:2]
    return {"name": thing.url, "price": price, "opened_on": opened_on}


def wanted(row: Row, before: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """Return what the row asks for; a column that the file lacks changes nothing."""
    kept = before or {"price": "", "opened_on": ""}
    price = str(row["price"] or "") if row.has("price") else kept["price"]
    opened_on = str(row["opened_on"] or "") if row.has("opened_on") else kept["opened_on"]
    return {"name": row["name"], "price": price, "opened_on": opened_on}


def register() -> None:
    """Make the kind known to this process."""
    import_kind("test.things", label="Things")(ImportThings)


def main() -> None:
    """Run a job in a process of its own, to be killed; the arguments are merchant and job."""
    from o2o.kit.jobs.running import run_job

    register()
    print("ready", flush=True)
    run_job(merchant_id=uuid.UUID(sys.argv[1]), job_id=uuid.UUID(sys.argv[2]), seconds=60)
