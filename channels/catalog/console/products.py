"""Products and variants, on screen."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

from channels.catalog import services
from channels.catalog.models import Category, ChannelListing, Product, ProductImage, Variant
from channels.catalog.pictures.limits import MEBIBYTE, MOST_BYTES
from channels.catalog.selectors.searching import products_meant
from channels.catalog.services.images import MOST_UPLOADS
from o2o.console import (
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
from o2o.console.components import Table
from o2o.kit.clock import now
from o2o.kit.money import Money
from o2o.tenancy.capabilities import Capability

PRODUCTS = ((_("Products"), "console:catalog_product_changelist"),)


@admin.register(Product, site=site)
class ProductAdmin(MerchantModelAdmin):
    """What is sold."""

    slug = "products"
    nav = Nav(NavGroup.CHANNELS, "category", 40)
    policy = {"view": Capability.CATALOG_READ}
    intro = _("What you sell, in all channels. Each size, colour or packing is a variant with a SKU of its own.")
    list_display = ("name", "picture", "code", "category", "brand", "variants_shown", "is_active")
    list_filter = ("category", "is_active")
    list_select_related = ("category",)
    search_fields = ("name",)
    search_help_text = _("Name, code, SKU or barcode")
    ordering = ("name", "pk")
    sortable_by = ("name",)
    export_columns = ("code", "name", "category__code", "brand", "description", "is_active")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Product]:
        """Return the products with their variants and pictures."""
        queryset: QuerySet[Product] = super().get_queryset(request)
        return queryset.prefetch_related("variants", "images")

    @admin.display(description=_("image"))
    def picture(self, row: Product) -> SafeString | str:
        return small_picture(next((image for image in row.images.all() if image.is_uploaded), None))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Product], search_term: str
    ) -> tuple[QuerySet[Product], bool]:
        """Find by code, in full or as it begins, and by a part of the name."""
        return queryset.filter(products_meant(search_term)), False

    @admin.display(description=_("variants"))
    def variants_shown(self, row: Product) -> str:
        return ", ".join(variant.sku for variant in row.variants.all())

    def empty_state(self, request: HttpRequest) -> EmptyState:
        may_add = request.actor.may(Capability.CATALOG_WRITE)  # type: ignore[attr-defined]
        return EmptyState(
            title=_("No products yet"),
            text=_("Add a product by hand, or import all of them from a file."),
            icon="category",
            url=reverse("console:new_product") if may_add else "",
            action=_("New product"),
        )

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Show the products, with the way to a new one."""
        may_add = request.actor.may(Capability.CATALOG_WRITE)  # type: ignore[attr-defined]
        links = [(_("New product"), reverse("console:new_product"), True)] if may_add else []
        return super().changelist_view(request, {"list_links": links, **(extra_context or {})})

    def panels(self, request: HttpRequest, row: Product) -> Sequence[Panel]:
        may_change = request.actor.may(Capability.CATALOG_WRITE)  # type: ignore[attr-defined]
        facts = [
            Fact(_("Code"), row.code, is_code=True),
            Fact(_("Category"), row.category and row.category.name),
            Fact(_("Brand"), row.brand),
            Fact(_("Description"), row.description),
            Fact(_("Active"), row.is_active),
        ]
        facts += [Fact(name, value) for name, value in row.attributes.items()]
        if may_change:
            links = [
                (reverse("console:change_product", args=(row.pk,)), _("Change")),
                (reverse("console:new_variant", args=(row.pk,)), _("Add a variant")),
                (reverse("console:product_policy", args=(row.pk,)), _("Consistency policy")),
            ]
            facts.append(Fact(_("Settings"), format_html_join(" · ", '<a href="{}">{}</a>', links)))
        return [
            Panel(_("Product"), facts=facts),
            images_panel(row, may_change=may_change),
            _variants(row, may_change),
            _listings(row),
        ]


