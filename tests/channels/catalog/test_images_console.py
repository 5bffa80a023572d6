"""Pictures of a product in the console: several at once, the good ones kept; described, moved, deleted after asking."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from channels.catalog import services
from channels.catalog.models import ProductImage
from channels.catalog.pictures.making import make_picture
from o2o.kit.clock import now
from o2o.tenancy.enums import Role
from o2o.tenancy.scope import tenant_transaction
from tests.channels.catalog.conftest import offer
from tests.channels.catalog.pictures import encoded
from tests.channels.factories import ProductFactory, SalesChannelFactory, VariantFactory
from tests.o2o.console.conftest import owner, sign_in  # noqa: F401 - fixtures

pytestmark = pytest.mark.django_db


@pytest.fixture
def product(merchant):
    with tenant_transaction(merchant.pk):
        return ProductFactory(merchant=merchant, name="Jasmine")


def add(product, *colours):
    """Give a product a picture of each colour; return their rows."""
    pictures = [make_picture(content=encoded(colour=colour), name="x") for colour in colours]
    with tenant_transaction(product.merchant_id):
        added = services.add_images(product_id=product.pk, pictures=pictures, at=now())
    return [each.image for each in added]


def order(product):
    with tenant_transaction(product.merchant_id):
        return list(ProductImage.objects.filter(product=product).values_list("pk", flat=True))


def file(name, content):
    return SimpleUploadedFile(name, content, content_type="image/jpeg")


def page_of(browser, product):
    return browser.get(reverse("console:catalog_product_change", args=(product.pk,))).content.decode()


def test_good_files_are_kept_when_one_is_refused_by_name(owner, product):  # noqa: F811
    files = [file("a.png", encoded()), file("menu.svg", b"<svg/>"), file("b.png", encoded(colour=(0, 90, 0)))]

    answer = owner.post(reverse("console:pictures", args=(product.pk,)), {"files": files}, follow=True)

    page = answer.content.decode()
    assert "“menu.svg” is an SVG drawing" in page
    assert "2 pictures added." in page
    assert page.count("-thumb.webp") == len(order(product)) == 2


def test_script_gets_the_new_picture_or_why_there_is_none(owner, product):  # noqa: F811
    def send(name, content):
        url = reverse("console:pictures", args=(product.pk,))
        answer = owner.post(url, {"files": file(name, content)}, headers={"Accept": "application/json"})
        return answer.status_code, answer.json()

    status, made = send("a.png", encoded())
    assert (status, made["detail"]) == (200, "")
    assert "-thumb.webp" in made["html"]
    assert send("b.png", encoded())[1]["detail"] == "“b.png” is there already."
    status, refused = send("c.png", encoded()[:60])
    assert (status, refused["detail"][:8]) == (422, "“c.png” ")
    assert len(order(product)) == 1


def test_picture_is_moved_described_and_deleted_after_asking(owner, product):  # noqa: F811
    first, second = add(product, (200, 0, 0), (0, 90, 0))
    url = reverse("console:image", args=(second.pk,))

    owner.post(url, {"move": "earlier"})
    assert order(product) == [second.pk, first.pk]
    owner.post(url, {"move": "later"})
    assert order(product) == [first.pk, second.pk]
    owner.post(url, {"description": "A green cup"})
    assert 'alt="A green cup"' in page_of(owner, product)

    remove = reverse("console:remove_image", args=(second.pk,))
    assert "Delete" in owner.get(remove).content.decode()
    assert len(order(product)) == 2
    assert owner.post(remove)["Location"].endswith(f"/products/{product.pk}/change/#images")
    assert order(product) == [first.pk]


def test_link_is_still_possible_and_must_be_one(owner, product):  # noqa: F811
    url = reverse("console:add_image_link", args=(product.pk,))
    refused = owner.post(url, {"url": "http://x.example/1.jpg"}).content.decode()
    assert "begins with https://" in refused
    assert order(product) == []

    owner.post(url, {"url": "https://x.example/1.jpg", "description": "Elsewhere"})
    page = page_of(owner, product)
    assert 'href="https://x.example/1.jpg"' in page
    assert 'src="https://x.example' not in page


def test_who_may_only_read_sees_pictures_and_no_means_to_change_them(sign_in, product):  # noqa: F811
    (image,) = add(product, (200, 0, 0))
    analyst = sign_in(Role.ANALYST, user__language="en")

    page = page_of(analyst, product)
    assert "-thumb.webp" in page
    assert "data-picture-upload" not in page
    for name, args in (("pictures", product.pk), ("image", image.pk), ("remove_image", image.pk)):
        assert analyst.post(reverse(f"console:{name}", args=(args,)), {"move": "later"}).status_code == 403
    assert order(product) == [image.pk]


@pytest.mark.parametrize("name", ["catalog_product_changelist", "listing_matrix"])
def test_list_shows_one_picture_a_product_and_costs_the_same(owner, merchant, name):  # noqa: F811
    costs, page = [], ""
    with tenant_transaction(merchant.pk):
        channel = SalesChannelFactory(merchant=merchant)
    for count in (1, 4):
        for number in range(count):
            with tenant_transaction(merchant.pk):
                variant = VariantFactory(merchant=merchant)
                offer(channel, variant, 18)
            add(variant.product, (count, number, 0), (count, number, 255))
        with CaptureQueriesContext(connection) as captured:
            page = owner.get(reverse(f"console:{name}")).content.decode()
        costs.append(len(captured))
    assert costs[0] == costs[1]
    assert page.count('class="o2o-thumb" src=') == 5
