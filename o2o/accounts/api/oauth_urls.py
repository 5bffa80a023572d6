"""The token endpoint, and nothing else of OAuth."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
