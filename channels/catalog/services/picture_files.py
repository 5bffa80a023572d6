"""The files of pictures: written before their rows, removed when no row names them any more."""

import uuid
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection, transaction

from channels.catalog.models import ProductImage
from channels.catalog.pictures.making import Picture
from channels.catalog.pictures.names import checksum_in, merchant_folder, picture_name, thumbnail_name
from o2o.tenancy.scope import current_merchant_id, tenant_transaction

#: What an upload left behind whose row was never committed is kept for so long.
KEPT_FOR = timedelta(days=1)
NAMES_AT_ONCE = 1000


def lock_pictures(checksums: Iterable[str]) -> None:
    """Lock pictures of the merchant until the end of the transaction, in one order for everybody."""
    names = [f"catalog.picture:{current_merchant_id()}:{checksum}" for checksum in sorted(set(checksums))]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(name, 0)) FROM unnest(%s::text[]) name", [names])


def store_picture(merchant_id: uuid.UUID, picture: Picture) -> None:
    """Write the files of a picture, unless they are there. The caller holds its lock."""
    for name, content in (
        (thumbnail_name(merchant_id, picture.checksum), picture.thumbnail),
        (picture_name(merchant_id, picture.checksum), picture.content),
    ):
        if not default_storage.exists(name):
            default_storage.save(name, ContentFile(content))


def remove_after_commit(merchant_id: uuid.UUID, checksums: Collection[str]) -> None:
    """Remove files once their rows are gone for good; what goes wrong then is left to the sweeper."""
    uploaded = [checksum for checksum in checksums if checksum]

    def remove() -> None:
        for checksum in uploaded:
            remove_unused(merchant_id=merchant_id, checksum=checksum)

    if uploaded:
        transaction.on_commit(remove, robust=True)


def remove_unused(*, merchant_id: uuid.UUID, checksum: str) -> bool:
    """Remove the files of a picture that no product of the merchant shows; say whether they were removed."""
    with tenant_transaction(merchant_id):
        lock_pictures([checksum])
        if ProductImage.objects.filter(checksum=checksum).exists():
            return False
        for name in (picture_name(merchant_id, checksum), thumbnail_name(merchant_id, checksum)):
            default_storage.delete(name)
        return True


def sweep_pictures(*, merchant_id: uuid.UUID, at: datetime) -> int:
    """Remove what lies in the merchant's folder for longer than ``KEPT_FOR`` and no row names; return how many."""
    swept = 0
    for name in _unnamed(merchant_id):
        path = f"{merchant_folder(merchant_id)}/{name}"
        with suppress(FileNotFoundError):
            if default_storage.get_modified_time(path) > at - KEPT_FOR:
                continue
            checksum = checksum_in(name)
            if checksum is None:
                # Half of a file, from a process that ended while it wrote.
                default_storage.delete(path)
                swept += 1
            else:
                swept += remove_unused(merchant_id=merchant_id, checksum=checksum)
    return swept


def _unnamed(merchant_id: uuid.UUID) -> Iterator[str]:
    try:
        _folders, names = default_storage.listdir(merchant_folder(merchant_id))
    except FileNotFoundError:
        return
    for start in range(0, len(names), NAMES_AT_ONCE):
        checksums = {name: checksum_in(name) for name in names[start : start + NAMES_AT_ONCE]}
        with tenant_transaction(merchant_id):
            found = ProductImage.objects.filter(checksum__in=[each for each in checksums.values() if each])
            named = set(found.values_list("checksum", flat=True))
        yield from (name for name, checksum in checksums.items() if checksum not in named)
