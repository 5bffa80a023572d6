"""Decode a picture that nobody vouches for, with little memory, to at most ``LONGEST_SIDE``."""

import fcntl
import io
import os
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path

from django.utils.translation import gettext as _
from PIL import Image

from channels.catalog.pictures.errors import PictureTooLargeError, UnreadablePictureError
from channels.catalog.pictures.limits import (
    LONGEST_SIDE,
    MEBIBYTE,
    MOST_BYTES,
    MOST_PIXELS,
    MOST_SCANS,
    MOST_WEBP_PIXELS,
)
from channels.catalog.pictures.recognising import HEAD_BYTES, JPEG, WEBP, decoder_of, kind_of

# Pillow raises beyond twice of it, also before a decoder takes memory for what the head of the file promises; it warns
# beyond it, which is none of anybody's business here.
Image.MAX_IMAGE_PIXELS = MOST_PIXELS // 2
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)

START_OF_SCAN = b"\xff\xda"
TILE = 1024
# Of EXIF: how a camera was held, and what turns its picture upright.
ORIENTATION = 0x0112
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
LOCK_FILE = Path(tempfile.gettempdir()) / f"o2o-pictures-{os.getuid()}.lock"


def read_picture(content: bytes, name: str) -> Image.Image:
    """Return what a file shows, upright, as RGB or RGBA, with nothing else of the file.

    ``name`` is only for messages. Raises ``PictureTooLargeError`` and ``UnreadablePictureError``.
    """
    decoder = _decoder(content, name)
    most = MOST_WEBP_PIXELS if decoder == WEBP else MOST_PIXELS
    with one_at_a_time():
        return _read(content, name, decoder=decoder, most=most)


def _read(content: bytes, name: str, *, decoder: str, most: int) -> Image.Image:
    try:
        with Image.open(io.BytesIO(content), formats=(decoder,)) as image:
            _require_at_most(most, image, name)
            return _decoded(image)
    except Image.DecompressionBombError as error:
        raise _too_many_pixels(name, most) from error
    except PictureTooLargeError:
        raise
    except Exception as error:  # a broken file makes decoders raise whatever comes
        text = _("“%(name)s” is damaged or was cut off on the way. Save it anew and send it again.")
        raise UnreadablePictureError(text % {"name": name}) from error


def _decoder(content: bytes, name: str) -> str:
    """Return the decoder for a file that may be decoded at all."""
    if len(content) > MOST_BYTES:
        raise too_many_bytes(name)
    if not content:
        raise UnreadablePictureError(_("“%(name)s” is empty.") % {"name": name})
    found = decoder_of(content[:HEAD_BYTES])
    if found is None:
        text = _("“%(name)s” is %(kind)s. Pictures are taken as JPEG, PNG, WebP or GIF.")
        raise UnreadablePictureError(text % {"name": name, "kind": kind_of(content[:HEAD_BYTES])})
    if found == JPEG and content.count(START_OF_SCAN) > MOST_SCANS:
        text = _("“%(name)s” is a JPEG in too many parts. Save it anew, without “progressive”.")
        raise UnreadablePictureError(text % {"name": name})
    return found


def _require_at_most(most: int, image: Image.Image, name: str) -> None:
    if image.width * image.height > most:
        raise _too_many_pixels(name, most)


def too_many_bytes(name: str) -> PictureTooLargeError:
    """Return the refusal of a file that has too many bytes."""
    text = _("“%(name)s” has more than %(most)d MB. Make it smaller and send it again.")
    return PictureTooLargeError(text % {"name": name, "most": MOST_BYTES // MEBIBYTE})


def _too_many_pixels(name: str, most: int) -> PictureTooLargeError:
    text = _("“%(name)s” has more than %(most)d megapixels. Make it smaller and send it again.")
    return PictureTooLargeError(text % {"name": name, "most": most // 1_000_000})


def _decoded(image: Image.Image) -> Image.Image:
    longest = max(image.size)
    if longest > LONGEST_SIDE:
        # A JPEG can be decoded at a half, a quarter or an eighth; other decoders take no notice.
        image.draft(None, (-(-image.width * LONGEST_SIDE // longest), -(-image.height * LONGEST_SIDE // longest)))
    image.load()
    turned = _turn_of(image)
    small = _reduced(image, max(1, max(image.size) // LONGEST_SIDE))
    small.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
    return small.transpose(turned) if turned is not None else small


def _reduced(image: Image.Image, factor: int) -> Image.Image:
    """Return a copy that is smaller by a whole factor, made tile by tile: a second whole picture would be too much."""
    mode = "RGBA" if image.has_transparency_data else "RGB"
    width, height = image.size
    small = Image.new(mode, (-(-width // factor), -(-height // factor)))
    side = factor * max(1, TILE // factor)
    for top, left in product(range(0, height, side), range(0, width, side)):
        tile = image.crop((left, top, min(left + side, width), min(top + side, height))).convert(mode)
        small.paste(tile.reduce(factor) if factor > 1 else tile, (left // factor, top // factor))
    return small


def _turn_of(image: Image.Image) -> Image.Transpose | None:
    """Return how a camera says that its picture is to be turned; what it says unintelligibly does not count."""
    try:
        return TURNS.get(int(image.getexif().get(ORIENTATION, 1)))
    except Exception:  # noqa: BLE001 - made-up metadata make the parser raise whatever comes
        return None


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Let one picture be decoded on this machine at a time: what one needs is known, what eight need is too much."""
    handle = os.open(LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
