"""Kinds of jobs of the tests."""

import pytest

from o2o.kit.jobs import kinds


@pytest.fixture(autouse=True)
def _kinds_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kinds, "_kinds", dict(kinds._kinds))
