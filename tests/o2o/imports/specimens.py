"""An import for the matrices of the API and the console, of a kind that everybody who sees imports may use."""

import io
from typing import Any

from o2o.imports.kinds import UnknownImportKindError, find_kind, import_kind
from o2o.imports.models import ImportBatch
from o2o.imports.services.uploads import upload_file
from o2o.kit import clock
from o2o.tenancy.actor import Actor, ActorKind
from o2o.tenancy.capabilities import Capability
from o2o.tenancy.models import Merchant
from o2o.tenancy.scope import tenant_transaction
from tests.o2o.imports.sample import ImportThings

KIND = "test.specimens"


class ImportSpecimens(ImportThings):
    """The things of the sample, for everybody who sees imports."""

    demand = Capability.IMPORTS_READ


def make_import(merchant: Merchant) -> ImportBatch:
    """Upload a small file, in the scope of the merchant."""
    try:
        find_kind(KIND)
    except UnknownImportKindError:
        import_kind(KIND, label="Specimens")(ImportSpecimens)
    actor = Actor(
        kind=ActorKind.SYSTEM, id=merchant.pk, label="Ann", merchant_id=merchant.pk,
        capabilities=frozenset({Capability.IMPORTS_READ}),
    )  # fmt: skip
    file = io.BytesIO(b"SKU,Name\nA-1,Tea\n")
    return upload_file(kind=KIND, file_name="things.csv", file=file, actor=actor, at=clock.now())


def api_specimen(merchant: Merchant) -> Any:
    """Make an import and return its id."""
    with tenant_transaction(merchant.pk):
        return make_import(merchant).pk
