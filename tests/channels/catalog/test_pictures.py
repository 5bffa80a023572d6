"""Pictures as files: what is taken, what is left of it, and what it may cost."""

import io
import random
import re
import subprocess
import sys
import threading
import time

import pytest
from PIL import Image

from channels.catalog.pictures import limits, reading
from channels.catalog.pictures.errors import PictureTooLargeError, UnreadablePictureError
from channels.catalog.pictures.making import make_picture
from tests.channels.catalog.pictures import encoded, noisy, png_that_promises

SVG = b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def shown(content):
    return Image.open(io.BytesIO(content))


# --- what is taken


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "GIF"])
def test_pictures_are_told_by_their_content_and_written_anew_as_webp(form):
    picture = make_picture(content=encoded(form, size=(3000, 1500)), name="sheet.xlsx")

    for content, size in ((picture.content, (2048, 1024)), (picture.thumbnail, (320, 160))):
        assert (shown(content).format, shown(content).size) == ("WEBP", size)
    assert (picture.width, picture.height) == (2048, 1024)
    red, green, blue = shown(picture.content).convert("RGB").getpixel((1000, 500))
    assert (red > 180, green < 60, blue < 60) == (True, True, True)


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (SVG, "an SVG drawing"),
        (b"<!DOCTYPE html><html></html>", "a web page"),
        (b"%PDF-1.7 ...", "a PDF document"),
        (b"MZ\x90\x00", "a program"),
        (b"PK\x03\x04....", "an archive or an office document"),
        (b"\x00\x00\x00\x18ftypheic....", "a HEIC picture"),
        (b"\x00\x00\x00\x18ftypavif....", "an AVIF picture"),
        (b"sku,name\nA,Tea\n", "a text"),
        (b"\x01\x02\x00\xff", "a file of a kind that is not known here"),
        (encoded("BMP"), "a BMP picture"),
        (encoded("TIFF"), "a TIFF picture"),
    ],
)
def test_refusal_names_the_file_what_it_is_and_what_is_taken(content, what):
    with pytest.raises(UnreadablePictureError) as refusal:
        make_picture(content=content, name="C:\\pictures\\cup.jpg")

    assert str(refusal.value.detail) == f"“cup.jpg” is {what}. Pictures are taken as JPEG, PNG, WebP or GIF."


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "GIF"])
def test_file_that_was_cut_off_is_refused(form):
    whole = noisy(form)
    make_picture(content=whole, name="whole")

    for length in (len(whole) // 2, 200, 20):
        with pytest.raises(UnreadablePictureError, match=r"“half\.jpg” is damaged"):
            make_picture(content=whole[:length], name="half.jpg")


def test_rubbish_behind_an_honest_head_is_refused():
    for number, head in enumerate((b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"RIFF\0\0\0\0WEBPVP8 ")):
        # Drawn from a seed: other rubbish says of itself that it is huge, and is refused for that.
        with pytest.raises(UnreadablePictureError, match="damaged"):
            make_picture(content=head + random.Random(number).randbytes(3000), name="x")
    with pytest.raises(UnreadablePictureError, match="“x” is empty"):
        make_picture(content=b"", name="x")


def test_nothing_of_the_file_is_left_but_what_is_seen():
    exif = Image.Exif()
    exif[0x010E] = "<script>alert(1)</script>"
    exif.get_ifd(0x8825)[1] = "N"
    sent = encoded("JPEG", exif=exif.tobytes(), icc_profile=b"PROFILE" * 50, comment=b"SECRET") + b"PK\x03\x04 PAYLOAD"
    assert all(word in sent for word in (b"<script>", b"PROFILE", b"SECRET", b"PAYLOAD"))

    picture = make_picture(content=sent, name="x")

    for content in (picture.content, picture.thumbnail):
        assert not re.search(rb"script|PROFILE|SECRET|PAYLOAD|EXIF|ICCP|XMP ", content)
        assert set(shown(content).info) <= {"loop", "background", "timestamp", "duration"}


@pytest.mark.parametrize("turn", range(1, 9))
def test_picture_stands_upright_however_the_camera_was_held(turn):
    upright = Image.new("RGB", (64, 32), (250, 250, 250))
    upright.paste((200, 0, 0), (0, 0, 16, 16))
    back = {5: 5, 6: 8, 7: 7, 8: 6}.get(turn, turn)
    held = upright.transpose(reading.TURNS[back]) if turn > 1 else upright
    file, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = turn
    held.save(file, "PNG", exif=exif)

    picture = shown(make_picture(content=file.getvalue(), name="x").content).convert("RGB")

    assert picture.size == (64, 32)
    assert picture.getpixel((6, 6))[1] < 80
    assert all(picture.getpixel(corner)[1] > 200 for corner in ((58, 6), (6, 26), (58, 26)))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16"])
def test_every_kind_of_pixels_is_read_and_clear_ones_stay_clear(mode):
    picture = make_picture(content=encoded("PNG", mode=mode, colour=0, size=(2500, 20)), name="x")
    assert shown(picture.content).mode == ("RGBA" if mode in {"LA", "RGBA"} else "RGB")
    if mode in {"LA", "RGBA"}:
        assert shown(picture.content).getchannel("A").getextrema() == (0, 0)


def test_print_colours_of_a_jpeg_become_those_of_a_screen():
    picture = make_picture(content=encoded("JPEG", mode="CMYK", colour=(0, 255, 255, 0)), name="x")
    red, green, blue = shown(picture.content).convert("RGB").getpixel((9, 9))
    assert red > 180 > 80 > max(green, blue)


# --- what would cost too much


def test_too_many_bytes_and_pixels_are_refused_before_anything_is_decoded(monkeypatch):
    monkeypatch.setattr(reading, "_decoded", lambda _image: pytest.fail("decoded"))

    for content, text in (
        (b"\xff\xd8\xff" + bytes(limits.MOST_BYTES), "more than 10 MB"),
        (png_that_promises(8000, 6251), "more than 50 megapixels"),
        (png_that_promises(2**31 - 1, 2**31 - 1), "more than 50 megapixels"),
    ):
        with pytest.raises(PictureTooLargeError, match=text):
            make_picture(content=content, name="x")
    with pytest.raises(UnreadablePictureError, match="too many parts"):
        make_picture(content=noisy("JPEG") + b"\xff\xda" * 60, name="x")


MEASURE = """
import resource, sys
from django.conf import settings; settings.configure(USE_I18N=False)
from channels.catalog.pictures.making import make_picture
from o2o.kit.errors import DomainError
make_picture(content=open(sys.argv[1], "rb").read(), name="small")
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    make_picture(content=open(sys.argv[2], "rb").read(), name="large")
except DomainError as error:
    print(error.code)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def megabytes(tmp_path, content):
    """Return what the large picture cost a process, in megabytes, and the code with which it was refused."""
    (tmp_path / "small").write_bytes(encoded())
    (tmp_path / "large").write_bytes(content)
    command = [sys.executable, "-c", MEASURE, str(tmp_path / "small"), str(tmp_path / "large")]
    words = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return int(words[-1]), words[:-1]


def test_bomb_costs_no_memory(tmp_path):
    vp8x = b"VP8X\x0a\x00\x00\x00\x10\x00\x00\x00" + (16382).to_bytes(3, "little") * 2
    for bomb in (
        png_that_promises(30_000, 30_000),
        b"RIFF" + (len(vp8x) + 4).to_bytes(4, "little") + b"WEBP" + vp8x,
        b"GIF89a" + (65_000).to_bytes(2, "little") * 2 + b"\x00\x00\x00,\x00\x00\x00\x00\x60\xea\x60\xea\x00\x02\x00;",
    ):
        used, code = megabytes(tmp_path, bomb)
        assert used < 20
        assert code == ["picture_too_large"]


@pytest.mark.slow
def test_largest_pictures_that_are_taken_leave_room_for_others(tmp_path):
    """A container of the web has 1 GB; the same picture takes 200 MB merely to be held."""
    large = encoded("PNG", size=(8660, 5773), mode="RGBA", colour=(9, 9, 200, 128), compress_level=1)
    jpeg = encoded("JPEG", size=(8660, 5773), progressive=True, subsampling=0)
    webp = encoded("WEBP", size=(6000, 4166), method=0)
    for content, most in ((large, 300), (jpeg, 350), (webp, 450)):
        used, code = megabytes(tmp_path, content)
        assert (used < most, code) == (True, []), used


def test_pictures_are_decoded_one_at_a_time(monkeypatch):
    running, most = [], []

    def decoded(_image):
        running.append(1)
        most.append(len(running))
        time.sleep(0.02)
        running.pop()
        return Image.new("RGB", (8, 8))

    monkeypatch.setattr(reading, "_decoded", decoded)
    threads = [threading.Thread(target=make_picture, kwargs={"content": encoded(), "name": "x"}) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert most == [1, 1, 1, 1]
