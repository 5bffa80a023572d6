"""The demonstration of the channels: that it loads, twice, and leaves nothing empty and nothing broken."""

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.db import transaction
from pytest_django.plugin import DjangoDbBlocker

from o2o.console.demo import load_demo


@pytest.fixture(scope="module")
def demo(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[list[str]]:
    """Load everything once, in a transaction that is undone after the last test of the file."""
    import time
    with django_db_blocker.unblock(), transaction.atomic():
        t = time.time()
        lines = load_demo()
        print("LOADED", time.time() - t, lines)
        yield lines
        transaction.set_rollback(True)


def test_x(demo):
    from o2o.api.services import check_invariants
    for r in check_invariants(names=None):
        if not r.holds: print(r)
    assert 0
