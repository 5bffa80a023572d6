"""Pictures of products: where the files are while rows come and go."""

import os
import threading
import time
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction

from channels.catalog import services
from channels.catalog.models import ProductImage
from channels.catalog.pictures.making import make_picture
from channels.catalog.pictures.names import merchant_folder, picture_name, thumbnail_name
from channels.catalog.services import images, picture_files
from channels.catalog.services.images import TooManyImagesError
from channels.catalog.tasks import sweep_unused_pictures
from o2o.kit.clock import now
from o2o.kit.errors import InvalidError, NotFoundError
from o2o.tenancy.scope import tenant_transaction
from tests.channels.catalog.pictures import encoded
from tests.channels.factories import ProductFactory
from tests.channels.inventory.test_races import at_once
from tests.factories import MerchantFactory
from tests.trials import trials


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    """A folder of its own for the uploads of each test."""
    settings.MEDIA_ROOT = str(tmp_path / "media")
    return tmp_path / "media"


def files(media):
    return sorted(path.name for path in media.rglob("*") if path.is_file())


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
