"""The Celery application; workers start with ``celery -A o2o.celery worker``."""

import gc
import os
from pathlib import Path

from celery import Celery
from celery.signals import heartbeat_sent, setup_logging, worker_process_init
from django_structlog.celery.steps import DjangoStructLogInitStep

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
def keep_program(**_: object) -> None:
    """Let garbage collection pass over the program itself, which never goes: it would take a third of a long job."""
    gc.freeze()


ALIVE_FILE = os.environ.get("O2O_ALIVE_FILE", "")

if ALIVE_FILE:

    @heartbeat_sent.connect
    def note_alive(**_: object) -> None:
        """Touch the file whose age tells a container's health check that the worker's loop turns."""
        Path(ALIVE_FILE).touch()
