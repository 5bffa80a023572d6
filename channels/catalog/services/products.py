"""Products, variants, barcodes and images."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeVar

from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels.catalog.events import ProductChanged, VariantChanged
from channels.catalog.gtin import gtin14
from channels.catalog.models import Barcode, Product, ProductImage, Variant
from o2o.events import emit
from o2o.kit.errors import DomainError, InvalidError, NotFoundError
from o2o.kit.locks import lock_rows

PRODUCT_FIELDS = frozenset({"name", "description", "brand", "category_id", "attributes", "is_active"})
VARIANT_FIELDS = frozenset({"sku", "name", "gtin", "attributes", "cost", "allows_backorder", "is_active"})
MOST_IMAGES = 50

Row = TypeVar("Row", bound=models.Model)


class CodeTakenError(DomainError):
    """Another thing of the merchant has this code, SKU, GTIN or barcode."""

    code = "code_taken"
    title = gettext_lazy("The code is taken")


def create_product(*, code: str, name: str, at: datetime, **fields: Any) -> Product:
    """Make a product without variants. Raises ``CodeTakenError``."""
    product = changed(Product(code=code, name=name), fields, PRODUCT_FIELDS)
    try:
        with transaction.atomic():
            product.save(force_insert=True)
    except IntegrityError as error:
        raise _taken(error, {"code": code}) from error
    emit(ProductChanged(aggregate_id=product.pk, is_active=product.is_active))
    return product


def update_product(*, product_id: uuid.UUID, at: datetime, **changes: Any) -> Product:
    """Change what is given and leave the rest. Raises ``NotFoundError``."""
    with transaction.atomic():
        product = changed(locked(Product, product_id), changes, PRODUCT_FIELDS)
        product.save()
        emit(ProductChanged(aggregate_id=product.pk, is_active=product.is_active))
        return product


def create_variant(*, product_id: uuid.UUID, sku: str, at: datetime, **fields: Any) -> Variant:
    """Add a variant to a product. Raises ``NotFoundError``, ``CodeTakenError`` or ``WrongGtinError``."""
    with transaction.atomic():
        product = locked(Product, product_id)
        return _saved(changed(Variant(product=product), {"sku": sku, **fields}, VARIANT_FIELDS))


def update_variant(*, variant_id: uuid.UUID, at: datetime, **changes: Any) -> Variant:
    """Change what is given and leave the rest. Raises as ``create_variant``."""
    with transaction.atomic():
        return _saved(changed(locked(Variant, variant_id), changes, VARIANT_FIELDS))


def add_barcode(*, variant_id: uuid.UUID, value: str, at: datetime) -> Barcode:
    """Let a code on the goods name a variant. Raises ``CodeTakenError`` where it names another."""
    value = value.strip()
    if not value:
        raise InvalidError(_("A barcode has at least one character."), field="value")
    with transaction.atomic():
        variant = locked(Variant, variant_id)
        try:
            with transaction.atomic():
                return Barcode.objects.create(variant=variant, value=value)
        except IntegrityError as error:
            raise CodeTakenError(
                _("The barcode “%(value)s” names a variant already.") % {"value": value}, field="value"
            ) from error


def set_images(*, product_id: uuid.UUID, images: Sequence[tuple[str, str]], at: datetime) -> list[ProductImage]:
    """Give a product exactly these images (address, description), in this order. Raises ``InvalidError``."""
    if len(images) > MOST_IMAGES:
        raise InvalidError(_("%(count)s images are the most.") % {"count": MOST_IMAGES}, field="images")
    for url, _description in images:
        if not url.startswith("https://"):
            raise InvalidError(_("“%(url)s” must begin with https://") % {"url": url[:100]}, field="images")
    with transaction.atomic():
        product = locked(Product, product_id)
        product.images.all().delete()
        rows = [
            ProductImage(product=product, url=url, description=description, position=position)
            for position, (url, description) in enumerate(images)
        ]
        return ProductImage.objects.bulk_create(rows)


def changed(row: Row, changes: dict[str, Any], allowed: frozenset[str]) -> Row:
    """Set fields of a row, of which only some may be set."""
    for name, value in changes.items():
        if name not in allowed:
            raise TypeError(f"a {row._meta.model_name} has no {name} that can be changed")
        setattr(row, name, value)
    return row


def locked(model: type[Row], pk: uuid.UUID) -> Row:
    """Lock one row and return it, or raise ``NotFoundError``."""
    found: list[Row] = lock_rows(model.objects.filter(pk=pk))  # type: ignore[attr-defined]
    if not found:
        raise NotFoundError(_("There is no %(kind)s %(id)s.") % {"kind": model._meta.verbose_name, "id": pk})
    return found[0]


def _saved(variant: Variant) -> Variant:
    variant.gtin = gtin14(variant.gtin)
    if variant.cost is not None and variant.cost < 0:
        raise InvalidError(_("A cost is not negative."), field="cost")
    try:
        with transaction.atomic():
            variant.save()
    except IntegrityError as error:
        raise _taken(error, {"sku": variant.sku, "gtin": variant.gtin}) from error
    emit(
        VariantChanged(
            aggregate_id=variant.pk,
            sku=variant.sku,
            is_active=variant.is_active,
            allows_backorder=variant.allows_backorder,
        )
    )
    return variant


def _taken(error: IntegrityError, values: dict[str, str]) -> CodeTakenError:
    """Return the refusal for a broken unique constraint, which names the field that it is about."""
    field = next((name for name in values if f"_per_{name}" in str(error)), "")
    if not field:
        raise error
    return CodeTakenError(_("“%(value)s” is taken by another.") % {"value": values[field]}, field=field)
