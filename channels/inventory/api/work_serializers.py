"""Transfers, counts and the self-check as they are read and written by programs."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from channels.inventory.api.serializers import MOST_LINES, MOST_UNITS
from channels.inventory.models import CountLine, CycleCount, StockCheck, TransferLine, TransferOrder
from o2o.api.serializers import ReadSerializer


class TransferLineSerializer(ReadSerializer[TransferLine]):
    """A variant of a transfer. ``difference``: units that arrived or came back beyond those shipped; null before."""

    variant_id = serializers.UUIDField(read_only=True)
    sku = serializers.CharField(source="variant.sku", read_only=True)
    difference = serializers.IntegerField(read_only=True, allow_null=True)

    class Meta:
        model = TransferLine
        fields = (
            "variant_id", "sku", "requested", "shipped", "received", "damaged", "damage_reason", "returned",
            "difference",
        )  # fmt: skip


class TransferSerializer(ReadSerializer[TransferOrder]):
    """Goods on their way."""

    source_id = serializers.UUIDField(read_only=True)
    destination_id = serializers.UUIDField(read_only=True)
    lines = TransferLineSerializer(many=True, read_only=True)

    class Meta:
        model = TransferOrder
        fields = (
            "id", "number", "source_id", "destination_id", "state", "note", "lines", "created_at", "shipped_at",
            "received_at", "returned_at", "cancelled_at",
        )  # fmt: skip


class InTransitSerializer(ReadSerializer[TransferLine]):
    """Units of a variant that have left one location and not arrived at the other."""

    transfer_id = serializers.UUIDField(read_only=True)
    number = serializers.CharField(source="transfer.number", read_only=True)
    source_id = serializers.UUIDField(source="transfer.source_id", read_only=True)
    destination_id = serializers.UUIDField(source="transfer.destination_id", read_only=True)
    variant_id = serializers.UUIDField(read_only=True)
    sku = serializers.CharField(source="variant.sku", read_only=True)
    quantity = serializers.IntegerField(source="shipped", read_only=True)
    shipped_at = serializers.DateTimeField(source="transfer.shipped_at", read_only=True)

    class Meta:
        model = TransferLine
        fields = (
            "id", "transfer_id", "number", "source_id", "destination_id", "variant_id", "sku", "quantity", "shipped_at",
        )  # fmt: skip


class UnitsSerializer(serializers.Serializer[Any]):
    """Units of a variant."""

    variant_id = serializers.UUIDField()
    quantity = serializers.IntegerField(min_value=0, max_value=MOST_UNITS)


class ArrivedSerializer(UnitsSerializer):
    """Units of a variant that arrived: ``quantity`` in good state, and damaged ones beside them."""

    damaged = serializers.IntegerField(min_value=0, max_value=MOST_UNITS, default=0)
    damage_reason = serializers.CharField(
        max_length=200, required=False, default="", allow_blank=True, help_text="Needed where units are damaged."
    )


class WithLines(serializers.Serializer[Any]):
    """A body with lines, each variant once."""

    def validate_lines(self, lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Refuse a variant that stands there twice: nobody could say which figure counts."""
        seen: set[Any] = set()
        for line in lines:
            if line["variant_id"] in seen:
                raise serializers.ValidationError(
                    _("Variant %(id)s stands here twice; add its units up.") % {"id": line["variant_id"]}
                )
            seen.add(line["variant_id"])
        return lines

    def units(self, name: str = "quantity") -> dict[Any, Any] | None:
        """Return a figure of each line by variant, or None where no lines were given."""
        lines = self.validated_data.get("lines")
        return None if lines is None else {line["variant_id"]: line[name] for line in lines}


class TransferWriteSerializer(WithLines):
    """What to send from where to where."""

    source_id = serializers.UUIDField()
    destination_id = serializers.UUIDField()
    lines = UnitsSerializer(many=True, max_length=MOST_LINES, min_length=1)  # type: ignore[call-arg]
    note = serializers.CharField(max_length=200, required=False, default="", allow_blank=True)


class TransferUnitsSerializer(WithLines):
    """What left or came back; without lines everything. Of a variant that is left out there was none."""

    lines = UnitsSerializer(many=True, max_length=MOST_LINES, required=False)  # type: ignore[call-arg]


