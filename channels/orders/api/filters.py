"""How orders are narrowed."""

import django_filters
from django.db.models import QuerySet

from channels.orders.enums import FulfillmentState, OrderState, PaymentState, ReturnState, UnroutedQueue
from channels.orders.models import FulfillmentOrder, Order, Return


class OrderFilter(django_filters.FilterSet):
    """By channel, number, id in the channel, state, payment, member and time."""

    channel_id = django_filters.UUIDFilter()
    number = django_filters.CharFilter(max_length=60)
    external_id = django_filters.CharFilter(max_length=100)
    state = django_filters.ChoiceFilter(choices=OrderState.choices)
    payment_state = django_filters.ChoiceFilter(choices=PaymentState.choices)
    member_id = django_filters.UUIDFilter()
    location_id = django_filters.UUIDFilter()
    placed_since = django_filters.IsoDateTimeFilter(field_name="placed_at", lookup_expr="gte")
    placed_until = django_filters.IsoDateTimeFilter(field_name="placed_at", lookup_expr="lt")

    class Meta:
        model = Order
        fields: tuple[str, ...] = ()


class FulfillmentFilter(django_filters.FilterSet):
    """By order, location, state and queue."""

    order_id = django_filters.UUIDFilter()
    location_id = django_filters.UUIDFilter()
    state = django_filters.ChoiceFilter(choices=FulfillmentState.choices)
    queue = django_filters.ChoiceFilter(choices=UnroutedQueue.choices)
    is_waiting = django_filters.BooleanFilter(method="by_waiting")

    class Meta:
        model = FulfillmentOrder
        fields: tuple[str, ...] = ()

    def by_waiting(self, queryset: QuerySet[FulfillmentOrder], _name: str, value: bool) -> QuerySet[FulfillmentOrder]:
        """Narrow to what waits for a location, or to what has one."""
        return queryset.filter(location__isnull=value, **({"state": FulfillmentState.OPEN} if value else {}))


class ReturnFilter(django_filters.FilterSet):
    """By order, location and state."""

    order_id = django_filters.UUIDFilter()
    location_id = django_filters.UUIDFilter()
    state = django_filters.ChoiceFilter(choices=ReturnState.choices)

    class Meta:
        model = Return
        fields: tuple[str, ...] = ()
