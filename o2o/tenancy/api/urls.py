"""Addresses under ``/api/v1/``."""

from django.urls import path

from o2o.tenancy.api.views import MerchantView, StaffViewSet

urlpatterns = [path("merchant", MerchantView.as_view(), name="merchant")]
routes = [("staff", StaffViewSet)]
