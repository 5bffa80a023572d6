"""What stores do for orders, and the rules by which they get them, as programs read and write it."""

from typing import Any

from rest_framework import serializers

from channels.orders.enums import RejectionReason, StockEffect
from channels.orders.models import AcceptancePolicy, FulfillmentLine, FulfillmentOrder, RoutingRule
from o2o.api.serializers import ReadSerializer


class FulfillmentLineSerializer(ReadSerializer[FulfillmentLine]):
    """Units of a line of the order."""

    order_line_id = serializers.UUIDField(read_only=True)

    class Meta:
        model = FulfillmentLine
        fields = ("order_line_id", "quantity")


class FulfillmentSerializer(ReadSerializer[FulfillmentOrder]):
    """What one location makes ready; without a location it waits in ``queue``."""

    order_id = serializers.UUIDField(read_only=True)
    location_id = serializers.UUIDField(read_only=True, allow_null=True)
    lines = FulfillmentLineSerializer(many=True, read_only=True)

    class Meta:
        model = FulfillmentOrder
        fields = (
            "id", "order_id", "location_id", "method", "state", "queue", "lines", "accept_by", "accepted_at",
            "ready_at", "pickup_by", "handed_over_at", "rejection_reason", "carrier", "tracking_number", "created_at",
        )  # fmt: skip


class RejectSerializer(serializers.Serializer[Any]):
    """Why a store does not fulfil, and what that says about its stock."""

    reason = serializers.ChoiceField(choices=RejectionReason.choices)
    stock_effect = serializers.ChoiceField(choices=StockEffect.choices, default=StockEffect.NONE)


class HandOverSerializer(serializers.Serializer[Any]):
    """The code of a pickup, or a manager's reason to do without."""

    code = serializers.CharField(max_length=600, required=False, default="", allow_blank=True)
    override_reason = serializers.CharField(max_length=200, required=False, default="", allow_blank=True)


class ShipSerializer(serializers.Serializer[Any]):
    """Who carries the parcel."""

    carrier = serializers.CharField(max_length=60, required=False, default="", allow_blank=True)
    tracking_number = serializers.CharField(max_length=100, required=False, default="", allow_blank=True)


class ReadySerializer(serializers.Serializer[Any]):
    """A fulfilment that lies ready; a pickup with its code, which is told this once."""

    fulfillment = FulfillmentSerializer()
    pickup_code = serializers.CharField(allow_null=True)
    pickup_token = serializers.CharField(allow_null=True)


class RoutingRuleSerializer(ReadSerializer[RoutingRule]):
    """A rule of routing."""

    class Meta:
        model = RoutingRule
        fields = ("id", "name", "position", "definition", "is_active", "created_at", "updated_at")


class RoutingRuleWriteSerializer(serializers.Serializer[Any]):
    """A rule; ``docs/routing.md`` tells the form of its definition."""

    name = serializers.CharField(max_length=100)
    position = serializers.IntegerField(min_value=0, max_value=32767, default=100)
    definition = serializers.DictField()
    is_active = serializers.BooleanField(default=True)


class FiguresSerializer(serializers.Serializer[Any]):
    """What a set of rules made of past orders."""

    split = serializers.IntegerField()
    unrouted = serializers.IntegerField()
    mean_km = serializers.FloatField(allow_null=True)
    p90_km = serializers.FloatField(allow_null=True)
    emptied = serializers.IntegerField()


class ChangeSerializer(serializers.Serializer[Any]):
    """An order that would have gone elsewhere."""

    number = serializers.CharField()
    before = serializers.CharField(allow_blank=True)
    after = serializers.CharField(allow_blank=True)


class ReplaySerializer(serializers.Serializer[Any]):
    """Past orders decided by the rules as they are, and with the one that is tried."""

    orders = serializers.IntegerField()
    changed = serializers.IntegerField()
    before = FiguresSerializer()
    after = FiguresSerializer()
    samples = ChangeSerializer(many=True)


class AcceptancePolicySerializer(ReadSerializer[AcceptancePolicy]):
    """How long stores may take to accept."""

    channel_id = serializers.UUIDField(read_only=True)
    location_id = serializers.UUIDField(read_only=True, allow_null=True)
    backup_location_id = serializers.UUIDField(read_only=True, allow_null=True)

    class Meta:
        model = AcceptancePolicy
        fields = (
            "id", "channel_id", "location_id", "remind_minutes", "escalate_minutes", "accept_minutes",
            "backup_location_id", "accepts_automatically",
        )  # fmt: skip


class AcceptancePolicyWriteSerializer(serializers.Serializer[Any]):
    """Minutes for stores of a channel, or for one store."""

    channel_id = serializers.UUIDField()
    location_id = serializers.UUIDField(required=False, allow_null=True, default=None)
    accept_minutes = serializers.IntegerField(min_value=1, max_value=10_000)
    remind_minutes = serializers.IntegerField(
        min_value=1, max_value=10_000, required=False, allow_null=True, default=None
    )
    escalate_minutes = serializers.IntegerField(
        min_value=1, max_value=10_000, required=False, allow_null=True, default=None
    )
    backup_location_id = serializers.UUIDField(required=False, allow_null=True, default=None)
    accepts_automatically = serializers.BooleanField(default=False)
