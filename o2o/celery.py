"""The Celery application; workers start with ``celery -A o2o.celery worker``."""

import os
from pathlib import Path

from celery import Celery
from celery.signals import heartbeat_sent, setup_logging, worker_process_init
from django_structlog.celery.steps import DjangoStructLogInitStep

from o2o.kit.memory import spare_collector

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "o2o.settings.development")

app = Celery("o2o")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
# Lines of a task carry its id, its name and the request that sent it.
app.steps["worker"].add(DjangoStructLogInitStep)


@setup_logging.connect
def keep_logging(**_: object) -> None:
    """Leave the logging as the settings made it; Celery sets up its own only where nobody answers this signal."""


@worker_process_init.connect
def spare_the_program(**_: object) -> None:
    """Look for garbage where there is some."""
    spare_collector()


ALIVE_FILE = os.environ.get("O2O_ALIVE_FILE", "")

if ALIVE_FILE:

    @heartbeat_sent.connect
    def note_alive(**_: object) -> None:
        """Touch the file whose age tells a container's health check that the worker's loop turns."""
        Path(ALIVE_FILE).touch()
