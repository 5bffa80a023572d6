"""One line per thing that happened: JSON for machines, colours for people. Secrets, bodies and paths stay out."""

import re
import sys
from typing import Any

import structlog
from structlog.types import EventDict, Processor, WrappedLogger

SECRET_NAMES = re.compile(r"pass(word|phrase)|secret|token|authorization|cookie|credential|api_?key|session", re.I)
HIDDEN = "[hidden]"
# PostgreSQL names the offending values there, which may be those of a person.
DATABASE_DETAIL = re.compile(r"^(DETAIL|CONTEXT):.*$", re.M)


def hide_secrets(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Blank out what is named like a secret."""
    for name in event:
        if SECRET_NAMES.search(name):
            event[name] = HIDDEN
    return event


def hide_database_values(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Blank out the values that PostgreSQL quotes in its errors."""
    if isinstance(trace := event.get("exception"), str):
        event["exception"] = DATABASE_DETAIL.sub(rf"\1: {HIDDEN}", trace)
    return event


SHARED: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
    structlog.processors.format_exc_info,  # without local variables, which hold whatever was being worked on
    hide_secrets,
    hide_database_values,
]


def logging_config(style: str, level: str) -> dict[str, Any]:
    """Set structlog up and return Django's ``LOGGING``; ``style`` is ``json`` or ``console``."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    renderer: Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if style == "json"
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    )
    formatter = {
        "()": structlog.stdlib.ProcessorFormatter,
        "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        "foreign_pre_chain": [*SHARED],
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": formatter},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django": {"handlers": [], "level": "INFO", "propagate": True},
            # Our own line tells of each request, by its route: paths may hold keys of resets and confirmations.
            "django.request": {"level": "CRITICAL"},
            "django.security": {"level": "ERROR"},
            "django.server": {"handlers": [], "level": "WARNING", "propagate": True},
            # It names accounts; o2o.accounts tells of lockouts without.
            "axes": {"level": "ERROR"},
            "oauthlib": {"level": "WARNING"},
            "celery": {"level": level},
        },
    }
