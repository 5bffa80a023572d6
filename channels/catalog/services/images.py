"""Pictures of products: uploads and links, their order and what they show.

A file is written before the row that names it and goes after the last row that does, so that no row ever names a
missing file. Whoever writes or removes a file holds the lock of its checksum: otherwise one would remove what another
has just found to be there.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels.catalog.models import Product, ProductImage
from channels.catalog.pictures.making import Picture
from channels.catalog.pictures.names import merchant_folder
from channels.catalog.services.picture_files import lock_pictures, remove_after_commit, store_picture
from channels.catalog.services.products import locked
from o2o.kit.errors import DomainError, InvalidError, NotFoundError
from o2o.tenancy.scope import current_merchant_id

#: Uploads and links together.
MOST_IMAGES = 50
MOST_UPLOADS = 20
LONGEST_DESCRIPTION = 200
_is_link = URLValidator(schemes=["https"])


class TooManyImagesError(DomainError):
    """The product has as many pictures as it may have."""

    code = "too_many_images"
    title = gettext_lazy("The product has too many pictures")


@dataclass(frozen=True, slots=True)
class AddedImage:
    """A picture of a product, and whether it is new there."""

    image: ProductImage
    is_new: bool


def add_images(
    *, product_id: uuid.UUID, pictures: Sequence[Picture], at: datetime, description: str = ""
) -> list[AddedImage]:
    """Add uploaded pictures to a product, after those that it has; all of them or none.

    One that the product has already keeps its row, which is returned. Raises ``NotFoundError`` and
    ``TooManyImagesError``.
    """
    with transaction.atomic():
        product = locked(Product, product_id)
        present = {image.checksum: image for image in product.images.exclude(checksum="")}
        given = {picture.checksum: picture for picture in pictures}
        fresh = [picture for checksum, picture in given.items() if checksum not in present]
        _check_room(product, uploads=len(present) + len(fresh), added=len(fresh))
        lock_pictures(given)
        for picture in given.values():
            store_picture(product.merchant_id, picture)
        made = _appended(product, fresh, description)
        return [AddedImage((present | made)[picture.checksum], is_new=picture.checksum in made) for picture in pictures]


def add_image_link(*, product_id: uuid.UUID, url: str, at: datetime, description: str = "") -> ProductImage:
    """Add a picture that lies elsewhere. Raises ``NotFoundError``, ``InvalidError`` and ``TooManyImagesError``."""
    _check_link(url, field="url")
    with transaction.atomic():
        product = locked(Product, product_id)
        _check_room(product, added=1)
        image: ProductImage = product.images.create(url=url, description=description, position=_next(product))
        return image


def update_image(
    *, image_id: uuid.UUID, at: datetime, description: str | None = None, position: int | None = None
) -> ProductImage:
    """Say what a picture shows, or put it at another place among those of its product (from 0 on).

    A place beyond the last is the last. Raises ``NotFoundError``.
    """
    with transaction.atomic():
        image = _locked_image(image_id)
        if description is not None:
            image.description = description
            image.save(update_fields=["description", "updated_at"])
        if position is not None:
            _move(image, position)
        return image


def remove_image(*, image_id: uuid.UUID, at: datetime) -> None:
    """Take a picture from its product. Its file goes after the commit, unless another product shows it too.

    Raises ``NotFoundError``.
    """
    with transaction.atomic():
        image = _locked_image(image_id)
        image.delete()
        remove_after_commit(image.merchant_id, [image.checksum])


def set_images(*, product_id: uuid.UUID, images: Sequence[tuple[str, str]], at: datetime) -> list[ProductImage]:
    """Give a product exactly these images (address, description), in this order.

    Those that it has already, by their address, keep their row; that of an upload may carry any host. Raises
    ``InvalidError``.
    """
    if len(images) > MOST_IMAGES:
        raise InvalidError(_("%(count)s images are the most.") % {"count": MOST_IMAGES}, field="images")
    with transaction.atomic():
        product = locked(Product, product_id)
        present = list(product.images.all())
        rows = [_found_or_new(product, present, url) for url, _description in images]
        ProductImage.objects.filter(pk__in=[image.pk for image in present]).delete()
        remove_after_commit(product.merchant_id, [image.checksum for image in present])
        for position, (row, (_url, description)) in enumerate(zip(rows, images, strict=True)):
            if row._state.adding or (row.position, row.description) != (position, description):
                row.position, row.description = position, description
                row.save()
        return rows


def _found_or_new(product: Product, present: list[ProductImage], url: str) -> ProductImage:
    """Take the image of an address out of those that are there, or return a new one."""
    path = urlsplit(url).path
    for image in present:
        if url == image.url or (image.is_uploaded and path == urlsplit(image.address).path):
            present.remove(image)
            return image
    _check_link(url, field="images")
    return ProductImage(product=product, url=url)


def _check_link(url: str, *, field: str) -> None:
    try:
        _is_link(url)
    except ValidationError as error:
        text = _("“%(url)s” is not the address of a picture, which begins with https://")
        raise InvalidError(text % {"url": url[:100]}, field=field) from error
    if f"/{merchant_folder(current_merchant_id())}/" in urlsplit(url).path:
        # It would be gone with the last product that holds it.
        text = _("“%(url)s” was uploaded for another product. Upload the picture here as well.")
        raise InvalidError(text % {"url": url[:100]}, field=field)


def _check_room(product: Product, *, added: int, uploads: int = 0) -> None:
    if added and (uploads > MOST_UPLOADS or product.images.count() + added > MOST_IMAGES):
        text = _("“%(product)s” has as many pictures as it may have: %(most)d. Delete one first.")
        most = MOST_UPLOADS if uploads > MOST_UPLOADS else MOST_IMAGES
        raise TooManyImagesError(text % {"product": product.name, "most": most})


def _appended(product: Product, pictures: Iterable[Picture], description: str) -> dict[str, ProductImage]:
    first = _next(product)
    rows = [
        ProductImage(
            product=product,
            checksum=picture.checksum,
            width=picture.width,
            height=picture.height,
            description=description,
            position=position,
        )
        for position, picture in enumerate(pictures, first)
    ]
    return {row.checksum: row for row in ProductImage.objects.bulk_create(rows)}


def _next(product: Product) -> int:
    last = product.images.aggregate(last=Max("position"))["last"]
    return 0 if last is None else last + 1


def _move(image: ProductImage, position: int) -> None:
    rows = list(ProductImage.objects.filter(product=image.product_id).exclude(pk=image.pk))
    rows.insert(max(position, 0), image)
    for place, row in enumerate(rows):
        if row.position != place:
            row.position = place
            row.save(update_fields=["position", "updated_at"])


def _locked_image(image_id: uuid.UUID) -> ProductImage:
    """Lock the product of an image, as all who change its pictures do, and return the image as it is then."""
    missing = NotFoundError(_("There is no image %(id)s.") % {"id": image_id})
    product_id = ProductImage.objects.filter(pk=image_id).values_list("product_id", flat=True).first()
    if product_id is None:
        raise missing
    locked(Product, product_id)
    found: ProductImage | None = ProductImage.objects.filter(pk=image_id).first()
    if found is None:
        raise missing
    return found
