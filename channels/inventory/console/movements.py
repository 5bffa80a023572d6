"""The ledger, the levels and the holds, on screen."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from channels.catalog.selectors.searching import of_variants
from channels.inventory import services
from channels.inventory.console.places import goods_column, product_link, stores_of
from channels.inventory.enums import HoldState
from channels.inventory.explaining import names_of
from channels.inventory.models import Hold, StockLevel, StockMovement
from channels.inventory.selectors.moving import movements_of
from channels.inventory.selectors.transit import in_transit
from o2o.console import (
    Act,
    ConsoleForm,
    EmptyState,
    Fact,
    FormPage,
    MerchantModelAdmin,
    Nav,
    NavGroup,
    Panel,
    badge,
    page,
    site,
)
from o2o.console.components import Table, doer, state_badge
from o2o.console.locations import location_choices
from o2o.kit.clock import now
from o2o.tenancy.capabilities import Capability

SHOWN_MOVEMENTS = 50
TRANSFER = "console:inventory_transferorder_change"


class StoreFilter(admin.SimpleListFilter):
    """Movements at a location."""

    title = _("location")
    parameter_name = "location"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return location_choices(request.actor)  # type: ignore[attr-defined]

    def queryset(self, request: HttpRequest, queryset: QuerySet[StockMovement]) -> QuerySet[StockMovement]:
        store = self.value()
        known = store in dict(self.lookup_choices)
        return queryset.filter(movements_of(StockLevel.objects.filter(location=store))) if store and known else queryset


@admin.register(StockMovement, site=site)
class MovementAdmin(MerchantModelAdmin):
    """Everything that ever moved stock."""

    slug = "stock-movements"
    nav = Nav(NavGroup.CHANNELS, "swap_vert", 22)
    policy = {"view": Capability.STOCK_READ}
    intro = _(
        "Every change of stock with its cause. Nothing here can be changed; a mistake is put right by another entry."
    )
    list_display = ("occurred_at", "sku", "place", "kind", "on_hand_delta", "allocated_delta", "reason", "by")
    list_filter = ("kind", "reason", StoreFilter)
    list_select_related = ("level__variant__product", "level__location")
    search_fields = ("level__variant__sku",)
    search_help_text = _("SKU, barcode or name of the product")
    sortable_by = ()
    is_in_palette = False
    export_columns = (
        "occurred_at", "level__variant__sku", "level__location__code", "kind", "on_hand_delta", "allocated_delta",
        "reason", "reference_kind", "reference_id", "note", "actor_label",
    )  # fmt: skip
    empty = EmptyState(
        title=_("No stock has moved yet"),
        text=_("Receive goods, or import your stock; every change stands here with its cause."),
        icon="swap_vert",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[StockMovement]:
        """Return the movements, at the person's stores where they are bound to some."""
        queryset: QuerySet[StockMovement] = super().get_queryset(request)
        stores = stores_of(request)
        if stores is None:
            return queryset
        return queryset.filter(movements_of(StockLevel.objects.filter(location__in=stores)))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[StockMovement], search_term: str
    ) -> tuple[QuerySet[StockMovement], bool]:
        """Find the movements of the variants that the text may mean."""
        if not search_term.strip():
            return queryset, False
        levels = StockLevel.objects.filter(of_variants("variant", search_term))
        return queryset.filter(movements_of(levels)), False

    @admin.display(description=_("SKU"))
    def sku(self, row: StockMovement) -> SafeString:
        return goods_column(row.level.variant)

    @admin.display(description=_("by"))
    def by(self, row: StockMovement) -> str:
        return doer(row.actor_label)

    @admin.display(description=_("location"))
    def place(self, row: StockMovement) -> str:
        return row.level.location.name

    def row_title(self, row: StockMovement) -> str:
        return f"{row.level.variant.sku} · {row.get_kind_display()}"

    def panels(self, request: HttpRequest, row: StockMovement) -> Sequence[Panel]:
        cause = row.reference_id
        names = {} if cause is None else names_of(row.reference_kind, {cause})
        name, url = ("–", "") if cause is None else names.get(cause, (str(cause), ""))
        facts = [
            Fact(_("Product"), product_link(row.level.variant)),
            Fact(_("SKU"), row.level.variant.sku, is_code=True),
            Fact(_("Location"), row.level.location.name),
            Fact(_("Kind"), row.get_kind_display()),
            Fact(_("Change on hand"), row.on_hand_delta),
            Fact(_("Change of allocated"), row.allocated_delta),
            Fact(_("Reason"), row.get_reason_display()),
            Fact(_("Cause"), format_html('<a href="{}">{}</a>', url, name) if url else name),
            Fact(_("Note"), row.note),
            Fact(_("By"), doer(row.actor_label)),
            Fact(_("Occurred at"), row.occurred_at),
        ]
        return [Panel(_("Stock movement"), facts=facts)]


