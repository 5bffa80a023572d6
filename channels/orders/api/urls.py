"""Addresses under ``/api/v1/``."""

from channels.orders.api import fulfillment_views, views

routes = [
    ("orders", views.OrderViewSet),
    ("returns", views.ReturnViewSet),
    ("fulfillments", fulfillment_views.FulfillmentViewSet),
    ("routing_rules", fulfillment_views.RoutingRuleViewSet),
    ("acceptance_policies", fulfillment_views.AcceptancePolicyViewSet),
]
