"""Settings of a developer's machine and of the demo: everything on one computer, nothing secret."""

from o2o.settings.base import *  # noqa: F403

DEBUG = False
SECRET_KEY = "only-for-development-and-the-demo-never-for-real-data"  # noqa: S105
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]", "testserver"]
EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
# Passkeys on http://localhost
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True
# The receiver of the demonstration's webhooks, on this computer.
OUTBOUND_ALLOWED_HOSTS = ["127.0.0.1:8099"]
# Static files come from where they stand; nothing has to be collected.
WHITENOISE_USE_FINDERS = True
STATIC_ROOT = None  # type: ignore[assignment]
