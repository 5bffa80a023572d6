"""kombu's Redis transport, mended where a worker would end itself when the broker goes away.

Seen in kombu 5.7.0 with Celery 5.7.0: a connection that broke while messages were unacknowledged is closed twice, the
second time without its transport's client, and the attempt to put the messages back then raises ``AttributeError``,
which Celery takes for unrecoverable. ``tests/o2o/events/test_workers.py`` shows that step with and without this module.
"""

from typing import Any

from kombu.transport import redis


class QoS(redis.QoS):
    """Keeps track of unacknowledged messages."""

    def restore_unacked(self, client: Any = None) -> Any:
        """Put unacknowledged messages back, unless the connection is gone: then their visibility timeout does it."""
        if self.channel.connection.client is None:
            (self._delivered or {}).clear()
            return None
        return super().restore_unacked(client)


class Channel(redis.Channel):
    """A channel with the mended bookkeeping."""

    QoS = QoS


class Transport(redis.Transport):
    """The transport to name in ``CELERY_BROKER_TRANSPORT``."""

    Channel = Channel
