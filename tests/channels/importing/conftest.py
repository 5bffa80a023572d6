"""A shop for each test."""

import pytest

from tests.channels.importing.shop import Shop


@pytest.fixture
def shop():
    return Shop()
