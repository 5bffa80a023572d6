"""Products, variants and barcodes."""

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from django.db import IntegrityError, connection, models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels.catalog.events import ProductChanged, VariantChanged
from channels.catalog.gtin import barcode_of, gtin14
from channels.catalog.models import Barcode, Product, Variant
from o2o.events import emit
from o2o.kit.errors import DomainError, InvalidError, NotFoundError, UnknownReferenceError
from o2o.kit.locks import lock_rows
from o2o.tenancy.scope import current_merchant_id

PRODUCT_FIELDS = frozenset({"name", "description", "brand", "category_id", "attributes", "is_active"})
VARIANT_FIELDS = frozenset({"sku", "name", "gtin", "attributes", "cost", "allows_backorder", "is_active"})
MOST_VARIANTS = 100
MOST_BARCODES = 20

Row = TypeVar("Row", bound=models.Model)


class CodeTakenError(DomainError):
    """Another thing of the merchant has this code, SKU, GTIN or barcode."""

    code = "code_taken"
    title = gettext_lazy("The code is taken")


def create_product(
    *, code: str, name: str, at: datetime, variants: Sequence[Mapping[str, Any]] = (), **fields: Any
) -> Product:
    """Make a product, with its variants where some are given: fields of a variant, and ``barcodes``. All or nothing.

    Raises ``CodeTakenError``, ``WrongGtinError`` or ``InvalidError``.
    """
    if len(variants) > MOST_VARIANTS:
        raise InvalidError(_("%(count)s variants are the most.") % {"count": MOST_VARIANTS}, field="variants")
    product = changed(Product(code=code, name=name), fields, PRODUCT_FIELDS)
    with transaction.atomic():
        try:
            with transaction.atomic():
                product.save(force_insert=True)
        except IntegrityError as error:
            raise CodeTakenError(
                _("Another product has the code “%(code)s”.") % {"code": code}, field="code"
            ) from error
        _lock_codes(barcode_of(code) for one in variants for code in (one.get("gtin", ""), *one.get("barcodes", ())))
        for given in variants:
            values = dict(given)
            barcodes = values.pop("barcodes", ())
            variant = _saved(changed(Variant(product=product), values, VARIANT_FIELDS))
            for value in barcodes:
                _add_barcode(variant, value)
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
        try:
            product = locked(Product, product_id)
        except NotFoundError as error:
            raise UnknownReferenceError(error.detail, field="product_id") from error
        return _saved(changed(Variant(product=product), {"sku": sku, **fields}, VARIANT_FIELDS))


def update_variant(*, variant_id: uuid.UUID, at: datetime, **changes: Any) -> Variant:
    """Change what is given and leave the rest. Raises as ``create_variant``."""
    with transaction.atomic():
        return _saved(changed(locked(Variant, variant_id), changes, VARIANT_FIELDS))


def add_barcode(*, variant_id: uuid.UUID, value: str, at: datetime) -> Barcode:
    """Let a code on the goods name a variant; one that is a GTIN is kept as 14 digits.

    Raises ``CodeTakenError``, which names the variant that has it.
    """
    with transaction.atomic():
        return _add_barcode(locked(Variant, variant_id), value)


def set_barcodes(*, variant_id: uuid.UUID, values: Sequence[str], at: datetime) -> None:
    """Let exactly these codes name a variant. Raises as ``add_barcode``, or ``InvalidError`` for too many."""
    wanted = {barcode_of(value) for value in values if value.strip()}
    if len(wanted) > MOST_BARCODES:
        raise InvalidError(_("%(count)s barcodes are the most.") % {"count": MOST_BARCODES}, field="codes")
    with transaction.atomic():
        variant = locked(Variant, variant_id)
        _claim(wanted, variant, field="codes")
        variant.barcodes.exclude(value__in=wanted).delete()
        present = set(variant.barcodes.values_list("value", flat=True))
        Barcode.objects.bulk_create(Barcode(variant=variant, value=value) for value in sorted(wanted - present))


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


def _add_barcode(variant: Variant, text: str) -> Barcode:
    value = barcode_of(text)
    if not value:
        raise InvalidError(_("A barcode has at least one character."), field="value")
    _claim([value], variant, field="value")
    found: Barcode = Barcode.objects.get_or_create(variant=variant, value=value)[0]
    return found


def _claim(values: Collection[str], variant: Variant, *, field: str) -> None:
    """Make sure that no other variant has one of the codes as its GTIN or barcode. Raises ``CodeTakenError``.

    The two are kept in two tables, over which no constraint reaches: whoever takes a code waits for others who do.
    """
    _lock_codes(values)
    others = Variant.objects.exclude(pk=variant.pk).filter(gtin__in=values).values_list("gtin", "sku")
    coded = Barcode.objects.exclude(variant=variant).filter(value__in=values).values_list("value", "variant__sku")
    found = others.first() or coded.first()
    if found is not None:
        raise CodeTakenError(
            _("“%(value)s” is a code of the variant “%(sku)s” already.") % {"value": found[0], "sku": found[1]},
            field=field,
        )


def _lock_codes(values: Iterable[str]) -> None:
    """Lock codes of the merchant until the end of the transaction, in one order for everybody."""
    with connection.cursor() as cursor:
        names = sorted({f"catalog.code:{current_merchant_id()}:{value}" for value in values if value})
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(name, 0)) FROM unnest(%s::text[]) name", [names])


def _saved(variant: Variant) -> Variant:
    variant.gtin = gtin14(variant.gtin)
    if variant.cost is not None and variant.cost < 0:
        raise InvalidError(_("A cost is not negative."), field="cost")
    if variant.gtin:
        _claim([variant.gtin], variant, field="gtin")
    try:
        with transaction.atomic():
            variant.save()
    except IntegrityError as error:
        raise _taken(error, variant) from error
    emit(
        VariantChanged(
            aggregate_id=variant.pk,
            sku=variant.sku,
            is_active=variant.is_active,
            allows_backorder=variant.allows_backorder,
        )
    )
    return variant


def _taken(error: IntegrityError, variant: Variant) -> CodeTakenError:
    """Return the refusal for a broken unique constraint, which names what has the code."""
    if "_per_sku" in str(error):
        owner = Variant.objects.filter(sku=variant.sku).values_list("product__name", flat=True).first()
        text = _("The SKU “%(sku)s” is one of “%(product)s” already.") % {"sku": variant.sku, "product": owner}
        return CodeTakenError(text, field="sku")
    if "_per_gtin" in str(error):
        return CodeTakenError(_("“%(value)s” is taken by another.") % {"value": variant.gtin}, field="gtin")
    raise error
