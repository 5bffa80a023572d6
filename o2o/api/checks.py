"""Checks of the API: every route says who may call it."""

from collections.abc import Iterator
from typing import Any

from django.core import checks

from o2o.api.policy import UndeclaredPolicyError
from o2o.api.routes import Route, api_patterns, routes
from o2o.api.views import ScopedView


@checks.register("api")
def each_route_declares_its_policy(**_: Any) -> list[checks.CheckMessage]:
    """Refuse routes under ``/api/`` without a policy, or that do not go through the base view."""
    return [*_bare_views(), *(fault for route in routes() for fault in _faults(route))]


def _bare_views() -> Iterator[checks.CheckMessage]:
    for path, pattern in api_patterns():
        callback = pattern.callback
        if not hasattr(callback, "cls") and not getattr(callback, "is_public_page", False):
            yield checks.Error(
                f"/{path} is answered by {callback.__module__}.{callback.__qualname__}, which declares no policy.",
                hint="Derive it from o2o.api.views.MerchantAPIView, or mark it with o2o.api.pages.public_page.",
                id="o2o.api.E002",
            )


def _faults(route: Route) -> Iterator[checks.CheckMessage]:
    try:
        declared = route.rule
    except UndeclaredPolicyError as error:
        yield checks.Error(
            f"{route.method} {route.path}: {error}",
            hint='Declare policy = {"list": Capability.…} (see o2o.api.policy).',
            id="o2o.api.E001",
        )
        return
    if not issubclass(route.view, ScopedView):
        yield checks.Error(
            f"{route.method} {route.path} declares {declared} but is not a MerchantAPIView, so that nothing reads it.",
            id="o2o.api.E003",
        )
