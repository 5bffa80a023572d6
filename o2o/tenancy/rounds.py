"""Work that the clock asks for, done for each merchant in turn."""

from collections.abc import Callable

import structlog

from o2o.kit.locks import retried
from o2o.tenancy.acting import acting_for
from o2o.tenancy.scope import tenant_scope
from o2o.tenancy.selectors import active_merchant_ids

logger = structlog.get_logger(__name__)


def each_merchant(work: Callable[[], object], *, name: str) -> int:
    """Do work in a transaction and scope of each active merchant; return for how many it failed.

    What fails for one merchant is logged and keeps nobody else waiting. The work may be run again when PostgreSQL asks
    for that.
    """
    failed = 0
    for merchant_id in active_merchant_ids():

        def scoped() -> None:
            with tenant_scope(merchant_id):  # noqa: B023 - runs before the loop goes on
                work()

        with acting_for(merchant_id, name):
            try:
                retried(scoped)
            except Exception:
                failed += 1
                logger.exception("round_failed", work=name)
    return failed
