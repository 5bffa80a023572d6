"""How fulfilments are narrowed."""

import django_filters

from channels.orders.enums import FulfillmentState, UnroutedQueue
from channels.orders.models import FulfillmentOrder
from channels.stores.enums import FulfillmentMethod


class FulfillmentFilter(django_filters.FilterSet):
    """By order, location, state, method, and the queue in which they wait for a location."""

    order_id = django_filters.UUIDFilter()
    location_id = django_filters.UUIDFilter()
    state = django_filters.MultipleChoiceFilter(choices=FulfillmentState.choices)
    method = django_filters.ChoiceFilter(choices=FulfillmentMethod.choices)
    queue = django_filters.ChoiceFilter(choices=UnroutedQueue.choices)

    class Meta:
        model = FulfillmentOrder
        fields: tuple[str, ...] = ()
