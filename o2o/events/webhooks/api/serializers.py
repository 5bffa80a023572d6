"""Endpoints and deliveries, as they are read and written. A secret is in no answer but that to its making."""

from rest_framework import serializers

from o2o.events.webhooks.enums import Failure
from o2o.events.webhooks.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from o2o.events.webhooks.outcomes import Outcome
from o2o.events.webhooks.replaying import Replayed
from o2o.events.webhooks.services import MOST_EVENT_TYPES, EndpointWithSecret

TYPES = "Types such as order.placed, or prefixes such as order.*; empty means every event."


class WebhookEndpointSerializer(serializers.ModelSerializer[WebhookEndpoint]):
    """An address to which events are sent, and how it does."""

    event_types = serializers.ListField(child=serializers.CharField(), read_only=True, help_text=TYPES)

    class Meta:
        model = WebhookEndpoint
        fields = (
            "id", "url", "description", "event_types", "api_version", "is_enabled", "disabled_reason", "disabled_at",
            "secret_rotated_at", "failing_since", "consecutive_failures", "last_success_at", "last_failure_at",
            "average_milliseconds", "created_at", "updated_at",
        )  # fmt: skip
        read_only_fields = fields


class WebhookEndpointWriteSerializer(serializers.Serializer[WebhookEndpoint]):
    """A new endpoint."""

    url = serializers.CharField(max_length=2000, help_text="https, a name on the internet, no user name in it.")
    event_types = serializers.ListField(
        child=serializers.CharField(max_length=80),
        required=False,
        default=list,
        max_length=MOST_EVENT_TYPES,
        help_text=TYPES,
    )
    description = serializers.CharField(max_length=200, required=False, default="", allow_blank=True)


class WebhookEndpointChangeSerializer(serializers.Serializer[WebhookEndpoint]):
    """What of an endpoint is to change; what is left out stays."""

    url = serializers.CharField(max_length=2000, required=False)
    event_types = serializers.ListField(
        child=serializers.CharField(max_length=80), required=False, max_length=MOST_EVENT_TYPES, help_text=TYPES
    )
    description = serializers.CharField(max_length=200, required=False, allow_blank=True)
    is_enabled = serializers.BooleanField(required=False)


class WebhookEndpointSecretSerializer(serializers.Serializer[EndpointWithSecret]):
    """An endpoint with its new signing secret, which is shown this once."""

    endpoint = WebhookEndpointSerializer()
    secret = serializers.CharField(help_text="whsec_…; store it now: it is shown this once.")


class RotationSerializer(serializers.Serializer[WebhookEndpoint]):
    """How long the old secret signs beside the new one."""

    overlap_hours = serializers.IntegerField(
        min_value=0, max_value=168, default=24, help_text="0 ends the old secret now, as after a leak."
    )


class ReplayRangeSerializer(serializers.Serializer[Replayed]):
    """Which messages of an endpoint to send again: those made from ``since`` until before ``until``."""

    since = serializers.DateTimeField()
    until = serializers.DateTimeField()
    includes_delivered = serializers.BooleanField(
        default=False, help_text="Also those that arrived, for a receiver that lost its data."
    )


class ReplayedSerializer(serializers.Serializer[Replayed]):
    """How many messages will be sent again."""

    count = serializers.IntegerField()
    has_more = serializers.BooleanField(help_text="The range holds more: ask again.")


class TestMessageSerializer(serializers.Serializer[Outcome]):
    """What the receiver answered to a test message."""

    __test__ = False

    is_success = serializers.BooleanField()
    delivery_id = serializers.UUIDField(source="delivery.id")
    status = serializers.IntegerField(allow_null=True)
    error = serializers.ChoiceField(choices=[("", "none"), *Failure.choices], source="failure")
    detail = serializers.CharField()
    milliseconds = serializers.IntegerField()
    response_snippet = serializers.CharField(source="snippet")


class WebhookAttemptSerializer(serializers.ModelSerializer[WebhookAttempt]):
    """One try to hand a message over."""

    class Meta:
        model = WebhookAttempt
        fields = (
            "id",
            "started_at",
            "status",
            "error",
            "detail",
            "address",
            "duration_milliseconds",
            "response_snippet",
        )
        read_only_fields = fields


class WebhookDeliverySerializer(serializers.ModelSerializer[WebhookDelivery]):
    """A message on its way to one endpoint, or arrived, or given up."""

    endpoint_id = serializers.UUIDField(read_only=True)
    message_id = serializers.CharField(read_only=True, help_text="The webhook-id header, the same at every try.")

    class Meta:
        model = WebhookDelivery
        fields = (
            "id", "endpoint_id", "message_id", "event_id", "event_type", "sequence", "state", "tries", "attempt_count",
            "next_attempt_at", "last_status", "last_error", "last_duration_milliseconds", "created_at", "settled_at",
        )  # fmt: skip
        read_only_fields = fields


class WebhookDeliveryDetailSerializer(WebhookDeliverySerializer):
    """A message with its content and the log of its attempts."""

    attempts = WebhookAttemptSerializer(many=True, read_only=True)

    class Meta(WebhookDeliverySerializer.Meta):
        fields = (*WebhookDeliverySerializer.Meta.fields, "body", "response_snippet", "attempts")  # type: ignore[assignment]
        read_only_fields = fields  # type: ignore[assignment]
