"""A cache that may be gone: what it held is then simply not known."""

from typing import Any

import structlog
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

logger = structlog.get_logger(__name__)


class ForgivingRedisCache(RedisCache):
    """Redis that is away counts as empty, so that people can sign in without it.

    ``add`` then says that it added, since its callers wait until it does. Nothing that guards a secret, an amount or
    a tenant may rely on a cache.
    """

    def add(self, *args: Any, **kwargs: Any) -> bool:
        """Store unless there is something; True where nobody knows."""
        return bool(self._forgiving(super().add, True, *args, **kwargs))

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        """Return what is stored, or the default."""
        return self._forgiving(super().get, default, key, default, version)

    def set(self, *args: Any, **kwargs: Any) -> None:
        """Store, if that can be done."""
        self._forgiving(super().set, None, *args, **kwargs)

    def touch(self, *args: Any, **kwargs: Any) -> bool:
        """Prolong, if that can be done."""
        return bool(self._forgiving(super().touch, False, *args, **kwargs))

    def delete(self, *args: Any, **kwargs: Any) -> bool:
        """Delete, if that can be done."""
        return bool(self._forgiving(super().delete, False, *args, **kwargs))

    def get_many(self, *args: Any, **kwargs: Any) -> dict[Any, Any]:
        """Return what is stored of many."""
        found: dict[Any, Any] = self._forgiving(super().get_many, {}, *args, **kwargs)
        return found

    def has_key(self, *args: Any, **kwargs: Any) -> bool:
        """Say whether something is stored."""
        return bool(self._forgiving(super().has_key, False, *args, **kwargs))

    @staticmethod
    def _forgiving(act: Any, otherwise: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return act(*args, **kwargs)
        except RedisError as error:
            logger.warning("cache_away", error=type(error).__name__)
            return otherwise
