"""Input of a request, checked."""

from typing import Any

from rest_framework.request import Request
from rest_framework.serializers import Serializer


def checked(serializer: type[Serializer[Any]], request: Request) -> Any:
    """Return a serializer whose input is valid. Raises ``ValidationError``."""
    body = serializer(data=request.data)
    body.is_valid(raise_exception=True)
    return body
