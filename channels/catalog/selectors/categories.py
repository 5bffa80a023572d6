"""Where variants stand in the tree of categories."""

import uuid
from collections.abc import Collection, Mapping

from channels.catalog.models import Category, Variant


def categories_of(variant_ids: Collection[uuid.UUID]) -> Mapping[uuid.UUID, frozenset[uuid.UUID]]:
    """Return for each variant the id of its category and of all above it; none where it has none. Two queries."""
    paths = dict(Variant.objects.filter(pk__in=variant_ids).values_list("pk", "product__category__path"))
    codes = {code for path in paths.values() if path for code in path.split("/") if code}
    ids = dict(Category.objects.filter(code__in=codes).values_list("code", "pk"))
    return {
        variant_id: frozenset(ids[code] for code in (path or "").split("/") if code in ids)
        for variant_id, path in paths.items()
    }
