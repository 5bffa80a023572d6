"""Pictures for tests, honest ones and others."""

import io
import struct
import zlib

from PIL import Image


def encoded(form="PNG", *, size=(40, 30), colour=(200, 30, 30), mode="RGB", **options):
    """Return a picture of one colour as a file."""
    file = io.BytesIO()
    Image.new(mode, size, colour).save(file, form, **options)
    return file.getvalue()


def noisy(form="JPEG", *, size=(640, 480), **options):
    """Return a picture that does not become small, as a file."""
    file = io.BytesIO()
    Image.effect_noise(size, 80).convert("RGB").save(file, form, **options)
    return file.getvalue()


def png_that_promises(width, height):
    """Return a PNG of a few bytes whose head promises so many pixels."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\x00" * 10)) + chunk(b"IEND", b"")
    )
