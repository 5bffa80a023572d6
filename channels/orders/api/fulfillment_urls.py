"""Addresses of fulfilment and routing under ``/api/v1/``; ``urls`` collects them."""

from typing import Any

from django.urls import path

from channels.orders.api.fulfillment_views import FulfillmentViewSet
from channels.orders.api.policy_views import AcceptancePolicyViewSet
from channels.orders.api.replay_views import RuleReplayViewSet
from channels.orders.api.routing_views import OrderRoutingView, RoutingRuleViewSet

routes: list[tuple[str, Any]] = [
    ("fulfillments", FulfillmentViewSet),
    ("routing_rules", RoutingRuleViewSet),
    ("rule_replays", RuleReplayViewSet),
    ("acceptance_policies", AcceptancePolicyViewSet),
]
urlpatterns = [path("orders/<uuid:pk>/routing", OrderRoutingView.as_view(), name="orders-routing")]
