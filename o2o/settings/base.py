"""What is true on every installation."""

from datetime import timedelta
from typing import Any

import environ
from django.utils.translation import gettext_lazy as _

from o2o.settings import security
from o2o.settings.environment import BASE_DIR, data_folder, env, optional_secret, secret, service_url
from o2o.settings.logging import logging_config

ROOT_URLCONF = "o2o.urls"
WSGI_APPLICATION = "o2o.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
APPEND_SLASH = True

INSTALLED_APPS = [
    # unfold replaces templates of the admin, so it comes first
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "o2o.console",
    "django.contrib.admin.apps.SimpleAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "django.contrib.staticfiles",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "axes",
    "oauth2_provider",
    "csp",
    "pgtrigger",
    "pghistory",
    "django_structlog",
    "o2o.kit",
    "o2o.tenancy",
    "o2o.kit.jobs",
    "o2o.accounts",
    "o2o.events",
    "o2o.api",
    "o2o.imports",
    "channels.stores",
    "channels.catalog",
    "channels.inventory",
    "channels.orders",
]

MIDDLEWARE = [
    "o2o.api.middleware.metrics",
    "o2o.api.middleware.identify",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "o2o.api.middleware.strict_headers",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]

# What requests with a bearer token and health checks go through instead (o2o/api/handler.py).
PROGRAM_MIDDLEWARE = [
    "o2o.api.middleware.metrics",
    "o2o.api.middleware.identify",
    "django.middleware.security.SecurityMiddleware",
    "o2o.api.middleware.strict_headers",
    "o2o.api.middleware.for_programs",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
            ],
        },
    },
]

# --- data: the application's role on `default`; the owner's role, which only migrations use, on `owner`

DATABASE_URL = service_url("DATABASE_URL")
DATABASE_OWNER_URL = service_url("DATABASE_OWNER_URL")
REDIS_URL = service_url("REDIS_URL").rstrip("/")


def _database(url: str) -> dict[str, Any]:
    return {
        **(environ.Env.db_url_config(url) if url else {"NAME": "o2o", "HOST": "no-database-configured"}),
        "ENGINE": "django.db.backends.postgresql",
        # Every request is one transaction, in which the tenant is set.
        "ATOMIC_REQUESTS": True,
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "DISABLE_SERVER_SIDE_CURSORS": True,  # a transaction pooler may stand in between
    }


DATABASES = {"default": _database(DATABASE_URL)}
if DATABASE_OWNER_URL:
    # No request is ever its business.
    DATABASES["owner"] = _database(DATABASE_OWNER_URL) | {"ATOMIC_REQUESTS": False}

CACHES = {
    "default": {
        "BACKEND": "o2o.kit.cache.ForgivingRedisCache",
        "LOCATION": secret("CACHE_URL", default=f"{REDIS_URL}/1"),
        "TIMEOUT": 300,
        "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 1},
    }
}
SESSION_ENGINE = "django.contrib.sessions.backends.db"

# --- background work

