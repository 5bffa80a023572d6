"""Pictures of products in the API, and how their files are served."""

import json
import uuid

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext

from channels.catalog.models import ProductImage
from channels.catalog.pictures.names import picture_name
from o2o.api.handler import Handler, is_program
from o2o.tenancy.capabilities import Capability
from o2o.tenancy.scope import tenant_transaction
from tests.channels.catalog.pictures import encoded, png_that_promises
from tests.channels.factories import ProductFactory
from tests.o2o.api.conftest import make_token

pytestmark = pytest.mark.django_db
SCOPES = (Capability.CATALOG_READ, Capability.CATALOG_WRITE)


@pytest.fixture
def program(merchant):
    """Make a program of the merchant, with some scopes."""

    def make(*scopes):
        return Client(headers={"authorization": f"Bearer {make_token(merchant, scopes or SCOPES)}"})

    return make


@pytest.fixture
def product(merchant):
    with tenant_transaction(merchant.pk):
        return ProductFactory(merchant=merchant)


def upload(client, product, content, *, key="", name="cup.png", **fields):
    file = SimpleUploadedFile(name, content, content_type="image/png")
    headers = {"Idempotency-Key": key or uuid.uuid4().hex}
    return client.post(f"/api/v1/products/{product.pk}/images", {"file": file, **fields}, headers=headers)


def send(client, method, path, body):
    headers = {"Idempotency-Key": uuid.uuid4().hex}
    return client.generic(method, f"/api/v1/{path}", json.dumps(body), content_type="application/json", headers=headers)


def rows(merchant):
    with tenant_transaction(merchant.pk):
        return list(ProductImage.objects.order_by("position").values_list("description", "position"))


def test_picture_is_uploaded_listed_changed_and_deleted(program, product, merchant):
    client = program()
    made = upload(client, product, encoded(), description="A cup")
    other = upload(client, product, encoded(colour=(0, 90, 0))).json()

    image = made.json()
    assert (made.status_code, image["description"], image["position"]) == (201, "A cup", 0)
    assert (image["width"], image["height"]) == (40, 30)
    assert image["url"].startswith(f"http://testserver/media/products/{merchant.pk}/")
    assert image["thumbnail_url"] == image["url"].replace(".webp", "-thumb.webp")
    listed = client.get(f"/api/v1/products/{product.pk}/images").json()
    assert [each["id"] for each in listed["results"]] == [image["id"], other["id"]]
    assert client.get(f"/api/v1/products/{product.pk}").json()["images"] == listed["results"]
    changed = send(client, "PATCH", f"product_images/{image['id']}", {"description": "Two cups", "position": 5})
    assert (changed.json()["description"], changed.json()["position"]) == ("Two cups", 1)
    assert send(client, "DELETE", f"product_images/{image['id']}", {}).status_code == 204
    assert rows(merchant) == [("", 0)]


def test_a_link_keeps_its_shape_beside_uploads_and_a_list_that_was_read_can_be_sent_back(program, product, merchant):
    client = program()
    image = upload(client, product, encoded()).json()
    images = [{"url": "https://x.example/1.jpg", "description": "Elsewhere"}, {"url": image["url"]}]

    put = send(client, "PUT", f"products/{product.pk}/images", {"images": images})

    link, kept = put.json()["images"]
    assert (link["url"], link["description"], link["position"]) == ("https://x.example/1.jpg", "Elsewhere", 0)
    assert (link["thumbnail_url"], link["width"]) == (None, None)
    assert (kept["id"], kept["url"]) == (image["id"], image["url"])
    again = send(client, "PUT", f"products/{product.pk}/images", {"images": put.json()["images"]})
    assert again.json()["images"] == put.json()["images"]


def test_same_key_is_one_upload_and_the_same_picture_is_the_one_that_is_there(program, product, merchant):
    client, key = program(), uuid.uuid4().hex
    first = upload(client, product, encoded(), key=key)
    replayed = upload(client, product, encoded(), key=key)
    assert (replayed.status_code, replayed.content, replayed["Idempotent-Replayed"]) == (201, first.content, "true")

    other = upload(client, product, encoded(colour=(0, 90, 0)), key=key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    again = upload(client, product, encoded(), description="Another word")
    assert (again.status_code, again.json()) == (200, first.json())
    without = client.post(f"/api/v1/products/{product.pk}/images", {"file": SimpleUploadedFile("x", encoded())})
    assert without.json()["code"] == "idempotency_key_required"
    assert rows(merchant) == [("", 0)]


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", 422, "unreadable_picture"),
        (encoded("JPEG")[:300], 422, "unreadable_picture"),
        (b"", 422, "unreadable_picture"),
        (png_that_promises(40_000, 40_000), 413, "picture_too_large"),
    ],
)
def test_what_is_no_picture_is_refused_by_name_and_changes_nothing(program, product, merchant, content, status, code):
    refused = upload(program(), product, content, name="menu.png")

    assert (refused.status_code, refused.json()["code"]) == (status, code)
    assert "menu.png" in refused.json()["detail"]
    assert rows(merchant) == []


