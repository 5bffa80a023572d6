"""Orders as they are read and written by programs."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from channels.orders.api.fulfillment_serializers import FulfillmentSerializer
from channels.orders.drafts import AdjustmentDraft, LineDraft, OrderDraft, PaymentDraft
from channels.orders.enums import AdjustmentKind, Disposition, PaymentKind
from channels.orders.models import (
    LineAdjustment,
    Order,
    OrderLine,
    Payment,
    Return,
    ReturnLine,
    TimelineEntry,
)
from channels.orders.recipients import Recipient, recipient_of
from channels.orders.services.ingesting_many import MOST_MESSAGES
from channels.stores.enums import FulfillmentMethod
from o2o.api.fields import RowMoneyField
from o2o.api.serializers import FaultSerializer, ReadSerializer

MOST_LINES = 1000


class DecimalAmount(serializers.DecimalField):
    """An amount in the currency of the order."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"max_digits": 16, "decimal_places": 3, "min_value": 0, **options})


class AdjustmentSerializer(ReadSerializer[LineAdjustment]):
    """A part of the discount of a line, and the points that paid for it."""

    amount = RowMoneyField(amount="amount", currency="line.order.currency")

    class Meta:
        model = LineAdjustment
        fields = ("kind", "reference", "amount", "points")


class OrderLineSerializer(ReadSerializer[OrderLine]):
    """A variant of an order."""

    variant_id = serializers.UUIDField(read_only=True, allow_null=True)
    adjustments = AdjustmentSerializer(many=True, read_only=True)
    subtotal = RowMoneyField(amount="subtotal", currency="order.currency")
    discount = RowMoneyField(amount="discount", currency="order.currency")
    total = RowMoneyField(amount="total", currency="order.currency")

    class Meta:
        model = OrderLine
        fields = (
            "id", "position", "external_id", "variant_id", "sku", "name", "quantity", "unit_price", "subtotal",
            "discount", "total", "adjustments", "cancelled", "fulfilled", "returned",
        )  # fmt: skip


class PaymentSerializer(ReadSerializer[Payment]):
    """Money that came in or went back."""

    amount = RowMoneyField(amount="amount", currency="order.currency")

    class Meta:
        model = Payment
        fields = ("id", "kind", "method", "amount", "external_id", "paid_at")


class OrderSerializer(ReadSerializer[Order]):
    """A purchase in one channel."""

    channel_id = serializers.UUIDField(read_only=True)
    location_id = serializers.UUIDField(read_only=True, allow_null=True)
    subtotal = RowMoneyField(amount="subtotal")
    discount_total = RowMoneyField(amount="discount_total")
    shipping_total = RowMoneyField(amount="shipping_total")
    tax_total = RowMoneyField(amount="tax_total")
    total = RowMoneyField(amount="total")
    paid_total = RowMoneyField(amount="paid_total")
    cancelled_total = RowMoneyField(amount="cancelled_total")
    refunded_total = RowMoneyField(amount="refunded_total")

    class Meta:
        model = Order
        fields = (
            "id", "number", "channel_id", "external_id", "external_version", "state", "payment_state", "method",
            "location_id", "member_id", "customer_reference", "subtotal", "discount_total", "shipping_total",
            "tax_total", "total", "paid_total", "cancelled_total", "refunded_total", "note", "placed_at",
            "promised_at", "completed_at", "cancelled_at", "is_historical", "created_at", "updated_at",
        )  # fmt: skip


class RecipientSerializer(serializers.Serializer[Any]):
    """Who receives the goods."""

    name = serializers.CharField(max_length=100, required=False, default="", allow_blank=True)
    phone = serializers.CharField(max_length=40, required=False, default="", allow_blank=True)
    country = serializers.CharField(max_length=2, required=False, default="", allow_blank=True)
    region = serializers.CharField(max_length=100, required=False, default="", allow_blank=True)
    city = serializers.CharField(max_length=100, required=False, default="", allow_blank=True)
    postal_code = serializers.CharField(max_length=20, required=False, default="", allow_blank=True)
    street = serializers.CharField(max_length=300, required=False, default="", allow_blank=True)


@extend_schema_field(RecipientSerializer)
class RecipientField(serializers.Field[Any, Any, Any, Any]):
    """The recipient of an order, opened."""

    def __init__(self) -> None:
        super().__init__(read_only=True, source="*")

    def to_representation(self, value: Order) -> Mapping[str, str]:
        """Return what is known."""
        return RecipientSerializer(recipient_of(value)).data


