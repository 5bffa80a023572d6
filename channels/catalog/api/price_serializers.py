"""Prices, deviations and policies as they are read and written by programs."""

from decimal import Decimal
from typing import Any

from rest_framework import serializers

from channels.catalog.models import (
    ConsistencyPolicy,
    Deviation,
    IntendedDifference,
    PriceChangeRequest,
    PriceCycle,
    PriceInterval,
)
from o2o.api.fields import MoneyField, RowMoneyField
from o2o.api.serializers import ReadSerializer


class PriceWishSerializer(serializers.Serializer[Any]):
    """A price: without an end the new regular one, with an end one for a time.

    ``expected`` is the price in force that you saw: if it is another one by now, nothing is done (409).
    """

    price = MoneyField()
    compare_at_price = MoneyField(required=False, allow_null=True, default=None)
    valid_from = serializers.DateTimeField(required=False, allow_null=True, default=None)
    valid_until = serializers.DateTimeField(required=False, allow_null=True, default=None)
    expected = MoneyField(required=False, allow_null=True, default=None)
    reason = serializers.CharField(max_length=200, required=False, default="", allow_blank=True)


class PriceIntervalSerializer(ReadSerializer[PriceInterval]):
    """A price of a listing for a stretch of time; ``withdrawn_at`` is when it ceased to count."""

    price = RowMoneyField(amount="price", currency="listing.currency")
    compare_at_price = RowMoneyField(amount="compare_at_price", currency="listing.currency")
    withdrawn_at = serializers.DateTimeField(source="withdrawal.withdrawn_at", read_only=True, default=None)

    class Meta:
        model = PriceInterval
        fields = (
            "id", "layer", "price", "compare_at_price", "valid_from", "valid_until", "withdrawn_at", "is_approved",
            "reason", "created_at",
        )  # fmt: skip


class PriceAtSerializer(serializers.Serializer[Any]):
    """The price of a listing at an instant."""

    price = MoneyField()
    compare_at_price = MoneyField(allow_null=True)
    layer = serializers.IntegerField()
    interval_id = serializers.UUIDField()
    valid_until = serializers.DateTimeField(allow_null=True)


class WithdrawSerializer(serializers.Serializer[Any]):
    """Which price is to count no more."""

    interval_id = serializers.UUIDField()
    reason = serializers.CharField(max_length=200, required=False, default="", allow_blank=True)


class PriceCycleSerializer(ReadSerializer[PriceCycle]):
    """A price that comes back; while ``is_held`` it waits for approval."""

    listing_id = serializers.UUIDField(read_only=True)
    price = RowMoneyField(amount="price", currency="listing.currency")
    compare_at_price = RowMoneyField(amount="compare_at_price", currency="listing.currency")
    weekdays = serializers.ListField(child=serializers.IntegerField(), read_only=True)

    class Meta:
        model = PriceCycle
        fields = (
            "id", "listing_id", "name", "price", "compare_at_price", "weekdays", "starts_at", "ends_at", "time_zone",
            "valid_from", "valid_until", "is_held", "ended_at",
        )  # fmt: skip


class PriceCycleWriteSerializer(serializers.Serializer[Any]):
    """A new price that comes back."""

    listing_id = serializers.UUIDField()
    name = serializers.CharField(max_length=100)
    price = serializers.DecimalField(max_digits=16, decimal_places=3, min_value=0)
    compare_at_price = serializers.DecimalField(
        max_digits=16, decimal_places=3, min_value=0, required=False, allow_null=True, default=None
    )
    weekdays = serializers.ListField(
        child=serializers.IntegerField(min_value=0, max_value=6), required=False, default=list, max_length=7
    )
    starts_at = serializers.TimeField()
    ends_at = serializers.TimeField()
    time_zone = serializers.CharField(max_length=64)
    valid_from = serializers.DateField()
    valid_until = serializers.DateField(required=False, allow_null=True, default=None)


