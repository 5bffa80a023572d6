"""Many products and variants at once."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from channels.catalog.events import VariantChanged
from channels.catalog.models import Category, Product, Variant
from o2o.events import emit_all
from o2o.kit.copying import copy_changes

Wish = tuple[str, Mapping[str, str]]
"""A SKU and its values: product, name, variant, category, brand, gtin, cost, description."""


def save_products(*, wishes: Sequence[Wish], at: datetime, retired: Sequence[str] = ()) -> None:
    """Make or change variants by SKU, with their products and categories, and switch some off. About eight queries.

    What several rows say of one product, the last row decides. A category is known by its name.
    """
    with transaction.atomic():
        categories = _categories({values["category"] for _sku, values in wishes if values["category"]})
        products = _products(wishes, categories, at)
        found = {variant.sku: variant for variant in Variant.objects.filter(sku__in=[sku for sku, _values in wishes])}
        new, changed = [], []
        for sku, values in wishes:
            variant = found.get(sku)
            if variant is None:
                variant = Variant(sku=sku)
                new.append(variant)
            else:
                changed.append(variant)
            variant.product = products[values["product"]]
            variant.name, variant.gtin = values["variant"], values["gtin"]
            variant.cost = Decimal(values["cost"]) if values["cost"] else None
            variant.is_active, variant.updated_at = True, at
        Variant.objects.bulk_create(new)
        fields = ("product", "name", "gtin", "cost", "is_active", "updated_at")
        copy_changes(Variant, objects=changed, fields=fields)
        gone = list(Variant.objects.filter(sku__in=retired))
        Variant.objects.filter(pk__in=[variant.pk for variant in gone]).update(is_active=False, updated_at=at)
        for variant in gone:
            variant.is_active = False
        emit_all(
            [
                VariantChanged(
                    aggregate_id=variant.pk,
                    sku=variant.sku,
                    is_active=variant.is_active,
                    allows_backorder=variant.allows_backorder,
                )
                for variant in (*new, *changed, *gone)
            ]
        )


def _categories(names: set[str]) -> Mapping[str, Category]:
    found = {category.name: category for category in Category.objects.filter(name__in=names).order_by("-pk")}
    missing = sorted(names - set(found))
    made = [Category(code=code, name=name, path=f"{code}/") for name, code in ((name, _code(name)) for name in missing)]
    Category.objects.bulk_create(made, ignore_conflicts=True)
    if made:
        found |= {category.name: category for category in Category.objects.filter(name__in=missing)}
    return found


def _code(name: str) -> str:
    """Return a code for a category that has only a name: its Latin letters, and a mark that keeps it apart."""
    letters = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40]
    mark = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{letters}-{mark}".strip("-")


def _products(wishes: Sequence[Wish], categories: Mapping[str, Category], at: datetime) -> Mapping[str, Product]:
    asked = {values["product"]: values for _sku, values in wishes}
    found = {product.code: product for product in Product.objects.filter(code__in=asked)}
    new, changed = [], []
    for code, values in asked.items():
        product = found.get(code)
        if product is None:
            product = found[code] = Product(code=code)
            new.append(product)
        else:
            changed.append(product)
        product.name, product.brand, product.description = values["name"], values["brand"], values["description"]
        product.category, product.updated_at = categories.get(values["category"]), at
    Product.objects.bulk_create(new)
    fields = ("name", "brand", "description", "category", "updated_at")
    copy_changes(Product, objects=changed, fields=fields)
    return found