class OrderDetailSerializer(OrderSerializer):
    """An order with everything that belongs to it."""

    lines = OrderLineSerializer(many=True, read_only=True)
    payments = PaymentSerializer(many=True, read_only=True)
    fulfillments = FulfillmentSerializer(many=True, read_only=True)
    recipient = RecipientField()

    class Meta(OrderSerializer.Meta):
        fields = (*OrderSerializer.Meta.fields, "lines", "payments", "fulfillments", "recipient")  # type: ignore[assignment]


class TimelineSerializer(ReadSerializer[TimelineEntry]):
    """Something that happened to an order."""

    class Meta:
        model = TimelineEntry
        fields = ("id", "kind", "details", "actor_label", "origin", "occurred_at")


class AdjustmentWriteSerializer(serializers.Serializer[Any]):
    """A part of the discount of a line."""

    kind = serializers.ChoiceField(choices=AdjustmentKind.choices)
    amount = DecimalAmount()
    reference = serializers.CharField(max_length=100, required=False, default="", allow_blank=True)
    points = serializers.IntegerField(min_value=0, max_value=1_000_000_000, default=0)


class LineWriteSerializer(serializers.Serializer[Any]):
    """Units of a variant, named by ``variant_id`` or ``sku``."""

    sku = serializers.CharField(max_length=60, required=False, default="", allow_blank=True)
    variant_id = serializers.UUIDField(required=False, allow_null=True, default=None)
    external_id = serializers.CharField(max_length=100, required=False, default="", allow_blank=True)
    name = serializers.CharField(max_length=300, required=False, default="", allow_blank=True)
    quantity = serializers.IntegerField(min_value=1, max_value=1_000_000)
    unit_price = DecimalAmount(max_digits=18, decimal_places=6)
    adjustments = AdjustmentWriteSerializer(many=True, required=False, default=list, max_length=50)  # type: ignore[call-arg]
    cancelled = serializers.IntegerField(min_value=0, max_value=1_000_000, default=0)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Demand a name for the variant."""
        if not attrs["sku"] and attrs["variant_id"] is None:
            raise serializers.ValidationError(_("Name the variant by “sku” or “variant_id”."))
        return attrs


class PaymentWriteSerializer(serializers.Serializer[Any]):
    """Money that came in or went back."""

    kind = serializers.ChoiceField(choices=PaymentKind.choices, default=PaymentKind.PAYMENT)
    method = serializers.CharField(max_length=40)
    amount = DecimalAmount()
    external_id = serializers.CharField(max_length=100, required=False, default="", allow_blank=True)
    paid_at = serializers.DateTimeField(required=False, allow_null=True, default=None)


class OrderWriteSerializer(serializers.Serializer[Any]):
    """A new order. Amounts are in the currency of the channel; the server works the totals out."""

    channel_id = serializers.UUIDField()
    method = serializers.ChoiceField(choices=FulfillmentMethod.choices)
    location_id = serializers.UUIDField(required=False, allow_null=True, default=None)
    lines = LineWriteSerializer(many=True, min_length=1, max_length=MOST_LINES)  # type: ignore[call-arg]
    shipping_total = DecimalAmount(default=Decimal(0))
    tax_total = DecimalAmount(default=Decimal(0))
    total = DecimalAmount(required=False, allow_null=True, default=None)
    payments = PaymentWriteSerializer(many=True, required=False, default=list, max_length=100)  # type: ignore[call-arg]
    recipient = RecipientSerializer(required=False)
    latitude = serializers.FloatField(min_value=-90, max_value=90, required=False, allow_null=True, default=None)
    longitude = serializers.FloatField(min_value=-180, max_value=180, required=False, allow_null=True, default=None)
    member_id = serializers.UUIDField(required=False, allow_null=True, default=None)
    customer_reference = serializers.CharField(max_length=100, required=False, default="", allow_blank=True)
    note = serializers.CharField(max_length=2000, required=False, default="", allow_blank=True)
    placed_at = serializers.DateTimeField(required=False, allow_null=True, default=None)
    promised_at = serializers.DateTimeField(required=False, allow_null=True, default=None)
    hold_reference = serializers.UUIDField(required=False, allow_null=True, default=None)

    def draft(self, *, at: datetime) -> OrderDraft:
        """Return the order as the services take it."""
        return draft_of(self.validated_data, at=at)


class OrderIngestSerializer(OrderWriteSerializer):
    """An order as another system has it; ``version`` grows with each change there."""

    external_id = serializers.CharField(max_length=100)
    connection_id = serializers.UUIDField(required=False, allow_null=True, default=None)
    version = serializers.IntegerField(min_value=0, max_value=2**62)
    number = serializers.CharField(max_length=60, required=False, default="", allow_blank=True)
    is_cancelled = serializers.BooleanField(default=False)


def draft_of(values: Mapping[str, Any], *, at: datetime) -> OrderDraft:
    """Return an order, as it was read, as the services take it."""
    data = {name: value for name, value in values.items() if name not in ("hold_reference", "version")}
    lines = [
        LineDraft(**{**line, "adjustments": tuple(AdjustmentDraft(**part) for part in line["adjustments"])})
        for line in data.pop("lines")
    ]
    payments = [PaymentDraft(**{**payment, "paid_at": payment["paid_at"] or at}) for payment in data.pop("payments")]
    recipient = Recipient(**data.pop("recipient", {}))
    placed_at = data.pop("placed_at") or at
    return OrderDraft(**data, lines=lines, payments=payments, recipient=recipient, placed_at=placed_at)


class IngestedSerializer(serializers.Serializer[Any]):
    """What came of a message."""

    outcome = serializers.ChoiceField(choices=("created", "changed", "unchanged", "outdated"))
    order = OrderSerializer(read_only=True)


class OrdersIngestSerializer(serializers.Serializer[Any]):
    """Up to 100 orders as another system has them."""

    orders = OrderIngestSerializer(many=True, allow_empty=False, max_length=MOST_MESSAGES)  # type: ignore[call-arg]


class IngestedOneSerializer(serializers.Serializer[Any]):
    """What came of one message; ``order`` is empty where it was refused."""

    external_id = serializers.CharField()
    outcome = serializers.ChoiceField(choices=("created", "changed", "unchanged", "outdated", "refused"))
    order = OrderSerializer(read_only=True, allow_null=True)
    error = FaultSerializer(allow_null=True)


class IngestedManySerializer(serializers.Serializer[Any]):
    """What came of each message, in their order."""

    results = IngestedOneSerializer(many=True)


class OrderUnitsSerializer(serializers.Serializer[Any]):
    """Units of a line of an order."""

    line_id = serializers.UUIDField()
    quantity = serializers.IntegerField(min_value=1, max_value=1_000_000)


class CancelSerializer(serializers.Serializer[Any]):
    """What to cancel; without lines everything that remains."""

    lines = OrderUnitsSerializer(many=True, required=False, max_length=MOST_LINES)  # type: ignore[call-arg]
    reason = serializers.CharField(max_length=200, required=False, default="", allow_blank=True)


class NoteSerializer(serializers.Serializer[Any]):
    """A note for the timeline."""

    text = serializers.CharField(max_length=500)


class ReturnLineSerializer(ReadSerializer[ReturnLine]):
    """Units that come back."""

    order_line_id = serializers.UUIDField(read_only=True)
    refund = RowMoneyField(amount="refund", currency="return_order.order.currency")

    class Meta:
        model = ReturnLine
        fields = ("id", "order_line_id", "quantity", "received", "disposition", "refund", "points")


class ReturnSerializer(ReadSerializer[Return]):
    """A return."""

    order_id = serializers.UUIDField(read_only=True)
    location_id = serializers.UUIDField(read_only=True, allow_null=True)
    refund_total = RowMoneyField(amount="refund_total", currency="order.currency")
    lines = ReturnLineSerializer(many=True, read_only=True)

    class Meta:
        model = Return
        fields = (
            "id", "number", "external_id", "order_id", "location_id", "state", "reason", "refund_total", "lines",
            "requested_at", "approved_at", "received_at", "refunded_at", "refused_at",
        )  # fmt: skip


class ReturnWriteSerializer(serializers.Serializer[Any]):
    """What comes back."""

    order_id = serializers.UUIDField()
    lines = OrderUnitsSerializer(many=True, min_length=1, max_length=MOST_LINES)  # type: ignore[call-arg]
    location_id = serializers.UUIDField(required=False, allow_null=True, default=None)
    reason = serializers.CharField(max_length=200, required=False, default="", allow_blank=True)
    external_id = serializers.CharField(max_length=100, required=False, default="", allow_blank=True)


class ReceivedLineSerializer(serializers.Serializer[Any]):
    """What arrived of a line of the return."""

    line_id = serializers.UUIDField()
    received = serializers.IntegerField(min_value=0, max_value=1_000_000)
    disposition = serializers.ChoiceField(choices=Disposition.choices)


class ReceiveSerializer(serializers.Serializer[Any]):
    """What arrived, and where."""

    location_id = serializers.UUIDField()
    lines = ReceivedLineSerializer(many=True, min_length=1, max_length=MOST_LINES)  # type: ignore[call-arg]
