"""The language that a browser speaks."""

from typing import TypeVar

from django.conf import settings
from django.http import HttpResponse

Answer = TypeVar("Answer", bound=HttpResponse)


def with_language(response: Answer, language: str) -> Answer:
    """Let this browser speak a language from now on; leave it as it is where that is none of ours."""
    if language in dict(settings.LANGUAGES):
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            language,
            max_age=365 * 24 * 3600,
            secure=settings.SESSION_COOKIE_SECURE,
            samesite="Lax",
        )
    return response
