"""Settings of the test suite; ``tests/database.py`` starts the servers and makes the databases."""

from o2o.settings.base import *  # noqa: F403

SECRET_KEY = "only-for-tests"  # noqa: S105
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", "o2o.accounts.hashers.RandomSecretHasher"]
# The courtesy limits count in the cache, which outlives a test.
ACCOUNT_RATE_LIMITS = False
MFA_RATE_LIMITS = False
# Static files come from where they stand; nothing has to be collected.
WHITENOISE_USE_FINDERS = True