def _variants(row: Product, may_change: bool) -> Panel:
    rows = [
        (
            _variant_link(variant, may_change),
            " · ".join(str(part) for part in (variant.name, *variant.attributes.values()) if part),
            variant.gtin,
            _barcodes(variant, may_change),
            None if variant.cost is None else f"{variant.cost.normalize():f}",
            badge(_("yes"), "info") if variant.allows_backorder else "–",
            format_html('<a href="{}">{}</a>', reverse("console:price_calendar", args=(variant.pk,)), _("Calendar")),
        )
        for variant in row.variants.prefetch_related("barcodes").order_by("sku")
    ]
    headers = (_("SKU"), _("Name"), _("GTIN"), _("Barcodes"), _("Cost"), _("Backorder"), _("Prices"))
    return Panel(_("Variants"), table=Table(headers, rows, empty=_("Without a variant it cannot be sold.")))


def _variant_link(variant: Variant, may_change: bool) -> SafeString | str:
    if not may_change:
        return variant.sku
    return format_html('<a href="{}">{}</a>', reverse("console:change_variant", args=(variant.pk,)), variant.sku)


def _barcodes(variant: Variant, may_change: bool) -> SafeString | str:
    codes = ", ".join(barcode.value for barcode in variant.barcodes.all())
    if not may_change:
        return codes
    url = reverse("console:barcodes", args=(variant.pk,))
    return format_html('{} <a href="{}">{}</a>', codes, url, _("Change") if codes else _("Add"))


def _listings(row: Product) -> Panel:
    listings = ChannelListing.objects.filter(variant__product=row).select_related("variant", "channel")
    rows = [
        (
            format_html('<a href="{}">{}</a>', reverse("console:listing", args=(listing.pk,)), listing.variant.sku),
            listing.channel.name,
            str(Money.rounded(listing.price, listing.currency)),
            listing.compare_at_price,
            badge(_("visible"), "success") if listing.is_visible else badge(_("hidden"), "neutral"),
            listing.external_id,
        )
        for listing in listings.order_by("variant__sku", "channel__name")
    ]
    headers = (_("SKU"), _("Channel"), _("Price"), _("Compare-at price"), _("Visible"), _("Id in the channel"))
    return Panel(_("Listings"), table=Table(headers, rows, empty=_("No channel lists it yet.")))