CELERY_BROKER_URL = secret("BROKER_URL", default=f"{REDIS_URL}/0")
CELERY_BROKER_TRANSPORT = "o2o.kit.broker:Transport"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
# A message only rings a bell. One whose task killed its worker is not rung again at once, which would kill the next
# one too: the sweepers find in the database what is left to do, and count the attempts there.
CELERY_TASK_REJECT_ON_WORKER_LOST = False
CELERY_TASK_DEFAULT_QUEUE = "sync"
CELERY_TASK_SOFT_TIME_LIMIT = 240
CELERY_TASK_TIME_LIMIT = 270
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS = {
    # Longer than the longest task, so that nothing runs twice at once; the sweeper does not wait for it.
    "visibility_timeout": 300,
    # How soon an expired delivery is noticed: a sweep a second, each of them for real.
    "unacked_restore_interval": 1,
    "unacked_restore_throttle": 1,
    "socket_keepalive": True,
    "socket_connect_timeout": 5,
    # A broker that vanished without a word is noticed: otherwise a worker waits for ever to send its answer.
    "socket_timeout": 15,
    "health_check_interval": 10,
    # Should the worker that restores lost messages die over it, another one may do so soon.
    "unacked_mutex_expire": 30,
}
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    # What piled up while no worker ran is one tick, not thousands.
    "events-relay": {"task": "events.relay", "schedule": timedelta(seconds=1), "options": {"expires": 5}},
    "events-sweep": {"task": "events.sweep", "schedule": timedelta(seconds=20), "options": {"expires": 20}},
    "events-purge": {"task": "events.purge", "schedule": timedelta(hours=1)},
    "webhooks-dispatch": {"task": "webhooks.dispatch", "schedule": timedelta(seconds=2)},
    "webhooks-purge": {"task": "webhooks.purge", "schedule": timedelta(hours=6)},
    "jobs-sweep": {"task": "jobs.sweep", "schedule": timedelta(seconds=20), "options": {"expires": 20}},
    "imports-settle": {"task": "imports.settle", "schedule": timedelta(minutes=1), "options": {"expires": 60}},
    "imports-purge": {"task": "imports.purge", "schedule": timedelta(hours=6)},
    "accounts-mail": {"task": "accounts.send_mail", "schedule": timedelta(seconds=15)},
    "accounts-clean-up": {"task": "accounts.clean_up", "schedule": timedelta(hours=1)},
    "api-purge-answers": {"task": "api.purge_stored_answers", "schedule": timedelta(minutes=30)},
    "catalog-prices": {"task": "catalog.publish_prices", "schedule": timedelta(minutes=1), "options": {"expires": 60}},
    "catalog-marks": {"task": "catalog.look_again", "schedule": timedelta(seconds=15), "options": {"expires": 15}},
    "catalog-night": {"task": "catalog.look_tonight", "schedule": timedelta(hours=1)},
    "catalog-cycles": {"task": "catalog.unroll_cycles", "schedule": timedelta(hours=6)},
    "catalog-pictures": {"task": "catalog.sweep_pictures", "schedule": timedelta(hours=24)},
    "inventory-holds": {"task": "inventory.end_expired_holds", "schedule": timedelta(minutes=1)},
    "inventory-sold-out": {"task": "inventory.end_sold_out", "schedule": timedelta(minutes=1)},
    "inventory-check": {"task": "inventory.self_check", "schedule": timedelta(hours=24)},
    "orders-tick": {"task": "orders.tick", "schedule": timedelta(seconds=30), "options": {"expires": 30}},
    "orders-retry": {"task": "orders.retry_unrouted", "schedule": timedelta(minutes=5), "options": {"expires": 300}},
    "invariants-check": {"task": "api.check_invariants", "schedule": timedelta(minutes=5)},
}

# --- people

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "o2o.accounts.backends.LockoutBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    # only for the random secrets of API clients, never for what a person chose
    "o2o.accounts.hashers.RandomSecretHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("email", "name")},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
PASSWORD_RESET_TIMEOUT = 3600
SESSION_COOKIE_AGE = 14 * 24 * 3600

ACCOUNT_ADAPTER = "o2o.accounts.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_USER_DISPLAY = str
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
# An unknown address gets a mail as well, so that neither the page nor the time that it takes tells one from the other.
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = True
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_SESSION_REMEMBER = None
ACCOUNT_FORMS = {
    "login": "o2o.accounts.forms.LoginForm",
    "reset_password": "o2o.accounts.forms.ResetPasswordForm",
    "reset_password_from_key": "o2o.accounts.forms.ResetPasswordKeyForm",
    "change_password": "o2o.accounts.forms.ChangePasswordForm",
    "reauthenticate": "o2o.accounts.forms.ReauthenticatePasswordForm",
}
# Courtesy limits in the cache. What guards secrets counts in PostgreSQL: AXES_* and o2o.accounts.services.tries.
ACCOUNT_RATE_LIMITS: dict[str, str] | bool = {"login": "60/m/ip", "login_failed": "60/m/ip,100/h/key"}

MFA_ADAPTER = "o2o.accounts.adapters.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "O2O"
MFA_FORMS = {
    "authenticate": "o2o.accounts.forms.AuthenticateForm",
    "reauthenticate": "o2o.accounts.forms.ReauthenticateForm",
    "activate_totp": "o2o.accounts.forms.ActivateTOTPForm",
    "add_webauthn": "o2o.accounts.forms.AddPasskeyForm",
    "login_webauthn": "o2o.accounts.forms.LoginPasskeyForm",
    "authenticate_webauthn": "o2o.accounts.forms.AuthenticatePasskeyForm",
    "reauthenticate_webauthn": "o2o.accounts.forms.ReauthenticatePasskeyForm",
}

AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_USERNAME_CALLABLE = "o2o.accounts.backends.counted_name"
AXES_CLIENT_IP_CALLABLE = "o2o.kit.addresses.counted_address"
AXES_LOCKOUT_CALLABLE = "o2o.accounts.views.locked_out"
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_VERBOSE = False
AXES_DISABLE_ACCESS_LOG = True
AXES_SENSITIVE_PARAMETERS = ["login", "code", "password", "oldpassword", "password1", "password2"]
AXES_ENABLE_ADMIN = False

