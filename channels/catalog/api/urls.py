"""Addresses under ``/api/v1/``."""

from channels.catalog.api import views

routes = [
    ("categories", views.CategoryViewSet),
    ("products", views.ProductViewSet),
    ("variants", views.VariantViewSet),
    ("listings", views.ListingViewSet),
    ("price_change_requests", views.PriceChangeRequestViewSet),
    ("deviations", views.DeviationViewSet),
]
