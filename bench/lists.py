"""The addresses of the lists of the channels, with the filters that people use."""

import base64
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode
from uuid import UUID

from bench.filling import (
    CATEGORY,
    CHANNEL,
    LEVEL,
    LISTING,
    MEMBER,
    PRODUCT,
    QUIET_CHANNEL,
    QUIET_STORE,
    STORE,
    VARIANT,
    key_of,
)

APPS = ("stores", "catalog", "inventory", "orders")
SHOWN_CHOICES = 8
DEEP = 0.9
# Codes in full, as they begin, and parts of names: common, of two characters, rare.
SEARCHED = ("V0050000", "V0050", "B000500000", "B00050", "E5000", "奶茶", "珍珠奶茶 4", "nothing like it")
STORES = (("location_id", key_of(STORE, 1)), ("location_id", key_of(STORE, QUIET_STORE)))
# The filters of each list of the API: each pair alone.
API: dict[str, tuple[tuple[str, Any], ...]] = {
    "orders": (
        ("state", "open"), ("state", "completed"), ("state", "cancelled"), ("payment_state", "unpaid"),
        ("payment_state", "partially_paid"), ("payment_state", "paid"), ("channel_id", key_of(CHANNEL, 1)),
        ("channel_id", key_of(CHANNEL, QUIET_CHANNEL)), *STORES, ("number", "B000500000"), ("external_id", "E500000"),
        ("search", "B000500000"), ("search", "B00050"), ("search", "E5000"), ("search", "nothing like it"),
        ("member_id", key_of(MEMBER, 77)), ("placed_since", "2026-01-01T00:00:00Z"),
        ("placed_until", "2025-06-01T00:00:00Z"),
    ),
    "fulfillments": (
        ("state", "open"), ("state", "ready"), ("state", "rejected"), ("method", "ship"), ("queue", "no_stock"),
        ("queue", "too_far"), *STORES,
    ),
    "returns": (("state", "requested"), ("state", "refused"), *STORES),
    "stock_levels": (("sku", "V0050000"), ("variant_id", key_of(VARIANT, 50_000)), *STORES),
    "stock_movements": (
        ("kind", "adjusted"), ("kind", "returned"), ("reason", "damage"), ("reason", "spoilage"),
        ("level_id", key_of(LEVEL, 500_000)), ("reference_id", key_of("9", 5)),
    ),
    "holds": (("state", "active"), ("state", "expired"), ("reference", key_of("9", 5))),
    "channel_quotas": (("variant_id", key_of(VARIANT, 50)), ("channel_id", key_of(CHANNEL, 1))),
    "transfers": (
        ("state", "requested"), ("state", "cancelled"), ("source_id", key_of(STORE, 1)),
        ("destination_id", key_of(STORE, QUIET_STORE)),
    ),
    "stock_counts": (("state", "open"), ("state", "review"), *STORES),
    "products": (
        ("search", "V0050"), ("search", "奶茶"), ("search", "nothing like it"), ("code", "P0025000"),
        ("category_id", key_of(CATEGORY, 7)), ("is_active", "false"),
    ),
    "variants": (
        ("search", "V0050"), ("search", "奶茶"), ("search", "nothing like it"),
        ("sku", "V0050000"), ("gtin", "00000000000017"), ("barcode", "690000050000"),
        ("product_id", key_of(PRODUCT, 25_000)),
    ),
    "listings": (
        ("channel_id", key_of(CHANNEL, 1)), ("channel_id", key_of(CHANNEL, QUIET_CHANNEL)),
        ("variant_id", key_of(VARIANT, 50_000)), ("external_id", "L50000"), ("is_visible", "false"),
    ),
    "deviations": (
        ("kind", "text"), ("kind", "below_floor"), ("is_open", "true"), ("is_open", "false"),
        ("listing_id", key_of(LISTING, 50_000)),
    ),
    "price_change_requests": (("state", "held"), ("state", "refused")),
    "stock_locations": (("kind", "store"),),
    "sales_channels": (),
    "special_days": (),
    "categories": (),
    "routing_rules": (),
    "rule_replays": (),
    "acceptance_policies": (),
}  # fmt: skip


def addresses(client: Any, merchant_id: UUID) -> Iterator[tuple[str, str]]:
    """Yield label and address of everything to open."""
    yield from _pages()
    yield from _console_lists(client, merchant_id)
    yield from _api_lists(merchant_id)


