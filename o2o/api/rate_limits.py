"""Counting requests in Redis: a bucket of tokens per caller that refills steadily.

It protects the house from overload and from one client that starves the others. It is not a guard of secrets
(those count in PostgreSQL), so that requests pass when Redis is away.
"""

import math
import time
from dataclasses import dataclass
from functools import cache

import redis
import structlog
from django.conf import settings
from redis.commands.core import Script

logger = structlog.get_logger(__name__)

# KEYS[1] bucket; ARGV: capacity, seconds to fill it. Redis' own clock, so that all web servers agree.
# Answers {allowed, tokens left, milliseconds until one token is there}.
TAKE_ONE = """
local capacity, window = tonumber(ARGV[1]), tonumber(ARGV[2])
local clock = redis.call('TIME')
local now = tonumber(clock[1]) + tonumber(clock[2]) / 1000000
local seen = redis.call('HMGET', KEYS[1], 't', 'n')
local tokens = capacity
if seen[1] then
  tokens = math.min(capacity, tonumber(seen[2]) + math.max(0, now - tonumber(seen[1])) * capacity / window)
end
local allowed = 0
if tokens >= 1 then tokens = tokens - 1; allowed = 1 end
redis.call('HSET', KEYS[1], 't', string.format('%.6f', now), 'n', string.format('%.6f', tokens))
redis.call('EXPIRE', KEYS[1], math.ceil(window) + 1)
local wait = 0
if tokens < 1 then wait = math.ceil((1 - tokens) * window / capacity * 1000) end
return {allowed, math.floor(tokens), wait}
"""
SECONDS = {"s": 1, "sec": 1, "min": 60, "m": 60, "hour": 3600, "h": 3600, "day": 86400, "d": 86400}
# How long a Redis that did not answer is left alone: its absence must not slow every request down.
PAUSE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Rate:
    """So many requests in so many seconds."""

    quota: int
    seconds: int

    @classmethod
    def parse(cls, text: str) -> "Rate":
        """Read ``6000/min``. Raises ``ValueError`` for anything else."""
        count, _slash, unit = text.partition("/")
        if unit not in SECONDS or not count.isdigit() or int(count) < 1:
            raise ValueError(f"API_RATE_LIMIT is {text!r}; write it like '6000/min'.")
        return cls(int(count), SECONDS[unit])


@dataclass(frozen=True, slots=True)
class Taken:
    """What is left of a bucket after a request."""

    rate: Rate
    is_allowed: bool
    remaining: int
    retry_after: int

    def headers(self) -> dict[str, str]:
        """Return the ``RateLimit`` fields (IETF draft ratelimit-headers): policy, what remains, seconds until full."""
        until_full = math.ceil((self.rate.quota - self.remaining) * self.rate.seconds / self.rate.quota)
        return {
            "RateLimit-Policy": f'"default";q={self.rate.quota};w={self.rate.seconds}',
            "RateLimit": f'"default";r={self.remaining};t={until_full}',
        }


class _Outage:
    """Remembers that Redis is away, so that it is asked only now and then and reported only once."""

    def __init__(self) -> None:
        self.until = 0.0
        self.is_reported = False

    def begin(self, error: Exception) -> None:
        self.until = time.monotonic() + PAUSE_SECONDS
        if not self.is_reported:
            self.is_reported = True
            logger.warning("rate_limits_off", reason=type(error).__name__)

    def end(self) -> None:
        if self.is_reported:
            self.is_reported = False
            logger.info("rate_limits_on")


_outage = _Outage()


@cache
def _script(location: str) -> Script:
    client = redis.Redis.from_url(location, socket_timeout=0.25, socket_connect_timeout=0.25)
    return client.register_script(TAKE_ONE)


def take(bucket: str, rate: Rate) -> Taken | None:
    """Take one token out of a bucket; None where Redis does not answer and nobody is counted."""
    if time.monotonic() < _outage.until:
        return None
    try:
        allowed, remaining, wait = _script(settings.CACHES["default"]["LOCATION"])(
            keys=[f"o2o:rate:{bucket}"], args=[rate.quota, rate.seconds]
        )
    except redis.RedisError as error:
        _outage.begin(error)
        return None
    _outage.end()
    return Taken(rate, bool(allowed), remaining, math.ceil(wait / 1000))
