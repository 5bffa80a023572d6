"""How the delivery log is narrowed."""

import django_filters

from o2o.events.webhooks.enums import WebhookState
from o2o.events.webhooks.models import WebhookDelivery


class DeliveryFilter(django_filters.FilterSet):
    """By endpoint, state (``dead`` are the dead letters), type and event."""

    endpoint_id = django_filters.UUIDFilter()
    event_id = django_filters.UUIDFilter()
    event_type = django_filters.CharFilter(max_length=80)
    state = django_filters.ChoiceFilter(choices=WebhookState.choices)

    class Meta:
        model = WebhookDelivery
        fields: tuple[str, ...] = ()
