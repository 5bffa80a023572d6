"""Background work in the name of one merchant."""

import uuid
from functools import partial
from typing import Any

import structlog
from celery import Task

from o2o.kit.locks import retried
from o2o.tenancy.acting import acting_for
from o2o.tenancy.scope import tenant_scope

REQUEST_ID = "o2o-request-id"


class NoMerchantError(TypeError):
    """A tenant task was sent or run without a merchant."""


class TenantTask(Task):
    """Base of tasks that work for one merchant: ``@shared_task(base=TenantTask, name="…")``.

    The merchant comes as the keyword ``merchant_id`` and nothing else; without it the task can be neither sent nor
    run. The body gets it as a UUID, runs in one transaction in the scope of that merchant, and is run again when
    PostgreSQL asks for that (so it speaks to no network). Logs and audit trail name the task and the request that sent
    it. A body that works in several steps sets
    ``in_transaction=False`` and opens its own ``tenant_transaction(merchant_id)`` for each.
    """

    abstract = True
    in_transaction = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        merchant_id = _merchant_in(self.name, kwargs)
        work = partial(super().__call__, *args, **{**kwargs, "merchant_id": merchant_id})
        request_id = str((self.request.headers or {}).get(REQUEST_ID, ""))
        with acting_for(merchant_id, self.name, request_id=request_id):
            return retried(partial(_scoped, merchant_id, work)) if self.in_transaction else work()

    def apply_async(self, args: Any = None, kwargs: Any = None, *positional: Any, **options: Any) -> Any:
        """Send the task. Raises ``NoMerchantError`` where ``kwargs`` has no ``merchant_id``."""
        merchant_id = _merchant_in(self.name, kwargs or {})
        request_id = structlog.contextvars.get_contextvars().get("request_id", "")
        options["headers"] = {REQUEST_ID: str(request_id), **(options.get("headers") or {})}
        return super().apply_async(args, {**(kwargs or {}), "merchant_id": str(merchant_id)}, *positional, **options)


def _scoped(merchant_id: uuid.UUID, work: Any) -> Any:
    with tenant_scope(merchant_id):
        return work()


def _merchant_in(task: str, kwargs: dict[str, Any]) -> uuid.UUID:
    given = kwargs.get("merchant_id")
    if given is None:
        raise NoMerchantError(f"{task} works for one merchant; pass merchant_id=… as a keyword.")
    return given if isinstance(given, uuid.UUID) else uuid.UUID(str(given))