# --- languages

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("zh-hans", _("Simplified Chinese"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_TZ = True
TIME_ZONE = "UTC"

# --- console

UNFOLD = {
    "SITE_TITLE": "O2O",
    "SITE_HEADER": "O2O",
    "BORDER_RADIUS": "6px",
    "SIDEBAR": {"show_search": True},
}
# Says on each page of the console that its data are not real.
O2O_DEMO = env.bool("O2O_DEMO", default=False)

# --- files

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_URL = "/media/"
MEDIA_ROOT = env.path("MEDIA_ROOT", default=str(data_folder() / "media"))()
STORAGES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "o2o.kit.files.WholeFileStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}

# --- API

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "o2o.accounts.api.authentication.ClientAuthentication",
        "o2o.accounts.api.authentication.StaffAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["o2o.api.permissions.DeclaredPolicy"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_PAGINATION_CLASS": "o2o.api.pagination.NewestFirst",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "o2o.api.schema.AutoSchema",
    "DEFAULT_THROTTLE_CLASSES": ["o2o.api.throttling.ActorThrottle"],
    "EXCEPTION_HANDLER": "o2o.api.problems.exception_handler",
    "UNAUTHENTICATED_USER": None,
    "COERCE_DECIMAL_TO_STRING": True,
    "DATETIME_FORMAT": "iso-8601",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "O2O API",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "DESCRIPTION": "One stock, one order book, one member and one calendar of campaigns. See docs/api.md.",
    "DEFAULT_GENERATOR_CLASS": "o2o.api.schema.Generator",
    # Enumerations stay with their fields: names for all of them would collide over so many apps.
    "POSTPROCESSING_HOOKS": ["o2o.api.schema.add_components"],
}
API_RATE_LIMIT = env.str("API_RATE_LIMIT", default="6000/min")
# How many proxies of ours stand in front and append to X-Forwarded-For.
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", default=0)

# --- seeing what happens

LOGGING = logging_config(env.str("LOG_FORMAT", default="console"), env.str("LOG_LEVEL", default="INFO"))
DJANGO_STRUCTLOG_CELERY_ENABLED = True
# The bearer token for /metrics and /health/invariants; without one they are open to private networks only.
METRICS_TOKEN = optional_secret("METRICS_TOKEN")

OAUTH2_PROVIDER_APPLICATION_MODEL = "accounts.ApiClient"
OAUTH2_PROVIDER = {
    # Client credentials and nothing else; of tokens only the checksum is stored.
    "OAUTH2_SERVER_CLASS": "oauthlib.oauth2.BackendApplicationServer",
    "OAUTH2_VALIDATOR_CLASS": "o2o.accounts.api.oauth.ClientValidator",
    "SCOPES_BACKEND_CLASS": "o2o.accounts.api.oauth.GrantedScopes",
    "ACCESS_TOKEN_GENERATOR": "o2o.accounts.api.oauth.new_token",
    "ACCESS_TOKEN_EXPIRE_SECONDS": 3600,
    "CLIENT_SECRET_HASHER": "random_secret",
    "ALLOWED_REDIRECT_URI_SCHEMES": ["https"],
    "REFRESH_TOKEN_REUSE_PROTECTION": True,
    "COMPLIANT_BCP_RFC9700_TOKEN_STORAGE": True,
    "COMPLIANT_BCP_RFC9700_IMPLICIT_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PASSWORD_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PKCE_METHOD": True,
    "COMPLIANT_BCP_RFC9700_ACCESS_TOKEN_TRANSPORT": True,
    "COMPLIANT_BCP_RFC9700_AUTHZ_RESPONSE_ISS": True,
}

# --- safety

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "o2o.api.errors.csrf_failure"
CONTENT_SECURITY_POLICY = security.CONTENT_SECURITY_POLICY
PROGRAM_CONTENT_SECURITY_POLICY = security.PROGRAM_CONTENT_SECURITY_POLICY
PERMISSIONS_POLICY = security.PERMISSIONS_POLICY

# Where connectors and webhooks may send to (docs/webhooks.md). A `host:port` that is allowed is exempt from the checks
# of scheme, port and address: leave it empty but for servers of your own that you mean to reach.
OUTBOUND_PORTS = env.list("OUTBOUND_PORTS", cast=int, default=[80, 443, 8443])
OUTBOUND_ALLOW_HTTP = env.bool("OUTBOUND_ALLOW_HTTP", default=False)
OUTBOUND_ALLOWED_HOSTS: list[str] = env.list("OUTBOUND_ALLOWED_HOSTS", default=[])
# How many messages an endpoint may have under way at once, and how many workers send at once.
WEBHOOKS_PER_ENDPOINT = env.int("WEBHOOKS_PER_ENDPOINT", default=2)
WEBHOOKS_DISPATCHERS = env.int("WEBHOOKS_DISPATCHERS", default=1)

# Audit rows are written by triggers and kept for good.
PGHISTORY_APPEND_ONLY = True
