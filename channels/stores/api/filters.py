"""How locations and special days are narrowed."""

import django_filters

from channels.stores.enums import LocationKind
from channels.stores.models import SpecialDay, StockLocation


class LocationFilter(django_filters.FilterSet):
    """By code, kind, city and whether it works."""

    code = django_filters.CharFilter(max_length=40)
    kind = django_filters.ChoiceFilter(choices=LocationKind.choices)
    city = django_filters.CharFilter(max_length=100)
    is_active = django_filters.BooleanFilter()

    class Meta:
        model = StockLocation
        fields: tuple[str, ...] = ()


class SpecialDayFilter(django_filters.FilterSet):
    """By location and date."""

    location_id = django_filters.UUIDFilter()
    on = django_filters.DateFilter()

    class Meta:
        model = SpecialDay
        fields: tuple[str, ...] = ()
