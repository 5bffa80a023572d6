"""The baselines of ``bench/http.py``: WSGI alone, Django alone, REST framework alone; and the latter two's settings."""

from collections.abc import Callable, Iterable
from typing import Any

from o2o.settings.development import *  # noqa: F403

# It writes the Content-Length, without which answers come in chunks.
MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "rest_framework"]
AUTH_USER_MODEL = "auth.User"
REST_FRAMEWORK = {"UNAUTHENTICATED_USER": None, "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"]}
ROOT_URLCONF = "bench.bare_urls"
ALLOWED_HOSTS = ["*"]


def application(_environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer without any framework."""
    body = b'{"hello": "world"}'
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]
