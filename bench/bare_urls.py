"""Views of the baselines."""

from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.http import HttpRequest, JsonResponse
from django.urls import path
from rest_framework import generics, serializers


def hello(_request: HttpRequest) -> JsonResponse:
    """Answer without the database."""
    return JsonResponse({"hello": "world"})


class ContentTypeSerializer(serializers.ModelSerializer[ContentType]):
    """A row of a table without tenants."""

    class Meta:
        model = ContentType
        fields = ("id", "app_label", "model")


class ReadView(generics.RetrieveAPIView[Any]):
    """Reads one row as REST framework does when nobody adds anything; the request is one transaction."""

    authentication_classes = ()
    permission_classes = ()
    throttle_classes = ()
    queryset = ContentType.objects.all()
    serializer_class = ContentTypeSerializer


urlpatterns = [path("hello", hello), path("read/<int:pk>", ReadView.as_view())]