class PriceChangeRequestSerializer(ReadSerializer[PriceChangeRequest]):
    """A price that waits for approval."""

    listing_id = serializers.UUIDField(read_only=True)
    price = RowMoneyField(amount="price", currency="listing.currency")
    old_price = RowMoneyField(amount="old_price", currency="listing.currency")

    class Meta:
        model = PriceChangeRequest
        fields = (
            "id", "listing_id", "price", "old_price", "layer", "valid_from", "valid_until", "reason", "evidence",
            "state", "expires_at", "created_at", "settled_at",
        )  # fmt: skip


class PriceSetSerializer(serializers.Serializer[Any]):
    """What came of a wish: ``recorded``, or ``held`` with the request that waits."""

    outcome = serializers.ChoiceField(choices=("recorded", "held"))
    id = serializers.UUIDField()


class DeviationSerializer(ReadSerializer[Deviation]):
    """A listing that disagrees with its policy.

    ``evidence`` holds the figures; ``expected`` in it is what a fix makes of it, until ``until`` where there is one.
    ``fix`` is what was done: before, after, and the interval, or the request that waits.
    """

    listing_id = serializers.UUIDField(read_only=True)

    class Meta:
        model = Deviation
        fields = (
            "id", "listing_id", "kind", "evidence", "found_at", "ended_at", "is_accepted", "accepted_until", "note",
            "fix", "fixed_at", "undone_at", "updated_at",
        )  # fmt: skip


class FixSerializer(serializers.Serializer[Any]):
    """What the caller was shown: ``after`` is the ``expected`` of the evidence; if it is another by now, 409."""

    after = serializers.CharField(max_length=200, required=False, allow_null=True, default=None)


class AcceptSerializer(serializers.Serializer[Any]):
    """Until when it is meant; without an instant, until its evidence changes."""

    until = serializers.DateTimeField(required=False, allow_null=True, default=None)
    note = serializers.CharField(max_length=200, required=False, default="", allow_blank=True)


class IntendedDifferenceSerializer(ReadSerializer[IntendedDifference]):
    """By how many percent the prices of a channel are meant to differ."""

    channel_id = serializers.UUIDField(read_only=True)

    class Meta:
        model = IntendedDifference
        fields = ("channel_id", "percent")


class PolicySerializer(ReadSerializer[ConsistencyPolicy]):
    """What the listings of a product must have in common; without ``product_id``, those of all others."""

    product_id = serializers.UUIDField(read_only=True, allow_null=True)
    reference_channel_id = serializers.UUIDField(read_only=True)
    differences = IntendedDifferenceSerializer(many=True, read_only=True)

    class Meta:
        model = ConsistencyPolicy
        fields = (
            "id", "product_id", "reference_channel_id", "tolerance_percent", "floor_price", "floor_percent_of_cost",
            "compares_visibility", "compares_text", "differences",
        )  # fmt: skip


class DifferenceWriteSerializer(serializers.Serializer[Any]):
    """By how many percent the prices of a channel are meant to differ."""

    channel_id = serializers.UUIDField()
    percent = serializers.DecimalField(max_digits=6, decimal_places=2, min_value=-99)


class PolicyWriteSerializer(serializers.Serializer[Any]):
    """A policy, which takes the place of the one that the product has."""

    product_id = serializers.UUIDField(required=False, allow_null=True, default=None)
    reference_channel_id = serializers.UUIDField()
    tolerance_percent = serializers.DecimalField(
        max_digits=6, decimal_places=2, min_value=0, required=False, default=Decimal(0)
    )
    floor_price = serializers.DecimalField(
        max_digits=16, decimal_places=3, min_value=0, required=False, allow_null=True, default=None
    )
    floor_percent_of_cost = serializers.DecimalField(
        max_digits=7, decimal_places=2, min_value=0, required=False, allow_null=True, default=None
    )
    compares_visibility = serializers.BooleanField(required=False, default=True)
    compares_text = serializers.BooleanField(required=False, default=True)
    differences = DifferenceWriteSerializer(many=True, required=False, max_length=200)  # type: ignore[call-arg]
