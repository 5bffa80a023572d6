"""Pictures of products: what is taken, what is left of it, and where the files are while rows come and go."""

import io
import os
import re
import subprocess
import sys
import threading
import time
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction
from PIL import Image

from channels.catalog import services
from channels.catalog.models import ProductImage
from channels.catalog.pictures import limits, reading
from channels.catalog.pictures.errors import PictureTooLargeError, UnreadablePictureError
from channels.catalog.pictures.making import make_picture
from channels.catalog.pictures.names import merchant_folder, picture_name, thumbnail_name
from channels.catalog.services import images, picture_files
from channels.catalog.services.images import TooManyImagesError
from channels.catalog.tasks import sweep_unused_pictures
from o2o.kit.clock import now
from o2o.kit.errors import InvalidError, NotFoundError
from o2o.tenancy.scope import tenant_transaction
from tests.channels.catalog.pictures import encoded, noisy, png_that_promises
from tests.channels.factories import ProductFactory
from tests.channels.inventory.test_races import at_once
from tests.factories import MerchantFactory
from tests.trials import trials

SVG = b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    """A folder of its own for the uploads of each test."""
    settings.MEDIA_ROOT = str(tmp_path / "media")
    return tmp_path / "media"


def files(media):
    return sorted(path.name for path in media.rglob("*") if path.is_file())


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
    for head in (b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"RIFF\x00\x00\x00\x00WEBPVP8 "):
        with pytest.raises(UnreadablePictureError, match="damaged"):
            make_picture(content=head + os.urandom(3000), name="x")
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
import os, resource, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "o2o.settings.testing"
import django; django.setup()
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


# --- rows and files


@pytest.fixture
def product(scope):
    return ProductFactory(merchant=scope, name="Jasmine")


def picture_of(colour=(200, 30, 30)):
    return make_picture(content=encoded(colour=colour), name="x")


def add(product, *pictures, **fields):
    return [added.image for added in services.add_images(product_id=product.pk, pictures=pictures, at=now(), **fields)]


def of(product):
    return [(image.position, image.checksum or image.url) for image in product.images.all()]


@pytest.mark.django_db
def test_upload_is_a_row_and_two_files_named_after_what_is_in_them(product, media):
    picture = picture_of()

    (image,) = add(product, picture, description="A cup")

    assert (image.checksum, image.width, image.height, image.description) == (picture.checksum, 40, 30, "A cup")
    assert image.address == f"/media/products/{product.merchant_id}/{picture.checksum}.webp"
    for name, content in (
        (picture_name(product.merchant_id, picture.checksum), picture.content),
        (thumbnail_name(product.merchant_id, picture.checksum), picture.thumbnail),
    ):
        assert default_storage.open(name).read() == content
    assert len(files(media)) == 2


@pytest.mark.django_db
def test_same_picture_again_is_the_one_that_is_there_and_mends_a_lost_file(product, media):
    first, second = picture_of(), picture_of((0, 90, 0))
    (image,) = add(product, first)
    default_storage.delete(picture_name(product.merchant_id, first.checksum))

    again = services.add_images(product_id=product.pk, pictures=[first, second, first], at=now())

    assert [(added.image.checksum, added.is_new) for added in again] == [
        (first.checksum, False), (second.checksum, True), (first.checksum, False),
    ]  # fmt: skip
    assert again[0].image.pk == image.pk
    assert of(product) == [(0, first.checksum), (1, second.checksum)]
    assert len(files(media)) == 4


