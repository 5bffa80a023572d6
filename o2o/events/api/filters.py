"""How the lists of events and dead letters are narrowed."""

import django_filters

from o2o.events.models import EventDelivery, OutboxEvent


class EventFilter(django_filters.FilterSet):
    """By type, thing and time."""

    event_type = django_filters.CharFilter(max_length=80)
    aggregate_type = django_filters.CharFilter(max_length=40)
    aggregate_id = django_filters.UUIDFilter()
    since = django_filters.IsoDateTimeFilter(field_name="occurred_at", lookup_expr="gte")
    until = django_filters.IsoDateTimeFilter(field_name="occurred_at", lookup_expr="lt")

    class Meta:
        model = OutboxEvent
        fields: tuple[str, ...] = ()


class DeadLetterFilter(django_filters.FilterSet):
    """By subscriber and type."""

    subscriber = django_filters.CharFilter(max_length=80)
    event_type = django_filters.CharFilter(field_name="event__event_type", max_length=80)

    class Meta:
        model = EventDelivery
        fields: tuple[str, ...] = ()