def images_panel(row: Product, *, may_change: bool) -> Panel:
    """Return the pictures of a product, with the means to add, describe, order and delete them."""
    limits = {"most_bytes": MOST_BYTES, "most_megabytes": MOST_BYTES // MEBIBYTE, "most_uploads": MOST_UPLOADS}
    context = {"product": row, "images": row.images.all(), "may_change": may_change, **limits}
    return Panel(_("Images"), template="catalog/images.html", context=context)


def small_picture(image: ProductImage | None) -> SafeString | str:
    """Return the thumbnail of a picture for a row of a list, or an empty place where there is none."""
    if image is None:
        return mark_safe('<span class="o2o-thumb"></span>')
    return format_html(
        '<img class="o2o-thumb" src="{}" alt="{}" loading="lazy">', image.thumbnail_address, image.description
    )


class ProductForm(ConsoleForm):
    """What is known of a product."""

    name = forms.CharField(label=_("Name"), max_length=200)
    category_id = forms.ChoiceField(label=_("Category"), required=False, choices=())
    brand = forms.CharField(label=_("Brand"), max_length=100, required=False)
    description = forms.CharField(label=_("Description"), required=False, widget=forms.Textarea(attrs={"rows": 4}))
    is_active = forms.BooleanField(label=_("Active"), required=False, initial=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = Category.objects.order_by("path").values_list("pk", "path")
        self.fields["category_id"].choices = [("", "–"), *((str(pk), path.strip("/")) for pk, path in rows)]

    def clean_category_id(self) -> Any:
        """Return an id or None."""
        return self.cleaned_data["category_id"] or None


class NewProductForm(ProductForm):
    """A new product with its first variant."""

    code = forms.CharField(label=_("Code"), max_length=60)
    sku = forms.CharField(label=_("SKU of the first variant"), max_length=60)
    field_order = ("code", "name", "sku")


@page
class NewProduct(FormPage):
    """Add a product."""

    name = "new_product"
    path = "products/new/"
    title = _("New product")
    policy = Capability.CATALOG_WRITE
    form_class = NewProductForm
    submit = _("Add")
    done = _("Added. List it in your channels next.")
    parents = PRODUCTS

    def save(self, form: forms.Form) -> None:
        data = dict(form.cleaned_data)
        sku = data.pop("sku")
        self.made = services.create_product(at=now(), **data)
        services.create_variant(product_id=self.made.pk, sku=sku, at=now())

    def success_url(self) -> str:
        return reverse("console:catalog_product_change", args=(self.made.pk,))


class ProductPage(FormPage):
    """A page about one product."""

    policy = Capability.CATALOG_WRITE
    parents = PRODUCTS

    @property
    def product(self) -> Product:
        """The product of the address. Raises ``NotFoundError``."""
        found: Any = site._registry[Product].get_object(self.request, str(self.kwargs["product_id"]))
        return found

    def heading(self) -> str:
        return f"{self.title} · {self.product.name}"

    def success_url(self) -> str:
        return reverse("console:catalog_product_change", args=(self.kwargs["product_id"],))


@page
class ChangeProduct(ProductPage):
    """Change a product."""

    name = "change_product"
    path = "products/<uuid:product_id>/settings/"
    title = _("Change the product")
    form_class = ProductForm
    done = _("Saved.")

    def initial(self) -> dict[str, Any]:
        product = self.product
        return {name: getattr(product, name) for name in ProductForm.base_fields}

    def save(self, form: forms.Form) -> None:
        services.update_product(product_id=self.product.pk, at=now(), **form.cleaned_data)


class VariantForm(ConsoleForm):
    """What is known of a variant."""

    sku = forms.CharField(label=_("SKU"), max_length=60)
    name = forms.CharField(
        label=_("Name"), max_length=200, required=False, help_text=_("What sets it apart: a size, a colour.")
    )
    gtin = forms.CharField(
        label=_("GTIN"), max_length=20, required=False, help_text=_("8, 12, 13 or 14 digits; kept as 14.")
    )
    cost = forms.DecimalField(label=_("Cost"), required=False, min_value=0, max_digits=16, decimal_places=3)
    allows_backorder = forms.BooleanField(
        label=_("May be sold beyond stock"), required=False, help_text=_("Orders are taken although there is none.")
    )
    is_active = forms.BooleanField(label=_("Active"), required=False, initial=True)


@page
class NewVariant(ProductPage):
    """Add a variant."""

    name = "new_variant"
    path = "products/<uuid:product_id>/variants/new/"
    title = _("Add a variant")
    form_class = VariantForm
    submit = _("Add")
    done = _("Added.")

    def save(self, form: forms.Form) -> None:
        services.create_variant(product_id=self.product.pk, at=now(), **form.cleaned_data)


@page
class ChangeVariant(FormPage):
    """Change a variant."""

    name = "change_variant"
    path = "variants/<uuid:variant_id>/settings/"
    title = _("Change the variant")
    policy = Capability.CATALOG_WRITE
    form_class = VariantForm
    done = _("Saved.")
    parents = PRODUCTS

    @property
    def variant(self) -> Variant:
        """The variant of the address. Raises ``NotFoundError``."""
        return services.products.locked(Variant, self.kwargs["variant_id"])

    def initial(self) -> dict[str, Any]:
        variant = self.variant
        return {name: getattr(variant, name) for name in VariantForm.base_fields}

    def save(self, form: forms.Form) -> None:
        services.update_variant(variant_id=self.kwargs["variant_id"], at=now(), **form.cleaned_data)

    def success_url(self) -> str:
        return reverse("console:catalog_product_change", args=(self.variant.product_id,))
