"""Addresses under ``/api/v1/``."""

from channels.orders.api import fulfillment_urls
from channels.orders.api.views import OrderViewSet, ReturnViewSet

routes = [("orders", OrderViewSet), ("returns", ReturnViewSet), *fulfillment_urls.routes]
urlpatterns = fulfillment_urls.urlpatterns