@pytest.mark.django_db
def test_database_refuses_a_picture_twice_and_one_that_is_neither_file_nor_link(product):
    (image,) = add(product, picture_of())
    for fields in ({"checksum": image.checksum}, {}, {"checksum": "x"}, {"checksum": "a" * 64, "url": "https://x.io/"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            ProductImage.objects.create(product=product, **fields)


@pytest.mark.django_db
def test_twenty_uploads_are_the_most_and_a_refusal_leaves_all_as_it_was(product, media):
    pictures = [picture_of((number, 0, 0)) for number in range(0, 252, 12)]
    add(product, *pictures[:19])
    kept = files(media)

    with pytest.raises(TooManyImagesError, match=r"“Jasmine”.*20"):
        add(product, *pictures[18:])

    assert (len(of(product)), files(media)) == (19, kept)
    add(product, pictures[19])
    add(product, pictures[3])


@pytest.mark.django_db
def test_links_stand_beside_uploads_and_must_be_links(product):
    add(product, picture_of())
    services.add_image_link(product_id=product.pk, url="https://x.example/1.jpg", at=now())

    theirs = f"https://here.example/media/{merchant_folder(product.merchant_id)}/{'a' * 64}.webp"
    for wrong in ("http://x.example/1.jpg", "javascript:alert(1)", "https://", theirs):
        with pytest.raises(InvalidError):
            services.add_image_link(product_id=product.pk, url=wrong, at=now())

    assert [position for position, _name in of(product)] == [0, 1]


@pytest.mark.django_db
def test_picture_is_described_and_moved_among_the_others(product):
    made = add(product, *(picture_of((number, 0, 0)) for number in (0, 100, 200)))
    names = [image.checksum for image in made]

    services.update_image(image_id=made[2].pk, position=0, description="In front", at=now())
    assert of(product) == [(0, names[2]), (1, names[0]), (2, names[1])]
    services.update_image(image_id=made[2].pk, position=99, at=now())
    assert of(product) == [(0, names[0]), (1, names[1]), (2, names[2])]
    assert product.images.get(pk=made[2].pk).description == "In front"


@pytest.mark.django_db
def test_setting_all_keeps_uploads_by_their_address(product, media, django_capture_on_commit_callbacks):
    kept, dropped = add(product, picture_of(), picture_of((0, 90, 0)))
    link = services.add_image_link(product_id=product.pk, url="https://x.example/1.jpg", at=now())

    with django_capture_on_commit_callbacks(execute=True):
        services.set_images(
            product_id=product.pk,
            images=[("https://x.example/2.jpg", ""), (link.url, "Old"), (f"https://o2o.example{kept.address}", "Cup")],
            at=now(),
        )

    new, *old = product.images.all()
    assert new.url == "https://x.example/2.jpg"
    assert [(image.pk, image.description) for image in old] == [(link.pk, "Old"), (kept.pk, "Cup")]
    assert files(media) == [f"{kept.checksum}-thumb.webp", f"{kept.checksum}.webp"]
    with pytest.raises(InvalidError):
        services.set_images(product_id=product.pk, images=[(dropped.address, "")], at=now())
    assert product.images.count() == 3


@pytest.mark.django_db
def test_file_goes_with_the_last_product_that_shows_it(product, scope, media, django_capture_on_commit_callbacks):
    picture, other = picture_of(), ProductFactory(merchant=scope)
    (first,), (second,) = add(product, picture), add(other, picture)
    assert len(files(media)) == 2

    with django_capture_on_commit_callbacks(execute=True):
        services.remove_image(image_id=first.pk, at=now())
    assert len(files(media)) == 2
    with django_capture_on_commit_callbacks(execute=True):
        services.remove_image(image_id=second.pk, at=now())
        assert len(files(media)) == 2, "the row goes first"
    assert files(media) == []
    with pytest.raises(NotFoundError):
        services.remove_image(image_id=first.pk, at=now())


@pytest.mark.django_db
def test_picture_of_another_merchant_is_not_there_and_has_files_of_its_own(product, other_merchant, media):
    (image,) = add(product, picture_of())
    with tenant_transaction(other_merchant.pk):
        theirs = ProductFactory(merchant=other_merchant)
        for act, wanted in (
            (services.remove_image, {"image_id": image.pk}),
            (services.update_image, {"image_id": image.pk, "position": 0}),
            (services.add_images, {"product_id": product.pk, "pictures": [picture_of()]}),
        ):
            with pytest.raises(NotFoundError):
                act(**wanted, at=now())
        add(theirs, picture_of())

    assert len(files(media)) == 4
    assert product.images.count() == 1


# --- when things go wrong half-way


class Shop:
    """A merchant with two products, for real."""

    def __init__(self):
        self.merchant = MerchantFactory()
        with self.scope():
            self.products = [ProductFactory(merchant=self.merchant) for _ in range(2)]

    def scope(self):
        return tenant_transaction(self.merchant.pk)

    def broken(self, media):
        """Return the names of files that rows name and that are missing, and of files that no row names."""
        with self.scope():
            named = set(ProductImage.objects.values_list("checksum", flat=True))
        lying = {name[:64] for name in files(media / merchant_folder(self.merchant.pk))}
        return named - lying, lying - named


def test_upload_that_is_not_committed_leaves_a_file_that_is_swept_after_a_day(committed_db, media):
    shop = Shop()
    with pytest.raises(ZeroDivisionError), shop.scope():
        add(shop.products[0], picture_of())
        raise ZeroDivisionError
    with shop.scope():
        add(shop.products[0], picture_of((0, 90, 0)))
    half = media / merchant_folder(shop.merchant.pk) / f"{'a' * 64}.webp.x.part"
    half.write_bytes(b"RIFF")
    assert len(files(media)) == 5

    sweep_unused_pictures()
    assert len(files(media)) == 5
    yesterday = time.time() - 25 * 3600
    for path in media.rglob("*.*"):
        os.utime(path, (yesterday, yesterday))
    sweep_unused_pictures()

    assert shop.broken(media) == (set(), set())
    assert len(files(media)) == 2


def test_sweeping_finds_no_folder_where_nothing_was_uploaded(committed_db):
    assert services.sweep_pictures(merchant_id=Shop().merchant.pk, at=now() + timedelta(days=9)) == 0


def test_file_that_cannot_be_removed_costs_nothing_but_its_place(committed_db, media, monkeypatch):
    shop = Shop()
    with shop.scope():
        (image,) = add(shop.products[0], picture_of())

    def fails(_name):
        raise OSError("read-only")

    monkeypatch.setattr(default_storage, "delete", fails)
    with shop.scope():
        services.remove_image(image_id=image.pk, at=now())

    assert shop.broken(media) == (set(), {image.checksum})


def test_file_appears_whole_or_not_at_all(media):
    class Breaks(ContentFile):
        def chunks(self, chunk_size=None):
            yield b"half"
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        default_storage.save("products/x.webp", Breaks(b""))
    assert files(media) == []


def test_same_picture_twice_at_once_is_one_row(committed_db, media):
    for _round in range(trials(3, long=50)):
        shop, picture = Shop(), picture_of()

        def upload(_number, shop=shop, picture=picture):
            with shop.scope():
                return services.add_images(product_id=shop.products[0].pk, pictures=[picture], at=now())[0].is_new

        assert sorted(at_once(upload, 2)) == [False, True]
        with shop.scope():
            assert of(shop.products[0]) == [(0, picture.checksum)]
        assert shop.broken(media) == (set(), set())


def upload_while_it_is_removed(media, monkeypatch):
    """Remove a picture from one product while it is added to another, in the worst order; return what is broken."""
    shop, picture = Shop(), picture_of()
    with shop.scope():
        (image,) = add(shop.products[0], picture)
    found_it, removed = threading.Event(), threading.Event()
    real = images.store_picture

    def store(merchant_id, stored):
        real(merchant_id, stored)
        found_it.set()
        removed.wait(1)

    monkeypatch.setattr(images, "store_picture", store)

    def work(number):
        if number:
            with shop.scope():
                add(shop.products[1], picture)
        else:
            found_it.wait(5)
            with shop.scope():
                services.remove_image(image_id=image.pk, at=now())
            removed.set()

    at_once(work, 2)
    return shop.broken(media)


def test_picture_that_is_removed_here_while_it_is_added_there_keeps_its_file(committed_db, media, monkeypatch):
    assert upload_while_it_is_removed(media, monkeypatch) == (set(), set())


def test_control_without_the_lock_a_row_names_a_missing_file(committed_db, media, monkeypatch):
    monkeypatch.setattr(picture_files, "lock_pictures", lambda checksums: None)
    monkeypatch.setattr(images, "lock_pictures", lambda checksums: None)
    missing, _unnamed = upload_while_it_is_removed(media, monkeypatch)
    assert len(missing) == 1
