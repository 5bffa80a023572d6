"""kombu's Redis transport, mended where a worker would end itself when the broker goes away.

Seen in kombu 5.7.0 with Celery 5.7.0, each time as an ``AttributeError``, which Celery takes for unrecoverable:

* A connection that broke while messages were unacknowledged is closed twice, the second time without its transport's
  client, and the attempt to put the messages back finds no address.
* A task that was running when its connection broke acknowledges its message later, on a channel that was closed since.

Both are harmless when they are left out: what is unacknowledged is delivered again, and every task bears that.
``tests/o2o/events/test_workers.py`` shows both steps with and without this module.
"""

from typing import Any

from kombu.transport import redis
from kombu.transport.virtual import base


class QoS(redis.QoS):
    """Keeps track of unacknowledged messages."""

    def restore_unacked(self, client: Any = None) -> Any:
        """Put unacknowledged messages back, unless the connection is gone: then their visibility timeout does it."""
        if self._is_gone():
            (self._delivered or {}).clear()
            return None
        return super().restore_unacked(client)

    def ack(self, delivery_tag: str) -> None:
        """Acknowledge, unless the connection is gone: then the message is delivered again."""
        if self._is_gone():
            base.QoS.ack(self, delivery_tag)
        else:
            super().ack(delivery_tag)

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:
        """Reject, unless the connection is gone: then the message is delivered again."""
        if self._is_gone():
            base.QoS.ack(self, delivery_tag)
        else:
            super().reject(delivery_tag, requeue)

    def _is_gone(self) -> bool:
        transport: Any = self.channel.connection  # None once the channel was closed
        return transport is None or transport.client is None


class Channel(redis.Channel):
    """A channel with the mended bookkeeping."""

    QoS = QoS


class Transport(redis.Transport):
    """The transport to name in ``CELERY_BROKER_TRANSPORT``."""

    Channel = Channel
