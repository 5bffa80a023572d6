"""Make what is stored out of what was sent."""

import hashlib
import io
from dataclasses import dataclass

from PIL import Image

from channels.catalog.pictures.limits import THUMBNAIL_SIDE
from channels.catalog.pictures.reading import read_picture

QUALITY = 84


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as it is stored: two WebP files, and the SHA-256 of the larger one, which both are named after."""

    content: bytes
    thumbnail: bytes
    width: int
    height: int
    checksum: str


def make_picture(*, content: bytes, name: str) -> Picture:
    """Read a JPEG, PNG, WebP or GIF (its first frame) and write it anew, so that only what is seen is left of it.

    Takes seconds for the largest ones, so call it before taking locks. ``name`` is only for messages. Raises
    ``PictureTooLargeError`` and ``UnreadablePictureError``.
    """
    return picture_of(read_picture(content, shown_name(name)))


def picture_of(image: Image.Image) -> Picture:
    """Return an image of at most ``LONGEST_SIDE`` as it is stored."""
    small = image.copy()
    small.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE), Image.Resampling.LANCZOS, reducing_gap=3.0)
    content = _encoded(image)
    return Picture(content, _encoded(small), image.width, image.height, hashlib.sha256(content).hexdigest())


def shown_name(name: str) -> str:
    """Return the name of a file as it stands in messages: without folders, and not longer than people read."""
    return name.replace("\\", "/").rsplit("/", 1)[-1].replace("\x00", "")[-100:] or "file"


def _encoded(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "WEBP", quality=QUALITY, method=4)
    return file.getvalue()
