"""What happens around every request."""

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

GetResponse = Callable[[HttpRequest], HttpResponseBase]


def metrics(get_response: GetResponse) -> GetResponse:
    """Count requests and their time."""
    return get_response
