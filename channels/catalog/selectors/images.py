"""Pictures that stand for products in lists."""

import uuid
from collections.abc import Collection, Mapping

from channels.catalog.models import ProductImage


def covers_of(*, product_ids: Collection[uuid.UUID]) -> Mapping[uuid.UUID, ProductImage]:
    """Return the first uploaded picture of each product that has one, by product. One query."""
    found = ProductImage.objects.filter(product__in=product_ids).exclude(checksum="")
    rows = found.order_by("product_id", "position", "pk").distinct("product_id")
    return {image.product_id: image for image in rows}
