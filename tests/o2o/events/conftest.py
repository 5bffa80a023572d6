"""Registries that forget what a test registered."""

import pytest

from o2o.events import registry


@pytest.fixture(autouse=True)
def _registries_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_subscribers", dict(registry._subscribers))
    monkeypatch.setattr(registry, "_receivers", {key: list(known) for key, known in registry._receivers.items()})
    monkeypatch.setattr(registry, "_fan_outs", list(registry._fan_outs))
