"""Reference data: what a merchant seldom changes and each order asks for, kept in the memory of the process.

Stores, hours and rules are read once and kept under the version of the merchant's reference data. A trigger on their
tables raises the version in the transaction that changes them, and whoever decides asks for the version first. So what
is kept is what a transaction would read that begins now.

A transaction that has changed reference data itself keeps nothing and is given nothing that was kept: nobody else may
see what it has not committed.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar, cast

import pgtrigger
from django.db import connection, models

from o2o.tenancy.scope import current_merchant_id

MOST_KEPT = 1000

VERSION = """
SELECT (SELECT version FROM tenancy_referenceversion WHERE merchant_id = %s),
       coalesce(current_setting('o2o.reference_changed', true), '') <> ''
"""
# Once a transaction is enough: the number of a transaction never comes again, and nobody else sees what it wrote.
RAISE = """
IF coalesce(current_setting('o2o.reference_changed', true), '') <> coalesce(NEW.merchant_id, OLD.merchant_id)::text THEN
    INSERT INTO tenancy_referenceversion (merchant_id, version)
    VALUES (coalesce(NEW.merchant_id, OLD.merchant_id), pg_current_xact_id()::text::bigint)
    ON CONFLICT (merchant_id) DO UPDATE SET version = excluded.version;
    PERFORM set_config('o2o.reference_changed', coalesce(NEW.merchant_id, OLD.merchant_id)::text, true);
END IF;
RETURN NULL;
"""

Value = TypeVar("Value")
Tracked = TypeVar("Tracked", bound=type[models.Model])


@dataclass(frozen=True, slots=True)
class ReferenceData:
    """The reference data of the merchant in scope, as it is in this transaction.

    ``version`` is None where it was changed in it, or no merchant is in scope: then nothing is kept.
    """

    merchant_id: uuid.UUID | None
    version: int | None

    def get(self, load: Callable[[], Value]) -> Value:
        """Return what ``load`` reads, from memory where it is kept.

        ``load`` is a function of a module. It reads only tables of ``@reference_data`` and returns values that nobody
        changes, and no queryset that has yet to be evaluated.
        """
        if self.version is None:
            return load()
        return cast("Value", _kept(self.merchant_id, self.version, load))


def current_reference_data() -> ReferenceData:
    """Return the reference data of the merchant in scope. One query."""
    merchant_id = current_merchant_id()
    with connection.cursor() as cursor:
        cursor.execute(VERSION, [merchant_id])
        version, is_changed = cursor.fetchone()
    return ReferenceData(merchant_id, None if is_changed or merchant_id is None else version or 0)


def reference_data(model: Tracked) -> Tracked:
    """Let each change of a tenant model's rows raise the version of its merchant's reference data."""
    return pgtrigger.register(
        pgtrigger.Trigger(
            name="raise_reference_version",
            when=pgtrigger.After,
            operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
            func=RAISE,
        )
    )(model)


@lru_cache(maxsize=MOST_KEPT)
def _kept(merchant_id: uuid.UUID | None, version: int, load: Callable[[], Any]) -> Any:
    return load()