def _pages() -> Iterator[tuple[str, str]]:
    """Yield the pages that are no list of a model."""
    from django.urls import reverse

    yield "home", reverse("console:index")
    category = key_of(CATEGORY, 7)
    for name, asked in (
        ("stock_matrix", ({}, {"q": "V00500"}, {"q": "690000050000"}, {"q": "乌龙"}, {"q": "nothing like it"},
                          {"category": category}, {"city": "City 3"}, {"short": "1"},
                          {"channel": key_of(CHANNEL, 15), "short": "1"}, {"after": "V0090000"})),
        ("listing_matrix", ({}, {"q": "V00500"}, {"q": "690000050000"}, {"q": "乌龙"}, {"q": "nothing like it"},
                            {"category": category}, {"deviation": "any"}, {"deviation": "text"},
                            {"deviation": "below_floor"}, {"after": "V0090000"})),
    ):  # fmt: skip
        for parameters in asked:
            yield name.replace("_", " "), f"{reverse(f'console:{name}')}?{urlencode(parameters)}"
    yield "waterfall", reverse("console:stock_waterfall", args=(key_of(VARIANT, 50), key_of(CHANNEL, 1)))
    yield "search", f"{reverse('console:search')}?s=B000500000"


def _console_lists(client: Any, merchant_id: UUID) -> Iterator[tuple[str, str]]:
    """Yield each list of the channels, with each choice of each filter alone, a search, and a page deep inside."""
    from django.urls import reverse

    from o2o.console import site

    for model, admin in site._registry.items():
        options = model._meta
        if options.app_label not in APPS:
            continue
        address = reverse(f"console:{options.app_label}_{options.model_name}_changelist")
        label = str(model.__name__)
        yield label, address
        shown = client.get(address, HTTP_ACCEPT_LANGUAGE="en").context_data["cl"]
        for filtering in shown.filter_specs:
            choices = [choice["query_string"] for choice in filtering.choices(shown)][1:]
            half = SHOWN_CHOICES // 2
            for chosen in choices if len(choices) <= SHOWN_CHOICES else choices[:half] + choices[-half:]:
                yield label, address + chosen
        if admin.search_fields:
            for term in SEARCHED:
                yield f"{label}, searched", f"{address}?q={quote(term)}"
        if (cursor := _cursor(shown, merchant_id)) is not None:
            yield f"{label}, deep inside", f"{address}?after={cursor}"


def _cursor(shown: Any, merchant_id: UUID) -> str | None:
    """Return the cursor of a page near the end of a list, where it has more than one page."""
    from o2o.console.keyset import encode
    from o2o.tenancy.scope import tenant_transaction

    if shown.next_url is None:
        return None
    keys = shown.keys()
    with tenant_transaction(merchant_id):
        ordered = shown.queryset.order_by(*(key.ordering(backwards=False) for key in keys))
        return encode(ordered[int(DEEP * ordered.count())], keys)


def _rows(model: Any) -> int:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples FROM pg_class WHERE oid = %s::regclass", [model._meta.db_table])
        return int(cursor.fetchone()[0])


def _api_lists(merchant_id: UUID) -> Iterator[tuple[str, str]]:
    for name, filters in API.items():
        address = f"/api/v1/{name}"
        label = f"API {name.replace('_', ' ')}"
        yield label, address
        for parameter, value in filters:
            yield label, f"{address}?{urlencode({parameter: value})}"
        if (cursor := _api_cursor(name, merchant_id)) is not None:
            yield f"{label}, deep inside", f"{address}?cursor={cursor}"


def _api_cursor(name: str, merchant_id: UUID) -> str | None:
    from django.urls import resolve

    from o2o.tenancy.scope import tenant_transaction

    view = resolve(f"/api/v1/{name}").func.cls
    filters = getattr(view, "filterset_class", None)
    if filters is None or (rows := _rows(filters.Meta.model)) < 1_000:
        return None
    ordering = view.pagination_class.ordering
    keys = [ordering] if isinstance(ordering, str) else list(ordering)
    with tenant_transaction(merchant_id):
        ordered = filters.Meta.model.objects.order_by(*keys).values_list(keys[0].removeprefix("-"), flat=True)
        position = ordered[int(DEEP * rows)]
    return quote(base64.b64encode(urlencode({"p": position}).encode()).decode())