@admin.register(StockLevel, site=site)
class LevelAdmin(MerchantModelAdmin):
    """The stock of each variant at each location."""

    slug = "stock-levels"
    nav = Nav(NavGroup.CHANNELS, "shelves", 21)
    location_field = "location"
    policy = {"view": Capability.STOCK_READ}
    intro = _("One row for each variant at each location. Safety stock is never promised.")
    list_display = ("sku", "location", "on_hand", "allocated", "held", "safety_stock", "sold_out")
    list_filter = ("location", ("sold_out_until", admin.EmptyFieldListFilter))
    list_select_related = ("variant__product", "location")
    search_fields = ("variant__sku",)
    search_help_text = _("SKU, barcode or name of the product")
    sortable_by = ()
    is_in_palette = False
    export_columns = (
        "variant__sku",
        "location__code",
        "on_hand",
        "allocated",
        "held",
        "safety_stock",
        "sold_out_until",
    )
    empty = EmptyState(title=_("No stock yet"), text=_("Receive goods, or import your stock."), icon="shelves")
    acts = (
        Act(
            name="sold_out",
            label=_("sold out today"),
            demand=Capability.STOCK_COUNT,
            explain=_("Nothing of it is promised until the next business day begins; then it comes back by itself."),
            apply=lambda _request, row: services.mark_sold_out(
                location_id=row.location_id, variant_ids=[row.variant_id], at=now()
            ),
            fits=lambda row: row.sold_out_until is None or row.sold_out_until <= now(),
            icon="block",
            is_destructive=True,
        ),
        Act(
            name="restore",
            label=_("available again"),
            demand=Capability.STOCK_COUNT,
            explain=_("It is promised again at once."),
            apply=lambda _request, row: services.restore(
                location_id=row.location_id, variant_ids=[row.variant_id], at=now()
            ),
            fits=lambda row: row.sold_out_until is not None and row.sold_out_until > now(),
            icon="undo",
        ),
    )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[StockLevel], search_term: str
    ) -> tuple[QuerySet[StockLevel], bool]:
        """Find the levels of the variants that the text may mean."""
        return queryset.filter(of_variants("variant", search_term)), False

    @admin.display(description=_("SKU"))
    def sku(self, row: StockLevel) -> SafeString:
        return goods_column(row.variant)

    @admin.display(description=_("sold out until"))
    def sold_out(self, row: StockLevel) -> SafeString | str:
        if row.sold_out_until is None or row.sold_out_until <= now():
            return "–"
        return badge(date_format(localtime(row.sold_out_until), "SHORT_DATETIME_FORMAT"), "danger")

    def panels(self, request: HttpRequest, row: StockLevel) -> Sequence[Panel]:
        facts = [
            Fact(_("Product"), product_link(row.variant)),
            Fact(_("SKU"), row.variant.sku, is_code=True),
            Fact(_("Location"), row.location.name),
            Fact(_("On hand"), row.on_hand),
            Fact(_("Allocated"), row.allocated),
            Fact(_("Held"), row.held),
            Fact(_("Safety stock"), row.safety_stock),
            Fact(_("Sold out until"), self.sold_out(row)),
        ]
        if request.actor.may(Capability.STOCK_WRITE):  # type: ignore[attr-defined]
            url = reverse("console:safety_stock", args=(row.pk,))
            facts.append(Fact(_("Settings"), format_html('<a href="{}">{}</a>', url, _("Set the safety stock"))))
        rows = [
            (entry.occurred_at, entry.get_kind_display(), entry.on_hand_delta, entry.allocated_delta,
             entry.get_reason_display(), doer(entry.actor_label))
            for entry in row.movements.order_by("-pk")[:SHOWN_MOVEMENTS]
        ]  # fmt: skip
        headers = (_("Occurred at"), _("Kind"), _("On hand"), _("Allocated"), _("Reason"), _("By"))
        return [
            Panel(_("Stock level"), facts=facts),
            _in_transit(row),
            Panel(_("Last movements"), table=Table(headers, rows)),
        ]


