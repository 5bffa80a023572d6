"""How orders are narrowed."""

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from channels.orders.enums import OrderState, PaymentState, ReturnState
from channels.orders.models import Order, Return
from channels.orders.selectors import orders_meant


class OrderFilter(django_filters.FilterSet):
    """By channel, number, id in the channel, state, payment, member and time, and by what a text may mean."""

    search = django_filters.CharFilter(
        max_length=100,
        method="by_text",
        label=_("How the number begins, or the id of the order or of its customer in the channel."),
    )
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

    def by_text(self, queryset: QuerySet[Order], _name: str, value: str) -> QuerySet[Order]:
        """Find what somebody typed or scanned."""
        return queryset.filter(orders_meant(value))


class ReturnFilter(django_filters.FilterSet):
    """By order, location and state."""

    order_id = django_filters.UUIDFilter()
    location_id = django_filters.UUIDFilter()
    state = django_filters.ChoiceFilter(choices=ReturnState.choices)

    class Meta:
        model = Return
        fields: tuple[str, ...] = ()
