"""How stock is narrowed."""

import django_filters

from channels.inventory.enums import CountState, HoldState, MovementKind, MovementReason, TransferState
from channels.inventory.models import (
    ChannelQuota,
    CycleCount,
    Hold,
    StockCheck,
    StockLevel,
    StockMovement,
    TransferLine,
    TransferOrder,
)


class LevelFilter(django_filters.FilterSet):
    """By variant, SKU and location."""

    variant_id = django_filters.UUIDFilter()
    sku = django_filters.CharFilter(field_name="variant__sku", max_length=60)
    location_id = django_filters.UUIDFilter()

    class Meta:
        model = StockLevel
        fields: tuple[str, ...] = ()


class MovementFilter(django_filters.FilterSet):
    """By level, kind, reason and cause."""

    level_id = django_filters.UUIDFilter()
    kind = django_filters.ChoiceFilter(choices=MovementKind.choices)
    reason = django_filters.ChoiceFilter(choices=MovementReason.choices)
    reference_id = django_filters.UUIDFilter()

    class Meta:
        model = StockMovement
        fields: tuple[str, ...] = ()


class HoldFilter(django_filters.FilterSet):
    """By cart, level and state."""

    reference = django_filters.UUIDFilter()
    level_id = django_filters.UUIDFilter()
    state = django_filters.ChoiceFilter(choices=HoldState.choices)

    class Meta:
        model = Hold
        fields: tuple[str, ...] = ()


class QuotaFilter(django_filters.FilterSet):
    """By variant and channel."""

    variant_id = django_filters.UUIDFilter()
    channel_id = django_filters.UUIDFilter()

    class Meta:
        model = ChannelQuota
        fields: tuple[str, ...] = ()


class TransferFilter(django_filters.FilterSet):
    """By state and places."""

    state = django_filters.ChoiceFilter(choices=TransferState.choices)
    source_id = django_filters.UUIDFilter()
    destination_id = django_filters.UUIDFilter()

    class Meta:
        model = TransferOrder
        fields: tuple[str, ...] = ()


class CountFilter(django_filters.FilterSet):
    """By state and location."""

    state = django_filters.ChoiceFilter(choices=CountState.choices)
    location_id = django_filters.UUIDFilter()

    class Meta:
        model = CycleCount
        fields: tuple[str, ...] = ()


class InTransitFilter(django_filters.FilterSet):
    """By places and variant."""

    source_id = django_filters.UUIDFilter(field_name="transfer__source_id")
    destination_id = django_filters.UUIDFilter(field_name="transfer__destination_id")
    variant_id = django_filters.UUIDFilter()

    class Meta:
        model = TransferLine
        fields: tuple[str, ...] = ()


class CheckFilter(django_filters.FilterSet):
    """By level."""

    level_id = django_filters.UUIDFilter()

    class Meta:
        model = StockCheck
        fields: tuple[str, ...] = ()
