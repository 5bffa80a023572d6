"""The stores at which a person may work, in forms and addresses."""

from uuid import UUID

from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from channels.catalog.models import Variant
from o2o.console.locations import location_choices
from o2o.kit.errors import NotFoundError
from o2o.tenancy.actor import Actor


def own_choices(actor: Actor) -> list[tuple[str, str]]:
    """Return the locations that a form may offer somebody, as pairs of id and name."""
    return [(pk, name) for pk, name in location_choices() if actor.may_at(UUID(pk))]


def require_at(actor: Actor, *location_ids: UUID) -> None:
    """Raise ``NotFoundError`` unless the person works at one of these locations."""
    if not any(actor.may_at(location_id) for location_id in location_ids):
        raise NotFoundError(_("There is nothing here for you: you work in other stores than this one."))


def goods_of(variant: Variant) -> tuple[SafeString, str]:
    """Return the SKU and the name of a variant whose product was read with it, as two cells of a table."""
    return format_html(
        '<span class="o2o-nowrap">{}</span>', variant.sku
    ), f"{variant.product.name} {variant.name}".strip()


def goods_column(variant: Variant) -> SafeString:
    """Return the SKU and the name of a variant whose product was read with it, as one cell of a list."""
    name = f"{variant.product.name} {variant.name}".strip()
    return format_html('<span class="o2o-goods">{}<small>{}</small></span>', variant.sku, name)


def product_link(variant: Variant) -> SafeString:
    """Return the name of a variant whose product was read with it, as a link to the page of the product."""
    url = reverse("console:catalog_product_change", args=(variant.product_id,))
    return format_html('<a href="{}">{}</a>', url, f"{variant.product.name} {variant.name}".strip())


def stores_of(request: HttpRequest) -> frozenset[UUID] | None:
    """Return the stores to which a person is bound, or None where all are open to them."""
    return request.actor.location_ids  # type: ignore[attr-defined]
