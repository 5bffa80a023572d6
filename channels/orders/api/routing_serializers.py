"""Routing rules and decisions, as they are read and written."""

from typing import Any

from rest_framework import serializers

from channels.orders.explaining import sentence
from channels.orders.models import RoutingDecision, RoutingRule
from o2o.api.serializers import ReadSerializer


class RoutingRuleSerializer(ReadSerializer[RoutingRule]):
    """A rule: when it applies, which locations may take part, what to aim at."""

    class Meta:
        model = RoutingRule
        fields = ("id", "name", "position", "definition", "is_active", "created_at", "updated_at")


class RoutingRuleChangeSerializer(serializers.Serializer[Any]):
    """What of a rule is to change; what is left out stays."""

    name = serializers.CharField(max_length=100, required=False)
    definition = serializers.JSONField(required=False, help_text="when, only, prefer, split, max_parts")
    position = serializers.IntegerField(min_value=0, max_value=32_767, required=False, help_text="A lower one first.")
    is_active = serializers.BooleanField(required=False)


class RoutingRuleWriteSerializer(RoutingRuleChangeSerializer):
    """A new rule; it is asked after the others."""

    name = serializers.CharField(max_length=100)
    definition = serializers.JSONField(help_text="when, only, prefer, split, max_parts")


class RuleOrderSerializer(serializers.Serializer[Any]):
    """Every rule once, in the order in which they are asked."""

    rule_ids = serializers.ListField(child=serializers.UUIDField(), max_length=500)


class VerdictSerializer(serializers.Serializer[Any]):
    """Why one location got units, or did not."""

    location_id = serializers.UUIDField()
    name = serializers.CharField()
    outcome = serializers.CharField(help_text="won or lost")
    code = serializers.CharField()
    figures = serializers.JSONField(default=dict)
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
