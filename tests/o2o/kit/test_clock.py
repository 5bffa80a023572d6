"""Time comes from the database, whatever the machine believes (R11)."""

from datetime import UTC, datetime, timedelta, tzinfo

import pytest
from django.db import connection

from o2o.kit import clock


def database_time() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0]


def wrong_clock(wrong_by: timedelta) -> type[datetime]:
    class Wrong(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return datetime.now(tz) + wrong_by

    return Wrong


@pytest.mark.django_db
@pytest.mark.parametrize("wrong_by", [timedelta(hours=-24), timedelta(hours=24), timedelta(days=400)])
def test_a_wrong_clock_of_the_machine_does_not_matter(wrong_by: timedelta, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "datetime", wrong_clock(wrong_by))
    clock.note(database_time())
    assert abs(clock.now() - database_time()) < timedelta(seconds=1)


def test_the_machine_would_be_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    """Control: before the database was asked, the machine's error is the business's error."""
    monkeypatch.setattr(clock, "datetime", wrong_clock(timedelta(hours=24)))
    monkeypatch.setattr(clock, "_reading", None)
    assert clock.now() - datetime.now(UTC) > timedelta(hours=23)


def test_the_clock_can_be_held() -> None:
    at = datetime(2026, 2, 28, 23, 59, tzinfo=UTC)
    with clock.frozen(at):
        assert clock.now() == at
    assert clock.now() != at