class TransferArrivedSerializer(WithLines):
    """What arrived; without lines everything that was shipped. A variant that is left out did not arrive."""

    lines = ArrivedSerializer(many=True, max_length=MOST_LINES, required=False)  # type: ignore[call-arg]


class CountLineSerializer(ReadSerializer[CountLine]):
    """A variant of a count; what is expected is told to nobody while it is counted."""

    variant_id = serializers.UUIDField(read_only=True)
    sku = serializers.CharField(source="variant.sku", read_only=True)

    class Meta:
        model = CountLine
        fields = ("id", "variant_id", "sku", "counted", "recounted", "needs_recount", "counted_at", "is_accepted")


class CountSummarySerializer(ReadSerializer[CycleCount]):
    """A stock count in a list: without its lines, of which a count may have as many as the location has variants."""

    location_id = serializers.UUIDField(read_only=True)

    class Meta:
        model = CycleCount
        fields: tuple[str, ...] = (
            "id", "number", "location_id", "state", "reason", "recount_above", "created_at", "posted_at",
        )  # fmt: skip


class CountSerializer(CountSummarySerializer):
    """A stock count with its lines."""

    lines = CountLineSerializer(many=True, read_only=True)

    class Meta(CountSummarySerializer.Meta):
        fields = (*CountSummarySerializer.Meta.fields, "lines")


class CountWriteSerializer(serializers.Serializer[Any]):
    """Where and what to count; without variants everything that the location has, of a category where one is given."""

    location_id = serializers.UUIDField()
    variant_ids = serializers.ListField(
        child=serializers.UUIDField(), required=False, allow_null=True, default=None, max_length=10_000
    )
    category_id = serializers.UUIDField(required=False, allow_null=True, default=None)
    reason = serializers.CharField(max_length=200, required=False, default="", allow_blank=True)
    recount_above = serializers.IntegerField(min_value=0, max_value=MOST_UNITS, default=0)


class CountRecordSerializer(WithLines):
    """What was found."""

    lines = UnitsSerializer(many=True, max_length=MOST_LINES, min_length=1)  # type: ignore[call-arg]


class CountLinesSerializer(serializers.Serializer[Any]):
    """Lines of a count."""

    line_ids = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=10_000)


class ReviewSerializer(CountLinesSerializer):
    """A word on lines."""

    is_accepted = serializers.BooleanField()


class DifferenceSerializer(serializers.Serializer[Any]):
    """A line that differs, and what posting it would do now.

    ``value`` is the difference at cost, null where no cost is known. ``is_void``: the stock was adjusted after the line
    was counted, so it must be counted again or refused. ``lacking``: units by which promises would be broken.
    """

    line_id = serializers.UUIDField(source="line.pk")
    variant_id = serializers.UUIDField(source="line.variant_id")
    sku = serializers.CharField(source="line.variant.sku")
    expected = serializers.IntegerField(source="line.expected")
    counted = serializers.IntegerField(source="line.counted")
    recounted = serializers.IntegerField(source="line.recounted", allow_null=True)
    variance = serializers.IntegerField()
    value = serializers.DecimalField(max_digits=20, decimal_places=4, allow_null=True)
    on_hand = serializers.IntegerField()
    after = serializers.IntegerField()
    promised = serializers.IntegerField()
    lacking = serializers.IntegerField()
    is_void = serializers.BooleanField()
    is_accepted = serializers.BooleanField(source="line.is_accepted", allow_null=True)


class DifferencesSerializer(serializers.Serializer[Any]):
    """What a count found, the costliest difference first."""

    results = DifferenceSerializer(many=True)


class PostedSerializer(serializers.Serializer[Any]):
    """How many units changed, up and down together."""

    variance = serializers.IntegerField()


class StockCheckSerializer(ReadSerializer[StockCheck]):
    """A counter of a level that the daily self-check found to be wrong."""

    level_id = serializers.UUIDField(read_only=True)

    class Meta:
        model = StockCheck
        fields = ("id", "level_id", "counter", "found", "expected", "is_repaired", "created_at")