def test_body_that_is_too_large_is_refused_unread(program, product, monkeypatch):
    def read(*_args):
        pytest.fail("the body was read")

    monkeypatch.setattr("django.http.multipartparser.MultiPartParser.parse", read)
    refused = upload(program(), product, bytes(10_600_000))
    assert (refused.status_code, refused.json()["code"]) == (413, "picture_too_large")


def test_reading_is_not_writing_and_others_have_no_product(program, product, merchant, other_merchant):
    reader = program(Capability.CATALOG_READ)
    assert upload(reader, product, encoded()).status_code == 403
    with tenant_transaction(other_merchant.pk):
        theirs = ProductFactory(merchant=other_merchant)
    assert upload(program(), theirs, encoded()).status_code == 404
    assert program().get(f"/api/v1/products/{theirs.pk}/images").status_code == 404
    assert rows(merchant) == rows(other_merchant) == []


def test_list_costs_the_same_for_one_picture_and_for_many(program, product):
    client, costs = program(), []
    for number in (1, 5):
        for shade in range(number):
            upload(client, product, encoded(colour=(number, shade, 0)))
        with CaptureQueriesContext(connection) as captured:
            client.get(f"/api/v1/products/{product.pk}/images")
        costs.append(len(captured))
    assert costs[0] == costs[1]


# --- the files


@pytest.fixture
def address(program, product):
    return upload(program(), product, encoded()).json()["url"].removeprefix("http://testserver")


def test_file_is_for_everybody_inert_and_kept_for_ever(address):
    answer = Client().get(address)

    assert (answer.status_code, answer["Content-Type"]) == (200, "image/webp")
    assert answer["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Disposition"] == "inline"
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox; frame-ancestors 'none'"
    assert answer["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert not {"Vary", "Set-Cookie", "Content-Language"} & set(answer.headers)
    again = Client().get(address, headers={"If-None-Match": answer["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert Client().head(address).status_code == 200
    assert Client().post(address).status_code == 405


def test_file_costs_no_query(address):
    with CaptureQueriesContext(connection) as captured:
        Client().get(address)
    assert len(captured) == 0


def test_nothing_but_well_formed_names_is_looked_for(address, merchant, settings, monkeypatch):
    folder, _slash, name = address.rpartition("/")
    secret = default_storage.path("secret.webp")
    with open(secret, "w", encoding="utf-8") as file:
        file.write("secret")
    looked = []
    real = default_storage.open
    monkeypatch.setattr(default_storage, "open", lambda path: looked.append(path) or real(path))

    for path in (
        "/media/", "/media/products/", f"{folder}/", "/media/secret.webp", "/media//etc/passwd", f"{address}/",
        f"{folder}/../../secret.webp", f"{folder}/..%2f..%2fsecret.webp", f"{folder}/%2e%2e/%2e%2e/secret.webp",
        f"{address}%00", f"{address}%0a", f"{address}.part", address.upper(), f"{folder}/{name[:-6]}.svg",
        f"{folder}/{'a' * 63}.webp",
    ):  # fmt: skip
        assert Client().get(path).status_code == 404, path
    assert looked == []
    assert Client().get(f"{folder}/{'a' * 64}.webp").status_code == 404
    assert looked == [picture_name(merchant.pk, "a" * 64)]


def test_chain_for_programs_serves_files_too_and_nothing_else_below_their_address(address):
    handler = Handler()
    handler.load_middleware()
    for path, status in ((address, 200), ("/media/", 404), ("/media/products/", 404), (f"{address}%0a", 404)):
        request = RequestFactory().get(path)
        assert is_program(request)
        answer = handler.get_response(request)
        assert (answer.status_code, request.resolver_match.view_name) == (status, "media"), path
        if status == 200:
            assert int(answer["Content-Length"]) == len(answer.content)
            assert not {"Vary", "Set-Cookie", "Content-Language"} & set(answer.headers)
