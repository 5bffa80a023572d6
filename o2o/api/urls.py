"""Everything under ``/api/``.

Each app that has ``<app>/api/urls.py`` is found there: ``routes`` are ``(prefix, view set)`` pairs and ``urlpatterns``
are paths, both under ``/api/v1/``; ``root_urlpatterns`` are paths directly under ``/api/``.
"""

from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

from django.apps import apps
from django.urls import URLPattern, URLResolver, include, path
from rest_framework.routers import SimpleRouter

from o2o.api import pages

PACKAGES = ("o2o", "customers", "channels", "campaigns", "analytics")


def _modules() -> list[ModuleType]:
    names = [
        f"{config.name}.api.urls"
        for config in apps.get_app_configs()
        if config.name.partition(".")[0] in PACKAGES and find_spec(f"{config.name}.api")
    ]
    return [import_module(name) for name in names if find_spec(name)]


def _versioned(modules: list[ModuleType]) -> list[URLPattern | URLResolver]:
    router = SimpleRouter(trailing_slash=False, use_regex_path=False)
    patterns: list[URLPattern | URLResolver] = []
    for module in modules:
        for prefix, viewset in getattr(module, "routes", ()):
            router.register(prefix, viewset, basename=prefix.replace("/", "-"))
        patterns += getattr(module, "urlpatterns", ())
    return [*patterns, *router.urls]


_found = _modules()

urlpatterns: list[URLPattern | URLResolver] = [
    path("schema/", pages.schema, name="api-schema"),
    path("docs/", pages.documentation, name="api-docs"),
    path("v1/", include((_versioned(_found), "v1"))),
    *(pattern for module in _found for pattern in getattr(module, "root_urlpatterns", ())),
]
