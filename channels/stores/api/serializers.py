"""Channels, locations and hours, as they are read and written."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from channels.stores.enums import ChannelKind, FulfillmentMethod, LocationKind, Weekday
from channels.stores.hours import Period
from channels.stores.models import ChannelLocation, OpeningPeriod, SalesChannel, SpecialDay, StockLocation
from o2o.api.serializers import ReadSerializer

CLOCK = "%H:%M"


class SalesChannelSerializer(ReadSerializer[SalesChannel]):
    """A channel."""

    class Meta:
        model = SalesChannel
        fields = ("id", "code", "name", "kind", "currency", "is_active", "created_at", "updated_at")


class SalesChannelChangeSerializer(serializers.Serializer[SalesChannel]):
    """What of a channel is to change; what is left out stays."""

    name = serializers.CharField(max_length=100, required=False)
    kind = serializers.ChoiceField(choices=ChannelKind.choices, required=False)
    currency = serializers.CharField(max_length=3, required=False)
    is_active = serializers.BooleanField(required=False)


class SalesChannelWriteSerializer(serializers.Serializer[SalesChannel]):
    """A new channel."""

    code = serializers.SlugField(max_length=40)
    name = serializers.CharField(max_length=100)
    kind = serializers.ChoiceField(choices=ChannelKind.choices)
    currency = serializers.CharField(max_length=3)


class ChannelLocationSerializer(ReadSerializer[ChannelLocation]):
    """That a location serves a channel."""

    location_id = serializers.UUIDField(read_only=True)

    class Meta:
        model = ChannelLocation
        fields = ("location_id", "priority")


class ServedBySerializer(serializers.Serializer[Any]):
    """A location and its place in the order; the lower priority goes first."""

    location_id = serializers.UUIDField()
    priority = serializers.IntegerField(min_value=0, max_value=32767, default=100)


class ServedByListSerializer(serializers.Serializer[Any]):
    """All locations that serve a channel."""

    locations = ServedBySerializer(many=True, max_length=10_000)  # type: ignore[call-arg]


class StockLocationSerializer(ReadSerializer[StockLocation]):
    """A store or warehouse."""

    class Meta:
        model = StockLocation
        fields = (
            "id", "code", "name", "kind", "is_active", "country", "region", "city", "postal_code", "street", "phone",
            "latitude", "longitude", "time_zone", "day_starts_at", "methods", "daily_order_capacity",
            "preparation_minutes", "pickup_days", "pickup_extension_days", "created_at", "updated_at",
        )  # fmt: skip


class StockLocationChangeSerializer(serializers.Serializer[StockLocation]):
    """What of a location is to change; what is left out stays."""

    name = serializers.CharField(max_length=100, required=False)
    kind = serializers.ChoiceField(choices=LocationKind.choices, required=False)
    country = serializers.CharField(max_length=2, required=False, allow_blank=True)
    region = serializers.CharField(max_length=100, required=False, allow_blank=True)
    city = serializers.CharField(max_length=100, required=False, allow_blank=True)
    postal_code = serializers.CharField(max_length=20, required=False, allow_blank=True)
    street = serializers.CharField(max_length=200, required=False, allow_blank=True)
    phone = serializers.CharField(max_length=40, required=False, allow_blank=True)
    latitude = serializers.FloatField(min_value=-90, max_value=90, required=False, allow_null=True)
    longitude = serializers.FloatField(min_value=-180, max_value=180, required=False, allow_null=True)
    time_zone = serializers.CharField(max_length=64, required=False)
    day_starts_at = serializers.TimeField(required=False)
    methods = serializers.MultipleChoiceField(choices=FulfillmentMethod.choices, required=False)
    daily_order_capacity = serializers.IntegerField(
        min_value=0, max_value=2_000_000_000, required=False, allow_null=True
    )
    preparation_minutes = serializers.IntegerField(min_value=0, max_value=10_000, required=False)
    pickup_days = serializers.IntegerField(min_value=0, max_value=365, required=False)
    pickup_extension_days = serializers.IntegerField(min_value=0, max_value=365, required=False)


class StockLocationWriteSerializer(StockLocationChangeSerializer):
    """A new location."""

    code = serializers.CharField(max_length=40)
    name = serializers.CharField(max_length=100)
    kind = serializers.ChoiceField(choices=LocationKind.choices)
    time_zone = serializers.CharField(max_length=64)


class OpeningPeriodSerializer(ReadSerializer[OpeningPeriod]):
    """Hours of a weekday."""

    opens_at = serializers.TimeField(format=CLOCK, read_only=True)
    closes_at = serializers.TimeField(format=CLOCK, read_only=True)

    class Meta:
        model = OpeningPeriod
        fields = ("weekday", "opens_at", "closes_at")


class PeriodWriteSerializer(serializers.Serializer[Any]):
    """Hours of a weekday; one that ends before it begins runs past midnight."""

    weekday = serializers.ChoiceField(choices=Weekday.choices)
    opens_at = serializers.TimeField()
    closes_at = serializers.TimeField()


class OpeningHoursSerializer(serializers.Serializer[Any]):
    """All weekly hours of a location; an empty list: it never closes."""

    periods = PeriodWriteSerializer(many=True, max_length=100)  # type: ignore[call-arg]

    def week(self) -> dict[int, list[Period]]:
        """Return the hours by weekday."""
        week: dict[int, list[Period]] = {}
        for row in self.validated_data["periods"]:
            week.setdefault(int(row["weekday"]), []).append(Period(row["opens_at"], row["closes_at"]))
        return week


class SpecialDaySerializer(ReadSerializer[SpecialDay]):
    """A date with hours of its own."""

    location_id = serializers.UUIDField(read_only=True, allow_null=True)
    opens_at = serializers.TimeField(format=CLOCK, read_only=True, allow_null=True)
    closes_at = serializers.TimeField(format=CLOCK, read_only=True, allow_null=True)

    class Meta:
        model = SpecialDay
        fields = ("id", "location_id", "on", "name", "opens_at", "closes_at")


class SpecialDaysSerializer(serializers.Serializer[Any]):
    """The dates that were given hours."""

    results = SpecialDaySerializer(many=True, read_only=True)


class SpecialDayWriteSerializer(serializers.Serializer[Any]):
    """Dates with hours of their own; without hours they are closed."""

    days = serializers.ListField(child=serializers.DateField(), min_length=1, max_length=400)
    name = serializers.CharField(max_length=100, required=False, default="", allow_blank=True)
    location_id = serializers.UUIDField(required=False, allow_null=True, default=None)
    opens_at = serializers.TimeField(required=False, allow_null=True, default=None)
    closes_at = serializers.TimeField(required=False, allow_null=True, default=None)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Demand both hours or neither."""
        if (attrs["opens_at"] is None) != (attrs["closes_at"] is None):
            raise serializers.ValidationError(_("Give both hours, or neither for a closed day."))
        return attrs

    def hours(self) -> Period | None:
        """Return the hours, or None for a closed day."""
        data = self.validated_data
        return None if data["opens_at"] is None else Period(data["opens_at"], data["closes_at"])


class OpenSerializer(serializers.Serializer[Any]):
    """Whether a location is open at an instant."""

    at = serializers.DateTimeField()
    is_open = serializers.BooleanField()
    opens_at = serializers.DateTimeField(allow_null=True, help_text="The next opening; null while it is open.")
    closes_at = serializers.DateTimeField(allow_null=True)
