"""Addresses under ``/api/v1/``."""

from channels.stores.api.views import SalesChannelViewSet, SpecialDayViewSet, StockLocationViewSet

routes = [
    ("sales_channels", SalesChannelViewSet),
    ("stock_locations", StockLocationViewSet),
    ("special_days", SpecialDayViewSet),
]
