"""Products, variants and listings out of files, and back into them."""

import uuid
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels.catalog.events import ListingChanged
from channels.catalog.gtin import WrongGtinError, gtin14
from channels.catalog.models import ChannelListing, Variant
from channels.catalog.services import PriceWish, set_prices
from channels.catalog.services.importing import save_products
from channels.catalog.services.judging import hold_first_prices
from channels.catalog.services.listings import record_first_prices
from channels.stores.models import SalesChannel
from o2o.events import emit_all
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
    wrong_currency,
)
from o2o.kit.copying import copy_changes
from o2o.kit.money import Money
from o2o.tenancy.capabilities import Capability

PAGE = 1000
PRODUCT = ("name", "brand", "category", "description")
VARIANT = ("variant", "gtin", "cost")
PRICE = ("price", "compare_at_price")


def text_of(value: Any) -> str:
    """Return a value as it is compared and shown; nothing as an empty text."""
    return "" if value is None else str(value)


@import_kind("catalog.products", label=gettext_lazy("Products and variants"))
class ImportProducts(ImportKind):
    """One row for each variant; rows with the same product code are variants of one product."""

    demand = Capability.CATALOG_WRITE
    description = gettext_lazy("One row for each variant: SKU, name, category, barcode, cost.")
    icon = "category"
    columns = (
        Column(
            "sku",
            gettext_lazy("SKU"),
            is_required=True,
            is_code=True,
            max_length=60,
            example="TEA-JAS-L",
            aliases=("ProductKey", "variant sku", "product_id", "货号"),
        ),
        Column(
            "product",
            gettext_lazy("Product code"),
            is_code=True,
            max_length=60,
            example="TEA-JAS",
            help=gettext_lazy("Empty: the SKU."),
        ),
        Column(
            "name",
            gettext_lazy("Name"),
            is_required=True,
            max_length=200,
            example="茉莉绿茶",
            aliases=("Product Name", "商品名称"),
        ),
        Column("variant", gettext_lazy("Variant"), max_length=200, example="大杯", aliases=("Color", "规格")),
        Column("category", gettext_lazy("Category"), max_length=100, example="茶饮", aliases=("Subcategory", "分类")),
        Column("brand", gettext_lazy("Brand"), max_length=100, example="茶屿", aliases=("品牌",)),
        Column(
            "gtin", gettext_lazy("GTIN"), is_code=True, max_length=20, example="6901234567892", aliases=("EAN", "条码")
        ),
        Column(
            "cost",
            gettext_lazy("Cost"),
            ColumnKind.MONEY,
            minimum=0,
            example="6.50",
            is_in_any_currency=True,
            aliases=("Unit Cost USD", "成本"),
        ),
        Column("description", gettext_lazy("Description"), max_length=5000),
    )
    group_by = ("sku",)
    is_one_row_per_group = True
    has_export = True

    def plan(self, rows: Sequence[Row], *, context: ImportContext) -> Sequence[Plan]:
        present = present_variants([row["sku"] for row in rows])
        return [self._plan(row, present.get(row["sku"]), context) for row in rows]

    def apply(self, rows: Sequence[Row], *, context: ImportContext) -> Sequence[Applied]:
        present = present_variants([row["sku"] for row in rows])
        wishes, results = [], []
        for row in rows:
            plan = self._plan(row, present.get(row["sku"]), context)
            if plan.action == "reject":
                results.append(Applied.rejected(plan.reason))
                continue
            before = present.get(row["sku"])
            after = wanted(row, before)
            if before == after:
                results.append(Applied.left())
                continue
            wishes.append((row["sku"], after))
            results.append(Applied.done({"before": before, "after": after}))
        save_products(wishes=wishes, at=context.at)
        return results

    def undo(self, rows: Sequence[AppliedRow], *, context: ImportContext) -> Sequence[Undone]:
        """Give changed variants their values back, and switch new ones off: others may refer to them by now."""
        present = present_variants([row["sku"] for row in rows])
        wishes, results, new = [], [], []
        for row in rows:
            if present.get(row["sku"]) != row.undo["after"]:
                results.append(Undone.refused(_("It was changed since.")))
            elif row.undo["before"] is None:
                new.append(row["sku"])
                results.append(Undone.done())
            else:
                wishes.append((row["sku"], row.undo["before"]))
                results.append(Undone.done())
        save_products(wishes=wishes, at=context.at, retired=new)
        return results

    def export(self, *, after: str | None, context: ImportContext) -> ExportPage:
        found = list(
            Variant.objects.filter(sku__gt=after or "", is_active=True)
            .select_related("product__category")
            .order_by("sku")[:PAGE]
        )
        rows = [{"sku": variant.sku, **values_of(variant), "cost": variant.cost} for variant in found]
        return ExportPage(rows, found[-1].sku if len(found) == PAGE else None)

    def _plan(self, row: Row, before: Mapping[str, Any] | None, context: ImportContext) -> Plan:
        if row["cost"] and (reason := wrong_currency(row["cost"], context.formats.currency)):
            return Plan.reject(reason)
        try:
            return Plan.compare(before, wanted(row, before))
        except WrongGtinError as error:
            return Plan.reject(error.detail)


