"""Rules tried on past orders, as they are asked for and read."""

from typing import Any

from django.utils.functional import cached_property
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from channels.orders.enums import ReplayPeriod, ReplayStanding
from channels.orders.models import RuleReplay
from channels.orders.selectors import rules_of_now, standing_of
from channels.stores.enums import FulfillmentMethod
from o2o.kit.jobs.api.serializers import JobSerializer


class RuleTrialSerializer(serializers.Serializer[Any]):
    """A rule on trial: a new one, or (with ``rule_id``) in the place of one that is saved."""

    name = serializers.CharField(max_length=100)
    definition = serializers.JSONField(help_text="when, only, prefer, split, max_parts")
    position = serializers.IntegerField(min_value=0, max_value=32_767, default=100)
    is_active = serializers.BooleanField(default=True)
    rule_id = serializers.UUIDField(required=False, allow_null=True, default=None)
    days = serializers.ChoiceField(
        ReplayPeriod.choices,
        default=ReplayPeriod.MONTH,
        help_text="The orders of the last so many days, of more than 20,000 the newest.",
    )


class FiguresSerializer(serializers.Serializer[Any]):
    """What came of all orders under some rules."""

    split = serializers.IntegerField(help_text="Orders in several parcels.")
    parcels = serializers.IntegerField(help_text="Parcels in all.")
    unrouted = serializers.IntegerField(help_text="Orders of which something waits.")
    mean_km = serializers.FloatField(allow_null=True, help_text="From the location to the customer, by parcel.")
    p90_km = serializers.FloatField(allow_null=True, help_text="Nine of ten parcels go no farther.")
    emptied = serializers.IntegerField(help_text="Stocks of a variant at a location that were used up.")


class ShareSerializer(serializers.Serializer[Any]):
    """What one location would get of an order."""

    location_id = serializers.UUIDField()
    name = serializers.CharField()
    units = serializers.IntegerField()


class ChangeSerializer(serializers.Serializer[Any]):
    """An order that would go elsewhere."""

    order_id = serializers.UUIDField()
    number = serializers.CharField()
    method = serializers.ChoiceField(FulfillmentMethod.choices)
    placed_at = serializers.DateTimeField()
    before = ShareSerializer(many=True, help_text="By the rules without the one on trial.")
    after = ShareSerializer(many=True, help_text="With the one on trial.")
    waits_before = serializers.IntegerField(help_text="Units that wait for a location.")
    waits_after = serializers.IntegerField()


class ReplayResultSerializer(serializers.Serializer[Any]):
    """Past orders under the rules as they were, and with the one on trial."""

    orders = serializers.IntegerField(help_text="Orders with goods that the catalog knows.")
    changed = serializers.IntegerField()
    before = FiguresSerializer()
    after = FiguresSerializer()
    samples = ChangeSerializer(many=True, help_text="The first 50 orders that would go elsewhere.")


class RuleReplaySummarySerializer(serializers.ModelSerializer[RuleReplay]):
    """A rule that was tried on past orders, and its job."""

    rule_id = serializers.UUIDField(read_only=True, allow_null=True)
    job = JobSerializer(read_only=True, allow_null=True)
    standing = serializers.SerializerMethodField()

    class Meta:
        model = RuleReplay
        fields: tuple[str, ...] = (
            "id", "rule_id", "name", "definition", "position", "is_active", "days", "since", "until", "standing",
            "job", "created_at", "finished_at",
        )  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(serializers.ChoiceField(ReplayStanding.choices))
    def get_standing(self, replay: RuleReplay) -> str:
        """Say whether this is the rule as it is saved now."""
        return standing_of(replay, self._rules).value

    @cached_property
    def _rules(self) -> list[dict[str, Any]]:
        return rules_of_now()


class RuleReplaySerializer(RuleReplaySummarySerializer):
    """A rule that was tried on past orders: its job, and once that is over its result."""

    result = ReplayResultSerializer(read_only=True, allow_null=True, help_text="Null until the job has succeeded.")

    class Meta(RuleReplaySummarySerializer.Meta):
        fields = (*RuleReplaySummarySerializer.Meta.fields, "result")
        read_only_fields = fields
