"""Fulfilments, as they are read and as a store answers them."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from channels.orders.enums import RejectionReason, StockEffect
from channels.orders.models import FulfillmentLine, FulfillmentOrder
from channels.orders.services.pickup import IssuedCode
from channels.orders.steps import Step, possible_steps
from o2o.api.serializers import ReadSerializer


class FulfillmentSerializer(ReadSerializer[FulfillmentOrder]):
    """What one location is to make ready, and how far it has come."""

    order_id = serializers.UUIDField(read_only=True)
    order_number = serializers.CharField(source="order.number", read_only=True)
    location_id = serializers.UUIDField(read_only=True, allow_null=True)
    possible_steps = serializers.SerializerMethodField()

    class Meta:
        model = FulfillmentOrder
        fields = (
            "id", "order_id", "order_number", "location_id", "method", "state", "queue", "attempt",
            "accept_by", "accepted_at", "ready_at", "pickup_by", "is_pickup_extended", "handed_over_at", "ended_at",
            "rejection_reason", "carrier", "tracking_number", "possible_steps", "created_at", "updated_at",
        )  # fmt: skip

    @extend_schema_field(serializers.ListField(child=serializers.ChoiceField(choices=[step.value for step in Step])))
    def get_possible_steps(self, fulfillment: FulfillmentOrder) -> list[str]:
        """Return what the location can do now."""
        return [step.value for step in possible_steps(fulfillment)]


class FulfillmentLineSerializer(ReadSerializer[FulfillmentLine]):
    """Units of an order's line that the fulfilment covers."""

    order_line_id = serializers.UUIDField(read_only=True)
    variant_id = serializers.UUIDField(source="order_line.variant_id", read_only=True, allow_null=True)
    sku = serializers.CharField(source="order_line.sku", read_only=True)
    name = serializers.CharField(source="order_line.name", read_only=True)

    class Meta:
        model = FulfillmentLine
        fields = ("id", "order_line_id", "variant_id", "sku", "name", "quantity")


class FulfillmentDetailSerializer(FulfillmentSerializer):
    """A fulfilment with its lines."""

    lines = FulfillmentLineSerializer(many=True, read_only=True)

    class Meta(FulfillmentSerializer.Meta):
        fields = (*FulfillmentSerializer.Meta.fields, "lines")  # type: ignore[assignment]


class RejectedLineSerializer(serializers.Serializer[Any]):
    """Units of an order's line."""

    order_line_id = serializers.UUIDField()
    quantity = serializers.IntegerField(min_value=1, max_value=1_000_000)


class RejectSerializer(serializers.Serializer[Any]):
    """Why the store does not fulfil, and what that says about its stock."""

    reason = serializers.ChoiceField(
        choices=[choice for choice in RejectionReason.choices if choice[0] != RejectionReason.EXPIRED]
    )
    stock_effect = serializers.ChoiceField(choices=StockEffect.choices, default=StockEffect.NONE)
    lines = RejectedLineSerializer(  # type: ignore[call-arg]
        many=True, required=False, allow_empty=False, max_length=500, help_text="Leave out to reject all of it."
    )


class HandOverSerializer(serializers.Serializer[Any]):
    """The proof that the person may fetch it: short code or token; or the reason of a manager who decides."""

    code = serializers.CharField(required=False, default="", max_length=300)
    override_reason = serializers.CharField(
        required=False, default="", max_length=200, help_text="Needs orders:write; no code is asked for then."
    )


class ShipSerializer(serializers.Serializer[Any]):
    """Who carries the goods away."""

    carrier = serializers.CharField(required=False, default="", max_length=60, help_text="Needed for parcels.")
    tracking_number = serializers.CharField(required=False, default="", max_length=100)


class PickupCodeSerializer(serializers.Serializer[IssuedCode]):
    """A new code, shown this once; older ones of the fulfilment have ended."""

    code = serializers.CharField(help_text="To read out or type.")
    token = serializers.CharField(help_text="For a QR code.")
