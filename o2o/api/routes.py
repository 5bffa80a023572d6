"""Every route of the API with the view behind it, for checks and for tests that walk all of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from o2o.api.policy import Rule, rule_for

PREFIX = "api/"


@dataclass(frozen=True, slots=True)
class Route:
    """A method at an address, and what answers it."""

    method: str
    path: str
    name: str
    view: Any
    action: str | None

    @property
    def rule(self) -> Rule:
        """What the route demands of its caller. Raises ``UndeclaredPolicyError``."""
        return rule_for(self.view, self.method, self.action)


def api_patterns() -> Iterator[tuple[str, URLPattern]]:
    """Yield every pattern under ``/api/`` with its whole path."""
    yield from _walk(get_resolver().url_patterns, "")


def routes() -> Iterator[Route]:
    """Yield each method of each API view; views that are not of REST framework are left out."""
    for path, pattern in api_patterns():
        view = getattr(pattern.callback, "cls", None)
        if view is None:
            continue
        actions: dict[str, str] | None = getattr(pattern.callback, "actions", None)
        for method in list(actions or ()) or [name for name in view.http_method_names if hasattr(view, name)]:
            if method not in ("head", "options"):
                yield Route(method.upper(), f"/{path}", pattern.name or "", view, (actions or {}).get(method))


def _walk(patterns: list[URLPattern | URLResolver], prefix: str) -> Iterator[tuple[str, URLPattern]]:
    for each in patterns:
        path = prefix + str(each.pattern)
        if isinstance(each, URLResolver):
            if path.startswith(PREFIX) or PREFIX.startswith(path):
                yield from _walk(each.url_patterns, path)
        elif path.startswith(PREFIX):
            yield path, each
