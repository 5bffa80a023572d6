"""Routing rules and decisions, as they are read and written."""

from datetime import timedelta
from typing import Any

from rest_framework import serializers

from channels.orders.explaining import sentence
from channels.orders.models import RoutingDecision, RoutingRule
from channels.orders.services.rules import MOST_RULES
from o2o.api.serializers import ReadSerializer


class RoutingRuleSerializer(ReadSerializer[RoutingRule]):
    """A rule: when it applies, which locations may take part, what to aim at."""

    class Meta:
        model = RoutingRule
        fields = ("id", "name", "position", "definition", "is_active", "created_at", "updated_at")


class RoutingRuleChangeSerializer(serializers.Serializer[Any]):
    """What of a rule is to change; what is left out stays."""

    name = serializers.CharField(max_length=100, required=False)
    definition = serializers.JSONField(required=False, help_text="conditions, filters, goals, splitting")
    is_active = serializers.BooleanField(required=False)


class RoutingRuleWriteSerializer(RoutingRuleChangeSerializer):
    """A new rule; it is asked after the others."""

    name = serializers.CharField(max_length=100)
    definition = serializers.JSONField(help_text="conditions, filters, goals, splitting")


class RuleOrderSerializer(serializers.Serializer[Any]):
    """Every rule once, in the order in which they are asked."""

    rule_ids = serializers.ListField(child=serializers.UUIDField(), max_length=MOST_RULES)


class TriedRuleSerializer(serializers.Serializer[Any]):
    """A rule on trial."""

    name = serializers.CharField(max_length=100)
    definition = serializers.JSONField()


class RuleReplaySerializer(serializers.Serializer[Any]):
    """Rules on trial, in their order (left out: those that are saved and active), and the orders to try them on."""

    rules = TriedRuleSerializer(many=True, required=False, max_length=MOST_RULES)
    since = serializers.DateTimeField()
    until = serializers.DateTimeField()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse a stretch that is empty."""
        if attrs["until"] - attrs["since"] <= timedelta(0):
            raise serializers.ValidationError({"until": "Later than since."})
        return attrs


class VerdictSerializer(serializers.Serializer[Any]):
    """Why one location got units, or did not."""

    location_id = serializers.UUIDField()
    name = serializers.CharField()
    outcome = serializers.CharField(help_text="won or lost")
    code = serializers.CharField()
    distance_km = serializers.FloatField(allow_null=True, default=None)
    sentence = serializers.SerializerMethodField()

    def get_sentence(self, verdict: dict[str, Any]) -> str:
        """Return the reason in words, in the language of the request."""
        return sentence(verdict)


class RoutingDecisionSerializer(ReadSerializer[RoutingDecision]):
    """Why an order went where it went."""

    fulfillment_id = serializers.UUIDField(read_only=True, allow_null=True)
    verdicts = serializers.SerializerMethodField()

    class Meta:
        model = RoutingDecision
        fields = ("id", "fulfillment_id", "rule_name", "cause", "decided_at", "verdicts")

    def get_verdicts(self, decision: RoutingDecision) -> VerdictSerializer:
        """Return the verdict on each candidate."""
        return VerdictSerializer(decision.decision.get("verdicts", []), many=True).data  # type: ignore[return-value]
