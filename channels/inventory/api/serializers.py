"""Stock as it is read and written by programs."""

from typing import Any

from rest_framework import serializers

from channels.inventory.enums import MovementReason
from channels.inventory.models import (
    ChannelQuota,
    Hold,
    QuotaLoan,
    StockLevel,
    StockMovement,
)
from o2o.api.serializers import ReadSerializer

MOST_LINES = 1000
MOST_UNITS = 1_000_000


class StockLevelSerializer(ReadSerializer[StockLevel]):
    """The stock of a variant at a location."""

    variant_id = serializers.UUIDField(read_only=True)
    location_id = serializers.UUIDField(read_only=True)
    sku = serializers.CharField(source="variant.sku", read_only=True)

    class Meta:
        model = StockLevel
        fields = (
            "id", "variant_id", "sku", "location_id", "on_hand", "allocated", "held", "safety_stock",
            "allows_backorder", "sold_out_until", "updated_at",
        )  # fmt: skip


class SafetyStockSerializer(serializers.Serializer[Any]):
    """How many units are never promised."""

    safety_stock = serializers.IntegerField(min_value=0, max_value=MOST_UNITS)


class StockMovementSerializer(ReadSerializer[StockMovement]):
    """An entry of the ledger."""

    level_id = serializers.UUIDField(read_only=True)

    class Meta:
        model = StockMovement
        fields = (
            "id", "level_id", "kind", "on_hand_delta", "allocated_delta", "reason", "reference_kind", "reference_id",
            "note", "occurred_at",
        )  # fmt: skip


class StockLineSerializer(serializers.Serializer[Any]):
    """Units of a variant at a location."""

    variant_id = serializers.UUIDField()
    location_id = serializers.UUIDField()
    quantity = serializers.IntegerField(min_value=1, max_value=MOST_UNITS)


class HoldWriteSerializer(serializers.Serializer[Any]):
    """What to set aside for a cart. ``reference`` names the cart; holds of one cart are released together."""

    reference = serializers.UUIDField()
    channel_id = serializers.UUIDField()
    lines = StockLineSerializer(many=True, max_length=MOST_LINES, min_length=1)  # type: ignore[call-arg]
    minutes = serializers.IntegerField(min_value=1, max_value=1440, default=10)


class HoldSerializer(ReadSerializer[Hold]):
    """Units that are set aside."""

    level_id = serializers.UUIDField(read_only=True)
    channel_id = serializers.UUIDField(read_only=True)

    class Meta:
        model = Hold
        fields = ("id", "reference", "level_id", "channel_id", "quantity", "state", "expires_at", "created_at")


class CartSerializer(serializers.Serializer[Any]):
    """All that is set aside for a cart."""

    reference = serializers.UUIDField()
    holds = HoldSerializer(many=True, read_only=True)


class ReleasedSerializer(serializers.Serializer[Any]):
    """How many units came back."""

    units = serializers.IntegerField()


class AvailableSerializer(serializers.Serializer[Any]):
    """Units of a variant that a channel can promise."""

    variant_id = serializers.UUIDField()
    channel_id = serializers.UUIDField()
    quantity = serializers.IntegerField()


class AvailabilitySerializer(serializers.Serializer[Any]):
    """What channels can promise."""

    results = AvailableSerializer(many=True)


class TermRowSerializer(serializers.Serializer[Any]):
    """One thing behind a term."""

    label = serializers.CharField()  # type: ignore[assignment]
    quantity = serializers.IntegerField()
    at = serializers.DateTimeField(allow_null=True)
    detail = serializers.CharField(allow_blank=True)


class TermSerializer(serializers.Serializer[Any]):
    """A term of the sum, with at most twenty of the things behind it."""

    code = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    quantity = serializers.IntegerField()
    count = serializers.IntegerField()
    rows = TermRowSerializer(many=True)


class WaterfallSerializer(serializers.Serializer[Any]):
    """Why a channel can promise what it can: the terms sum to ``available``."""

    variant_id = serializers.UUIDField()
    channel_id = serializers.UUIDField()
    at = serializers.DateTimeField()
    available = serializers.IntegerField()
    allows_backorder = serializers.BooleanField()
    terms = TermSerializer(many=True)


