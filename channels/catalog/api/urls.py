"""Addresses under ``/api/v1/``."""

from channels.catalog.api import image_views, listing_views, monitor_views, views

routes = [
    ("categories", views.CategoryViewSet),
    ("products", views.ProductViewSet),
    ("product_images", image_views.ProductImageViewSet),
    ("variants", views.VariantViewSet),
    ("listings", listing_views.ListingViewSet),
    ("price_cycles", listing_views.PriceCycleViewSet),
    ("price_change_requests", monitor_views.PriceChangeRequestViewSet),
    ("deviations", monitor_views.DeviationViewSet),
    ("consistency_policies", monitor_views.PolicyViewSet),
]
