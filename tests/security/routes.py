"""The routes of the API as the URL configuration has them, so that no new one is forgotten."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from o2o.api.policy import Rule, rule_for

PREFIX = "api/v1/"


@dataclass(frozen=True)
class Route:
    """One method of one address, and who may call it."""

    method: str
    template: str
    view: type
    action: str | None
    rule: Rule

    @property
    def is_detail(self) -> bool:
        return "{id}" in self.template

    def address(self, pk: object = "") -> str:
        return self.template.format(id=pk)

    def __str__(self) -> str:
        return f"{self.method.upper()} {self.template}"


def api_routes() -> list[Route]:
    """Return every route under ``/api/v1/``."""
    return [route for pattern, template in _patterns(get_resolver()) for route in _routes_of(pattern, template)]


def _patterns(resolver: URLResolver, prefix: str = "") -> Iterator[tuple[URLPattern, str]]:
    for entry in resolver.url_patterns:
        whole = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            if whole.startswith(PREFIX) or PREFIX.startswith(whole):
                yield from _patterns(entry, whole)
        elif whole.startswith(PREFIX):
            yield entry, "/" + whole.replace("<uuid:pk>", "{id}").replace("<uuid:id>", "{id}")


def _routes_of(pattern: URLPattern, template: str) -> Iterator[Route]:
    callback: Any = pattern.callback
    view = getattr(callback, "cls", None) or callback.view_class
    actions = getattr(callback, "actions", None)
    methods = actions or {name: None for name in view.http_method_names if hasattr(view, name)}
    for method, action in methods.items():
        if method != "head":
            yield Route(method, template, view, action, rule_for(view, method, action))
