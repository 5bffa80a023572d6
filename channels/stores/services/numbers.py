"""Numbers that people read: short, rising, one series for each kind of thing."""

from django.db import connection

from channels.stores.models import NumberSeries
from o2o.kit.models import uuid7
from o2o.tenancy.scope import current_merchant_id

NEXT = f"""
INSERT INTO {NumberSeries._meta.db_table} AS series (id, merchant_id, kind, last, created_at, updated_at)
VALUES (%(id)s, %(merchant)s, %(kind)s, %(count)s, now(), now())
ON CONFLICT (merchant_id, kind) DO UPDATE SET last = series.last + %(count)s, updated_at = now()
RETURNING last
"""  # noqa: S608 - the name of a table


def next_number(*, kind: str, prefix: str) -> str:
    """Return the next number of a series, such as ``T000123``; a rollback leaves no gap.

    One statement. Transactions that number the same kind of thing at once wait for each other, so call it late.
    """
    return next_numbers(kind=kind, prefix=prefix, count=1)[0]


def next_numbers(*, kind: str, prefix: str, count: int) -> list[str]:
    """Return the next numbers of a series, in one statement."""
    parameters = {"id": uuid7(), "merchant": current_merchant_id(), "kind": kind, "count": count}
    with connection.cursor() as cursor:
        cursor.execute(NEXT, parameters)
        last = cursor.fetchone()[0]
    return [f"{prefix}{number:06d}" for number in range(last - count + 1, last + 1)]
