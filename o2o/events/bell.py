"""The bells of the outbox."""

from o2o.kit.bell import answered, ring

__all__ = ["answered", "ring", "ring_relay"]


def ring_relay() -> None:
    """Ask a worker to publish what was emitted."""
    ring("events.relay")