class QuotaSerializer(ReadSerializer[ChannelQuota]):
    """A share of a variant that only one channel may sell."""

    variant_id = serializers.UUIDField(read_only=True)
    channel_id = serializers.UUIDField(read_only=True)

    class Meta:
        model = ChannelQuota
        fields = (
            "id", "variant_id", "channel_id", "exclusive", "used", "lent", "shared_limit", "shared_used", "valid_from",
            "valid_until",
        )  # fmt: skip


class QuotaWriteSerializer(serializers.Serializer[Any]):
    """A share and its time."""

    variant_id = serializers.UUIDField()
    channel_id = serializers.UUIDField()
    exclusive = serializers.IntegerField(min_value=0, max_value=MOST_UNITS)
    shared_limit = serializers.IntegerField(
        min_value=0, max_value=MOST_UNITS, required=False, allow_null=True, default=None
    )
    valid_from = serializers.DateTimeField(required=False, allow_null=True, default=None)
    valid_until = serializers.DateTimeField(required=False, allow_null=True, default=None)


class BorrowSerializer(serializers.Serializer[Any]):
    """Units that this quota lends to another of the same variant."""

    borrower_id = serializers.UUIDField()
    quantity = serializers.IntegerField(min_value=1, max_value=MOST_UNITS)


class LoanSerializer(ReadSerializer[QuotaLoan]):
    """Units lent between quotas."""

    lender_id = serializers.UUIDField(read_only=True)
    borrower_id = serializers.UUIDField(read_only=True)

    class Meta:
        model = QuotaLoan
        fields = ("id", "lender_id", "borrower_id", "quantity", "returned")


class ReturnLoanSerializer(serializers.Serializer[Any]):
    """Units of a loan that go back."""

    loan_id = serializers.UUIDField()
    quantity = serializers.IntegerField(min_value=1, max_value=MOST_UNITS)


class ReceiptSerializer(serializers.Serializer[Any]):
    """Goods that came in."""

    lines = StockLineSerializer(many=True, max_length=MOST_LINES, min_length=1)  # type: ignore[call-arg]
    reason = serializers.ChoiceField(choices=MovementReason.choices, default=MovementReason.PURCHASE)
    note = serializers.CharField(max_length=200, required=False, default="", allow_blank=True)


class ChangeSerializer(serializers.Serializer[Any]):
    """More or fewer units of a variant at a location."""

    variant_id = serializers.UUIDField()
    location_id = serializers.UUIDField()
    delta = serializers.IntegerField(min_value=-MOST_UNITS, max_value=MOST_UNITS)


class AdjustmentSerializer(serializers.Serializer[Any]):
    """Changes of stock and why."""

    changes = ChangeSerializer(many=True, max_length=MOST_LINES, min_length=1)  # type: ignore[call-arg]
    reason = serializers.ChoiceField(choices=MovementReason.choices)
    note = serializers.CharField(max_length=200, required=False, default="", allow_blank=True)


class SoldOutSerializer(serializers.Serializer[Any]):
    """What is sold out today at a location."""

    location_id = serializers.UUIDField()
    variant_ids = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=MOST_LINES)
    is_sold_out = serializers.BooleanField(default=True, help_text="False: available again at once.")


class SoldOutRowSerializer(ReadSerializer[StockLevel]):
    """A variant that is sold out at a location now."""

    variant_id = serializers.UUIDField(read_only=True)
    location_id = serializers.UUIDField(read_only=True)
    sku = serializers.CharField(source="variant.sku", read_only=True)

    class Meta:
        model = StockLevel
        fields = ("variant_id", "sku", "location_id", "sold_out_until")


class SoldOutListSerializer(serializers.Serializer[Any]):
    """What is sold out now, at most a thousand of it."""

    results = SoldOutRowSerializer(many=True)


class SoldOutUntilSerializer(serializers.Serializer[Any]):
    """When it comes back by itself; null where it is back."""

    until = serializers.DateTimeField(allow_null=True)
