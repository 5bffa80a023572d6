"""What a file is, by its first bytes; its name and what the sender says of it do not count."""

from collections.abc import Sequence

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# Names of kinds as Pillow's decoders have them.
JPEG, PNG, WEBP, GIF = "JPEG", "PNG", "WEBP", "GIF"
HEAD_BYTES = 1024

_SIGNATURES: Sequence[tuple[bytes, str | Promise]] = (
    (b"%PDF", _("a PDF document")),
    (b"BM", _("a BMP picture")),
    (b"II*\x00", _("a TIFF picture")),
    (b"MM\x00*", _("a TIFF picture")),
    (b"8BPS", _("a Photoshop document")),
    (b"\x00\x00\x01\x00", _("an icon")),
    (b"PK\x03\x04", _("an archive or an office document")),
    (b"\x1f\x8b", _("an archive or an office document")),
    (b"MZ", _("a program")),
    (b"\x7fELF", _("a program")),
)
_BRANDS: Sequence[tuple[bytes, str | Promise]] = (
    (b"avi", _("an AVIF picture")),
    (b"hei", _("a HEIC picture")),
    (b"hev", _("a HEIC picture")),
    (b"mif", _("a HEIC picture")),
)


def decoder_of(head: bytes) -> str | None:
    """Return which decoder reads a file that begins like this, or None where none of ours does."""
    if head.startswith(b"\xff\xd8\xff"):
        return JPEG
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return WEBP
    return GIF if head.startswith((b"GIF87a", b"GIF89a")) else None


def kind_of(head: bytes) -> str | Promise:
    """Return in words what a file is that is none of ours."""
    for signature, words in _SIGNATURES:
        if head.startswith(signature):
            return words
    if head[4:8] == b"ftyp":
        return next((words for brand, words in _BRANDS if head[8:11] == brand), _("a video"))
    return _text(head)


def _text(head: bytes) -> str | Promise:
    lower = head[:HEAD_BYTES].lower()
    if b"<svg" in lower:
        return _("an SVG drawing")
    if b"<html" in lower or b"<!doctype html" in lower:
        return _("a web page")
    is_text = b"\x00" not in lower and lower.isascii()
    return _("a text") if is_text else _("a file of a kind that is not known here")
