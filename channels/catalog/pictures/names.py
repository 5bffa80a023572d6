"""Where a picture is stored: below a folder of the merchant, named after what is in it."""

import re
import uuid

#: Below it lies a folder of each merchant.
FOLDER = "products"
CHECKSUM = re.compile(r"([0-9a-f]{64})(?:-thumb)?\.webp")


def merchant_folder(merchant_id: uuid.UUID | None) -> str:
    """Return the folder of a merchant's pictures."""
    return f"{FOLDER}/{merchant_id}"


def picture_name(merchant_id: uuid.UUID, checksum: str) -> str:
    """Return the name under which the picture is stored."""
    return f"{merchant_folder(merchant_id)}/{checksum}.webp"


def thumbnail_name(merchant_id: uuid.UUID, checksum: str) -> str:
    """Return the name under which its thumbnail is stored."""
    return f"{merchant_folder(merchant_id)}/{checksum}-thumb.webp"


def checksum_in(file_name: str) -> str | None:
    """Return the checksum of a picture or thumbnail by its name in the folder; None for whatever else lies there."""
    found = CHECKSUM.fullmatch(file_name)
    return found[1] if found else None