def present_variants(skus: Sequence[str]) -> Mapping[str, dict[str, Any]]:
    """Return what is known of variants, as the import compares it. One query; those switched off are not there."""
    rows = Variant.objects.filter(sku__in=skus, is_active=True).select_related("product__category")
    return {variant.sku: values_of(variant) for variant in rows}


def values_of(variant: Variant) -> dict[str, Any]:
    """Return a variant in the columns of the import."""
    product = variant.product
    return {
        "product": product.code,
        "name": product.name,
        "variant": variant.name,
        "category": product.category.name if product.category else "",
        "brand": product.brand,
        "gtin": variant.gtin,
        "cost": "" if variant.cost is None else f"{variant.cost.normalize():f}",
        "description": product.description,
    }


def wanted(row: Row, before: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return what a row asks for: columns that the file lacks stay as they are. Raises ``WrongGtinError``."""
    kept = before or {"product": row["sku"], **dict.fromkeys((*PRODUCT, *VARIANT), "")}
    asked = {name: text_of(row[name]) if row.has(name) else kept[name] for name in ("product", *PRODUCT, *VARIANT)}
    asked["product"] = asked["product"] or row["sku"]
    asked["gtin"] = gtin14(asked["gtin"])
    if row.has("cost"):
        asked["cost"] = "" if row["cost"] is None else f"{row['cost'].normalize():f}"
    return asked


@import_kind("catalog.listings", label=gettext_lazy("Listings and prices"))
class ImportListings(ImportKind):
    """What each channel offers, and for how much. Prices that look like mistakes are held for approval."""

    demand = Capability.CATALOG_WRITE
    description = gettext_lazy("Price, visibility and text of each SKU in each channel.")
    icon = "sell"
    columns = (
        Column(
            "channel",
            gettext_lazy("Channel"),
            is_required=True,
            max_length=40,
            example="mini-program",
            help=gettext_lazy("Its code."),
            aliases=("渠道",),
        ),
        Column(
            "sku",
            gettext_lazy("SKU"),
            is_required=True,
            is_code=True,
            max_length=60,
            example="TEA-JAS-L",
            aliases=("ProductKey", "货号"),
        ),
        Column(
            "price",
            gettext_lazy("Price"),
            ColumnKind.MONEY,
            is_required=True,
            minimum=0,
            example="18.00",
            is_in_any_currency=True,
            aliases=("Unit Price USD", "价格", "售价"),
        ),
        Column(
            "compare_at_price",
            gettext_lazy("Compare-at price"),
            ColumnKind.MONEY,
            minimum=0,
            is_in_any_currency=True,
            aliases=("划线价",),
        ),
        Column("is_visible", gettext_lazy("Visible"), ColumnKind.BOOLEAN, example="yes", aliases=("上架",)),
        Column("title", gettext_lazy("Title"), max_length=200),
        Column("external_id", gettext_lazy("Id in the channel"), is_code=True, max_length=100),
    )
    group_by = ("channel", "sku")
    is_one_row_per_group = True
    has_export = True

    def plan(self, rows: Sequence[Row], *, context: ImportContext) -> Sequence[Plan]:
        known = _Known(rows)
        return [known.plan(row) for row in rows]

    def apply(self, rows: Sequence[Row], *, context: ImportContext) -> Sequence[Applied]:
        known = _Known(rows)
        results, new, changed, wishes = [], [], [], []
        for row in rows:
            plan = known.plan(row)
            if plan.action == "reject":
                results.append(Applied.rejected(plan.reason))
                continue
            listing = known.listing(row)
            before = None if listing is None else listing_values(listing)
            after = known.wanted(row, before)
            if before == after:
                results.append(Applied.left())
                continue
            results.append(Applied.done({"before": before, "after": after}))
            if listing is None:
                new.append(known.made(row, after))
                continue
            changed.append(_changed(listing, after))
            if before is not None and any(before[name] != after[name] for name in PRICE):
                asked = Decimal(after["price"]), amount(after["compare_at_price"])
                wishes.append(PriceWish(listing.pk, *asked, reason="import"))
        held = hold_first_prices(listings=new, at=context.at) if new else ()
        ChannelListing.objects.bulk_create(new)
        record_first_prices(listings=new, held=held, at=context.at, reason="import")
        copy_changes(ChannelListing, objects=changed, fields=("is_visible", "title", "external_id"))
        emit_all([ListingChanged(aggregate_id=row.pk, is_visible=row.is_visible) for row in (*new, *changed)])
        if wishes:
            set_prices(wishes=wishes, at=context.at)
        return results

    def undo(self, rows: Sequence[AppliedRow], *, context: ImportContext) -> Sequence[Undone]:
        """Give listings what they had; new ones are hidden, since their prices stay in the history."""
        known = _Known(rows)
        results, changed, wishes = [], [], []
        for row in rows:
            listing = known.listing(row)
            if listing is None or listing_values(listing) != row.undo["after"]:
                results.append(Undone.refused(_("It was changed since.")))
                continue
            before = row.undo["before"]
            results.append(Undone.done())
            changed.append(_changed(listing, before or {**row.undo["after"], "is_visible": "no"}))
            if before is not None and any(before[name] != row.undo["after"][name] for name in PRICE):
                old = Decimal(before["price"]), amount(before["compare_at_price"])
                wishes.append(PriceWish(listing.pk, *old, reason="import undone"))
        copy_changes(ChannelListing, objects=changed, fields=("is_visible", "title", "external_id"))
        emit_all([ListingChanged(aggregate_id=row.pk, is_visible=row.is_visible) for row in changed])
        if wishes:
            set_prices(wishes=wishes, at=context.at)
        return results

    def export(self, *, after: str | None, context: ImportContext) -> ExportPage:
        rows = ChannelListing.objects.select_related("variant", "channel").order_by("pk")
        found = list((rows.filter(pk__gt=uuid.UUID(after)) if after else rows)[:PAGE])
        lines = [
            {"channel": listing.channel.code, "sku": listing.variant.sku, **listing_values(listing)}
            for listing in found
        ]
        return ExportPage(lines, str(found[-1].pk) if len(found) == PAGE else None)


def listing_values(listing: ChannelListing) -> dict[str, str]:
    """Return a listing as the import compares it."""
    return {
        "price": f"{listing.price.normalize():f}",
        "compare_at_price": "" if listing.compare_at_price is None else f"{listing.compare_at_price.normalize():f}",
        "is_visible": "yes" if listing.is_visible else "no",
        "title": listing.title,
        "external_id": listing.external_id,
    }


def amount(text: str) -> Decimal | None:
    """Return an amount that the import compares as text; nothing for an empty one."""
    return Decimal(text) if text else None


def _changed(listing: ChannelListing, values: Mapping[str, str]) -> ChannelListing:
    # One that waits for its first price is not shown before it has one.
    listing.is_visible = values["is_visible"] == "yes" and not listing.awaits_price
    listing.title, listing.external_id = values["title"], values["external_id"]
    listing.updated_at = timezone.now()
    return listing


class _Known:
    """The channels, variants and listings that some rows name. Three queries."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.channels = {
            one.code: one for one in SalesChannel.objects.filter(code__in={row["channel"] for row in rows})
        }
        self.variants = dict(Variant.objects.filter(sku__in={row["sku"] for row in rows}).values_list("sku", "pk"))
        self.listings = {
            (listing.channel_id, listing.variant_id): listing
            for listing in ChannelListing.objects.filter(
                channel__in=self.channels.values(), variant_id__in=self.variants.values()
            )
        }

    def listing(self, row: Row) -> ChannelListing | None:
        channel, variant_id = self.channels.get(row["channel"]), self.variants.get(row["sku"])
        return None if channel is None or variant_id is None else self.listings.get((channel.pk, variant_id))

    def plan(self, row: Row) -> Plan:
        if row["channel"] not in self.channels:
            return Plan.reject(_("There is no channel with the code “%(code)s”.") % {"code": row["channel"]})
        if row["sku"] not in self.variants:
            return Plan.reject(_("There is no variant “%(sku)s”; import the products first.") % {"sku": row["sku"]})
        currency = self.channels[row["channel"]].currency
        amounts = (row["price"], row["compare_at_price"])
        if reason := "".join(wrong_currency(each, currency) for each in amounts if each):
            return Plan.reject(reason)
        listing = self.listing(row)
        before = None if listing is None else listing_values(listing)
        return Plan.compare(before, self.wanted(row, before))

    def wanted(self, row: Row, before: Mapping[str, str] | None) -> dict[str, str]:
        kept = before or {"compare_at_price": "", "is_visible": "yes", "title": "", "external_id": ""}
        found = self.money(row, "compare_at_price")
        compare = "" if found is None else f"{found.normalize():f}"
        return {
            "price": f"{self.money(row, 'price').normalize():f}",
            "compare_at_price": compare if row.has("compare_at_price") else kept["compare_at_price"],
            "is_visible": self._visible(row, kept),
            "title": text_of(row["title"]) if row.has("title") else kept["title"],
            "external_id": text_of(row["external_id"]) if row.has("external_id") else kept["external_id"],
        }

    def _visible(self, row: Row, kept: Mapping[str, str]) -> str:
        if not row.has("is_visible") or row["is_visible"] is None:
            return kept["is_visible"]
        return "yes" if row["is_visible"] else "no"

    def money(self, row: Row, name: str) -> Any:
        """Return an amount in the currency of the channel, to its smallest coin."""
        value = row[name]
        return None if value is None else Money.rounded(value, self.channels[row["channel"]].currency).amount

    def made(self, row: Row, values: Mapping[str, str]) -> ChannelListing:
        channel = self.channels[row["channel"]]
        return ChannelListing(
            channel=channel,
            variant_id=self.variants[row["sku"]],
            price=self.money(row, "price"),
            compare_at_price=self.money(row, "compare_at_price"),
            currency=channel.currency,
            is_visible=values["is_visible"] == "yes",
            title=values["title"],
            external_id=values["external_id"],
        )
