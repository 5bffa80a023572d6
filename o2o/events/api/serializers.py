"""Events, deliveries and the audit trail, as they are read."""

from rest_framework import serializers

from o2o.events.audit import AuditEntry
from o2o.events.models import EventDelivery, OutboxEvent


class EventSerializer(serializers.ModelSerializer[OutboxEvent]):
    """Something that happened to one thing."""

    payload = serializers.DictField(child=serializers.JSONField(), read_only=True, help_text="By type and version.")

    class Meta:
        model = OutboxEvent
        fields = (
            "id", "position", "event_type", "version", "aggregate_type", "aggregate_id", "payload", "occurred_at",
            "published_at", "request_id",
        )  # fmt: skip
        read_only_fields = fields


class DeadLetterSerializer(serializers.ModelSerializer[EventDelivery]):
    """An event that a subscriber could not take in."""

    event = EventSerializer(read_only=True)

    class Meta:
        model = EventDelivery
        fields = ("id", "subscriber", "state", "attempts", "last_error", "settled_at", "event")
        read_only_fields = fields


class AuditEntrySerializer(serializers.Serializer[AuditEntry]):
    """A change of one row: what, when, by whom, from where, in which request."""

    id = serializers.CharField()
    at = serializers.DateTimeField()
    act = serializers.ChoiceField(choices=["created", "changed", "deleted"])
    kind = serializers.CharField(help_text="Such as tenancy.membership.")
    object_id = serializers.CharField()
    actor_kind = serializers.CharField()
    actor_id = serializers.CharField()
    actor_label = serializers.CharField()
    address = serializers.CharField()
    request_id = serializers.CharField()
    row = serializers.DictField(
        child=serializers.JSONField(), help_text="As it became, or as it was before it was deleted."
    )


class AuditPageSerializer(serializers.Serializer[None]):
    """Entries, the newest first."""

    results = AuditEntrySerializer(many=True)
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
