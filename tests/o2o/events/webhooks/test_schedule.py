import uuid
from datetime import UTC, datetime, timedelta

import pytest

from o2o.events.webhooks.schedule import (
    LONGEST_RETRY_AFTER,
    MOST_TRIES,
    PAUSES,
    is_given_up,
    next_attempt_at,
    parse_retry_after,
)

AT = datetime(2026, 3, 2, 8, tzinfo=UTC)
EXACT = [
    "2026-03-02T08:00:00+00:00",
    "2026-03-02T08:00:05+00:00",
    "2026-03-02T08:01:09+00:00",
    "2026-03-02T08:06:18+00:00",
    "2026-03-02T08:38:33+00:00",
    "2026-03-02T10:44:49+00:00",
    "2026-03-02T17:00:37+00:00",
    "2026-03-03T05:32:23+00:00",
    "2026-03-04T06:47:16+00:00",
    "2026-03-05T16:54:52+00:00",
]


def whole_round(delivery_id: uuid.UUID) -> list[datetime]:
    """Return the instants of all tries of a message that is never taken."""
    instants = [AT]
    while (next_at := next_attempt_at(tries=len(instants), delivery_id=delivery_id, at=instants[-1])) is not None:
        instants.append(next_at)
    return instants


def test_there_are_ten_tries_over_at_least_76_hours():
    for number in range(500):
        instants = whole_round(uuid.UUID(int=number))
        assert len(instants) == MOST_TRIES == 10
        assert timedelta(hours=76) <= instants[-1] - instants[0] <= timedelta(hours=85)


def test_each_pause_is_the_planned_one_and_up_to_a_tenth_more():
    for number in range(500):
        instants = whole_round(uuid.UUID(int=number))
        for pause, before, after in zip(PAUSES, instants[:-1], instants[1:], strict=True):
            assert pause <= after - before <= pause * 1.1


def test_schedule_is_exact_for_a_message():
    message = uuid.UUID("019a0000-0000-7000-8000-000000000001")
    assert whole_round(message) == whole_round(message)
    assert [instant.isoformat(timespec="seconds") for instant in whole_round(message)] == EXACT


def test_messages_that_failed_together_do_not_come_back_together():
    nexts = {next_attempt_at(tries=3, delivery_id=uuid.UUID(int=number), at=AT) for number in range(100)}
    assert len(nexts) == 100
    assert max(nexts) - min(nexts) > timedelta(seconds=20)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (timedelta(seconds=1), PAUSES[1]),  # not sooner than planned
        (timedelta(hours=3), timedelta(hours=3)),
        (timedelta(days=300), LONGEST_RETRY_AFTER),
    ],
)
def test_retry_after_puts_off_within_bounds(asked, expected):
    next_at = next_attempt_at(tries=2, delivery_id=uuid.UUID(int=1), at=AT, retry_after=asked)
    assert expected <= next_at - AT <= expected * 1.1


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("120", timedelta(seconds=120)),
        (" 120 ", timedelta(seconds=120)),
        ("999999999999999999999", LONGEST_RETRY_AFTER),
        ("Mon, 02 Mar 2026 08:01:00 GMT", timedelta(seconds=60)),
        ("Mon, 02 Mar 2026 07:00:00 GMT", timedelta(0)),
        ("Mon, 02 Mar 2026 09:00:00 +0100", timedelta(0)),
        ("", None),
        (None, None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("٣", None),
        ("Mon, 99 Mar 2026 08:01:00 GMT", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_date(value, expected):
    assert parse_retry_after(value, at=AT) == expected


def test_endpoint_is_given_up_after_five_days_and_ten_failures():
    since = AT - timedelta(days=5)
    assert is_given_up(failing_since=since, failures=10, at=AT)
    assert not is_given_up(failing_since=since, failures=9, at=AT)
    assert not is_given_up(failing_since=since + timedelta(seconds=1), failures=1000, at=AT)
    assert not is_given_up(failing_since=None, failures=0, at=AT)
