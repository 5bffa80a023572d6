"""Addresses under ``/api/v1/``."""

from django.urls import path

from channels.inventory.api import count_views, views, work_views

routes = [
    ("stock_levels", views.StockLevelViewSet),
    ("stock_movements", views.StockMovementViewSet),
    ("holds", views.HoldViewSet),
    ("channel_quotas", views.ChannelQuotaViewSet),
    ("transfers", work_views.TransferViewSet),
    ("goods_in_transit", work_views.InTransitViewSet),
    ("stock_counts", count_views.StockCountViewSet),
    ("stock_checks", count_views.StockCheckViewSet),
]
urlpatterns = [
    path("availability", views.AvailabilityView.as_view(), name="availability"),
    path("availability/explain", views.ExplainAvailabilityView.as_view(), name="availability-explain"),
    path("stock_receipts", views.ReceiptView.as_view(), name="stock-receipts"),
    path("stock_adjustments", views.AdjustmentView.as_view(), name="stock-adjustments"),
    path("sold_out", views.SoldOutView.as_view(), name="sold-out"),
]
