"""Stock out of files, and back into them."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels.catalog.models import Variant
from channels.inventory.enums import MovementReason
from channels.inventory.models import StockLevel
from channels.inventory.services import adjust_stock, set_safety_stock
from channels.stores.models import StockLocation
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
from o2o.tenancy.capabilities import Capability

PAGE = 1000
Values = dict[str, int]


@import_kind("inventory.stock", label=gettext_lazy("Stock"))
class ImportStock(ImportKind):
    """How many units lie where. The difference to the books is posted as a movement, with the import as its cause."""

    demand = Capability.STOCK_WRITE
    description = gettext_lazy("Units on hand of each SKU at each location, and its safety stock.")
    icon = "inventory_2"
    columns = (
        Column(
            "location",
            gettext_lazy("Location"),
            is_required=True,
            max_length=40,
            example="SH-001",
            help=gettext_lazy("Its code."),
            aliases=("库存点", "门店"),
        ),
        Column(
            "sku",
            gettext_lazy("SKU"),
            is_required=True,
            is_code=True,
            max_length=60,
            example="TEA-JAS-L",
            aliases=("货号",),
        ),
        Column(
            "on_hand",
            gettext_lazy("On hand"),
            ColumnKind.INTEGER,
            is_required=True,
            minimum=0,
            example="24",
            aliases=("quantity", "数量", "库存"),
        ),
        Column("safety_stock", gettext_lazy("Safety stock"), ColumnKind.INTEGER, minimum=0, example="2"),
    )
    group_by = ("location", "sku")
    is_one_row_per_group = True
    has_export = True

    def plan(self, rows: Sequence[Row], *, context: ImportContext) -> Sequence[Plan]:
        known = _Known(rows, context)
        return [known.plan(row) for row in rows]

    def apply(self, rows: Sequence[Row], *, context: ImportContext) -> Sequence[Applied]:
        known = _Known(rows, context)
        results: list[Applied] = []
        changes, safety = [], {}
        for row in rows:
            plan = known.plan(row)
            if plan.action == "reject":
                results.append(Applied.rejected(plan.reason))
                continue
            place, before = known.place(row), known.values(row)
            after = wanted(row, before)
            old = before or {"on_hand": 0, "safety_stock": 0}
            if before == after:
                results.append(Applied.left())
                continue
            results.append(Applied.done({"before": before, "after": after}))
            if after["on_hand"] != old["on_hand"]:
                changes.append((*place, after["on_hand"] - old["on_hand"]))
            if after["safety_stock"] != old["safety_stock"]:
                safety[place] = after["safety_stock"]
        _post(changes, safety, context)
        return results

    def undo(self, rows: Sequence[AppliedRow], *, context: ImportContext) -> Sequence[Undone]:
        """Post the opposite differences; what has moved since keeps its movements and the place is refused."""
        known = _Known(rows, context)
        results: list[Undone] = []
        changes, safety = [], {}
        for row in rows:
            if known.values(row) != row.undo["after"]:
                results.append(Undone.refused(_("Its stock has moved since.")))
                continue
            place, before = known.place(row), row.undo["before"] or {"on_hand": 0, "safety_stock": 0}
            results.append(Undone.done())
            if before["on_hand"] != row.undo["after"]["on_hand"]:
                changes.append((*place, before["on_hand"] - row.undo["after"]["on_hand"]))
            safety[place] = before["safety_stock"]
        _post(changes, safety, context)
        return results

    def export(self, *, after: str | None, context: ImportContext) -> ExportPage:
        rows = StockLevel.objects.select_related("variant", "location").order_by("pk")
        if context.location_ids is not None:
            rows = rows.filter(location_id__in=context.location_ids)
        found = list((rows.filter(pk__gt=after) if after else rows)[:PAGE])
        lines = [
            {
                "location": level.location.code,
                "sku": level.variant.sku,
                "on_hand": level.on_hand,
                "safety_stock": level.safety_stock,
            }
            for level in found
        ]
        return ExportPage(lines, str(found[-1].pk) if len(found) == PAGE else None)


def wanted(row: Row, before: Values | None) -> Values:
    """Return what a row asks for; a safety stock that the file lacks stays as it is."""
    kept = before["safety_stock"] if before else 0
    has_safety = row.has("safety_stock") and row["safety_stock"] is not None
    return {"on_hand": row["on_hand"], "safety_stock": row["safety_stock"] if has_safety else kept}


def _post(changes: Sequence[Any], safety: Mapping[Any, int], context: ImportContext) -> None:
    if changes:
        adjust_stock(
            changes=changes,
            reason=MovementReason.IMPORT,
            at=context.at,
            reference_kind="import",
            reference_id=context.batch_id,
        )
    if safety:
        set_safety_stock(units=safety, at=context.at)


class _Known:
    """The locations, variants and levels that some rows name. Three queries."""

    def __init__(self, rows: Sequence[Row], context: ImportContext) -> None:
        self.context = context
        codes, skus = {row["location"] for row in rows}, {row["sku"] for row in rows}
        self.locations = dict(StockLocation.objects.filter(code__in=codes).values_list("code", "pk"))
        self.variants = dict(Variant.objects.filter(sku__in=skus).values_list("sku", "pk"))
        levels = StockLevel.objects.filter(
            location_id__in=self.locations.values(), variant_id__in=self.variants.values()
        )
        self.levels = {(level.variant_id, level.location_id): level for level in levels}

    def place(self, row: Row) -> tuple[Any, Any]:
        return self.variants[row["sku"]], self.locations[row["location"]]

    def values(self, row: Row) -> Values | None:
        if row["location"] not in self.locations or row["sku"] not in self.variants:
            return None
        level = self.levels.get(self.place(row))
        return None if level is None else {"on_hand": level.on_hand, "safety_stock": level.safety_stock}

    def plan(self, row: Row) -> Plan:
        location_id = self.locations.get(row["location"])
        if location_id is None or not self.context.may_at(location_id):
            return Plan.reject(_("There is no location with the code “%(code)s”.") % {"code": row["location"]})
        if row["sku"] not in self.variants:
            return Plan.reject(_("There is no variant “%(sku)s”; import the products first.") % {"sku": row["sku"]})
        level = self.levels.get(self.place(row))
        after = wanted(row, self.values(row))
        if level is not None and after["on_hand"] < level.allocated + level.held and not level.allows_backorder:
            return Plan.reject(
                _("%(promised)s units are promised, so there cannot be %(on_hand)s.")
                % {"promised": level.allocated + level.held, "on_hand": after["on_hand"]}
            )
        return Plan.compare(self.values(row), after)