def _in_transit(row: StockLevel) -> Panel:
    """Return what of the variant is on its way from or to the location."""
    rows = [
        (
            format_html('<a href="{}">{}</a>', reverse(TRANSFER, args=(line.transfer_id,)), line.transfer.number),
            _("on its way here") if line.transfer.destination_id == row.location_id else _("has left, not arrived"),
            line.shipped,
            line.transfer.shipped_at,
        )
        for line in in_transit(location_ids=[row.location_id], variant_ids=[row.variant_id])
    ]
    headers = (_("Transfer"), "", _("Units"), _("Shipped at"))
    return Panel(_("In transit"), table=Table(headers, rows, empty=_("Nothing of it is on its way.")))


class SafetyStockForm(ConsoleForm):
    """How many units are never promised."""

    units = forms.IntegerField(label=_("Units that are never promised"), min_value=0, max_value=1_000_000)


@page
class SafetyStock(FormPage):
    """Set the safety stock of a variant at a location."""

    name = "safety_stock"
    path = "stock-levels/<uuid:level_id>/safety-stock/"
    title = _("Set the safety stock")
    policy = Capability.STOCK_WRITE
    form_class = SafetyStockForm
    done = _("Saved.")
    parents = ((_("stock levels"), "console:inventory_stocklevel_changelist"),)

    @property
    def level(self) -> StockLevel:
        """The level of the address. Raises ``NotFoundError``."""
        found: Any = site._registry[StockLevel].get_object(self.request, str(self.kwargs["level_id"]))
        return found

    def initial(self) -> dict[str, Any]:
        return {"units": self.level.safety_stock}

    def save(self, form: forms.Form) -> None:
        level = self.level
        services.set_safety_stock(units={(level.variant_id, level.location_id): form.cleaned_data["units"]}, at=now())

    def success_url(self) -> str:
        return reverse("console:inventory_stocklevel_change", args=(self.kwargs["level_id"],))


@admin.register(Hold, site=site)
class HoldAdmin(MerchantModelAdmin):
    """What is set aside for carts."""

    slug = "holds"
    nav = Nav(NavGroup.CHANNELS, "shopping_cart", 24)
    location_field = "level__location"
    policy = {"view": Capability.STOCK_READ}
    intro = _(
        "Units that are set aside for carts for some minutes. They come back by themselves when their time is over."
    )
    list_display = ("sku", "place", "channel", "quantity", "state_shown", "expires_at")
    list_filter = ("state", "channel")
    list_select_related = ("level__variant__product", "level__location", "channel")
    sortable_by = ()
    is_in_palette = False
    export_columns = (
        "level__variant__sku",
        "level__location__code",
        "channel",
        "reference",
        "quantity",
        "state",
        "expires_at",
    )
    empty = EmptyState(
        title=_("No cart holds anything"), text=_("Carts hold stock through the API."), icon="shopping_cart"
    )
    acts = (
        Act(
            name="release",
            label=_("release the cart"),
            demand=Capability.STOCK_WRITE,
            explain=_("Everything that this cart holds is free for others at once; the customer may find it gone."),
            apply=lambda _request, row: services.release_holds(reference=row.reference, at=now()),
            fits=lambda row: row.state == HoldState.ACTIVE,
            icon="lock_open",
            is_destructive=True,
        ),
    )

    @admin.display(description=_("SKU"))
    def sku(self, row: Hold) -> SafeString:
        return goods_column(row.level.variant)

    @admin.display(description=_("location"))
    def place(self, row: Hold) -> str:
        return row.level.location.name

    @admin.display(description=_("state"))
    def state_shown(self, row: Hold) -> SafeString:
        if row.state == HoldState.ACTIVE and row.expires_at <= now():
            return badge(HoldState.EXPIRED.label, "danger")
        return badge(_("held"), "info") if row.state == HoldState.ACTIVE else state_badge(row)

    def row_title(self, row: Hold) -> str:
        return f"{row.level.variant.sku} × {row.quantity}"
