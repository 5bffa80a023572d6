"""The Celery application of the process tests: the real one, with subscribers that behave as the event tells them."""

import os
import time
from datetime import timedelta
from typing import Any

import django

django.setup()

from o2o.celery import app  # noqa: E402
from o2o.events import Envelope, claims, delivery, emit, subscriber  # noqa: E402
from tests.o2o.events.sample import Counted, Heard  # noqa: E402

# The figures of the product are 3 s and 15 s, 5 s, 30 s and 20 s; here a test must not take minutes.
delivery.HANDLER_SECONDS = dict.fromkeys(claims.Lane, 0.5)
delivery.FIRST_PAUSE = timedelta(seconds=0.3)
delivery.PAUSE_FACTOR = 2
claims.CLAIMED_FOR = delivery.CLAIMED_FOR = timedelta(seconds=2)
app.conf.beat_schedule["events-sweep"]["schedule"] = timedelta(seconds=1)
# The other rooms' ticks are none of this test's business.
for name in set(app.conf.beat_schedule) - {"events-sweep", "events-relay"}:
    del app.conf.beat_schedule[name]


def _act(number: int) -> None:
    """Behave as numbers below zero say."""
    match number:
        case -1:
            raise RuntimeError("poison")
        case -2:
            os._exit(1)
        case -3:
            while True:
                time.sleep(0.01)
        case -4:
            time.sleep(0.3)


@subscriber(Counted, name="test.worker")
def tell(event: Counted, envelope: Envelope) -> None:
    """Emit once what was heard, so that the test can count effects in the database."""
    _act(event.number)
    emit(Heard(aggregate_id=event.aggregate_id, number=event.number))
    if os.environ.get("O2O_TEST_DIE_AFTER_COMMIT") and event.number == 13:
        _die_after_commit()


@subscriber(Counted, name="test.bystander")
def ignore(event: Counted, envelope: Envelope) -> None:
    """Take no harm from what the other does."""


def _die_after_commit(**_: Any) -> None:
    from django.db import transaction

    transaction.on_commit(lambda: os._exit(1))
