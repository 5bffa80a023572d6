"""Products, their variants, and the tree that they hang in."""

from django.core.files.storage import default_storage
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from channels.catalog.pictures.names import picture_name, thumbnail_name
from o2o.kit.audit import audited
from o2o.kit.fields import AmountField
from o2o.tenancy.models import TenantModel


@audited()
class Category(TenantModel):
    """A node of the merchant's tree of categories.

    ``path`` holds the codes from the root to the node, each followed by a slash (``drinks/tea/``), so that a branch
    is one range of an index.
    """

    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("parent")
    )
    code = models.SlugField(_("code"), max_length=60, db_index=False)
    name = models.CharField(_("name"), max_length=100)
    path = models.CharField(_("path"), max_length=600, editable=False)

    class Meta:
        verbose_name = _("category")
        verbose_name_plural = _("categories")
        ordering = ("path",)
        constraints = (models.UniqueConstraint(fields=("merchant", "code"), name="category_one_per_code"),)
        # serves: the branch under a node
        indexes = (
            models.Index(
                fields=("merchant", "path"), name="category_branch", opclasses=("uuid_ops", "text_pattern_ops")
            ),
        )

    def __str__(self) -> str:
        return self.name


@audited()
class Product(TenantModel):
    """Something that is sold, in one or more variants."""

    code = models.CharField(_("code"), max_length=60)
    name = models.CharField(_("name"), max_length=200)
    description = models.TextField(_("description"), blank=True)
    brand = models.CharField(_("brand"), max_length=100, blank=True)
    category = models.ForeignKey(
        Category, on_delete=models.PROTECT, null=True, blank=True, related_name="products", verbose_name=_("category")
    )
    attributes = models.JSONField(_("attributes"), default=dict, blank=True)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        ordering = ("name", "pk")
        constraints = (models.UniqueConstraint(fields=("merchant", "code"), name="product_one_per_code"),)
        indexes = (
            # serves: the list in the order of names
            models.Index(fields=("merchant", "name", "id"), name="product_list"),
            # serves: the products of a category
            models.Index(fields=("merchant", "category"), name="product_category"),
        )

    def __str__(self) -> str:
        return self.name


@audited()
class ProductImage(TenantModel):
    """A picture of a product: one that was uploaded, named after its ``checksum``, or the ``url`` of one elsewhere.

    ``width`` and ``height`` are those of what is stored, in pixels.
    """

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="images", verbose_name=_("product"))
    # The version before knows no uploads, and goes on adding links while the next one is brought in.
    url = models.URLField(_("address"), max_length=1000, blank=True)
    checksum = models.CharField(_("checksum"), max_length=64, blank=True, default="", db_default="")
    width = models.PositiveSmallIntegerField(_("width"), null=True, blank=True)
    height = models.PositiveSmallIntegerField(_("height"), null=True, blank=True)
    description = models.CharField(_("description"), max_length=200, blank=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("image")
        verbose_name_plural = _("images")
        ordering = ("position", "pk")
        constraints = (
            # serves also: whether anything of the merchant still shows a file
            models.UniqueConstraint(
                fields=("merchant", "checksum", "product"), condition=~Q(checksum=""), name="image_once_per_product"
            ),
            models.CheckConstraint(
                condition=(Q(checksum="") & ~Q(url="")) | (Q(checksum__regex=r"^[0-9a-f]{64}$") & Q(url="")),
                name="image_is_a_file_or_a_link",
            ),
        )

    def __str__(self) -> str:
        return self.description or self.address

    @property
    def is_uploaded(self) -> bool:
        """Say whether the picture lies here, and not at an address elsewhere."""
        return bool(self.checksum)

    @property
    def address(self) -> str:
        """The address of the picture; of one that lies here without the host."""
        return default_storage.url(picture_name(self.merchant_id, self.checksum)) if self.checksum else self.url

    @property
    def thumbnail_address(self) -> str | None:
        """The address of a small copy, which only pictures have that lie here."""
        return default_storage.url(thumbnail_name(self.merchant_id, self.checksum)) if self.checksum else None


@audited()
class Variant(TenantModel):
    """What is counted, reserved and sold: one size, colour or packing of a product.

    ``gtin`` is a GTIN-14 with a valid check digit, or empty. Quantities of a variant are whole units of what it is
    counted in; goods sold by weight are counted in grams. ``cost`` is in the currency of the merchant.
    """

    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="variants", verbose_name=_("product"))
    sku = models.CharField(_("SKU"), max_length=60)
    name = models.CharField(_("name"), max_length=200, blank=True, help_text=_("What sets it apart: a size, a colour."))
    gtin = models.CharField(_("GTIN"), max_length=14, blank=True)
    attributes = models.JSONField(_("attributes"), default=dict, blank=True)
    cost = AmountField(_("cost"), null=True, blank=True)
    allows_backorder = models.BooleanField(
        _("may be sold beyond stock"), default=False, help_text=_("Orders are taken although there is none.")
    )
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("variant")
        verbose_name_plural = _("variants")
        ordering = ("sku",)
        constraints = (
            models.UniqueConstraint(fields=("merchant", "sku"), name="variant_one_per_sku"),
            models.UniqueConstraint(fields=("merchant", "gtin"), condition=~Q(gtin=""), name="variant_one_per_gtin"),
            models.CheckConstraint(condition=Q(gtin="") | Q(gtin__regex=r"^\d{14}$"), name="variant_gtin_14"),
            models.CheckConstraint(condition=Q(cost=None) | Q(cost__gte=0), name="variant_cost_not_negative"),
        )

    def __str__(self) -> str:
        return self.sku


@audited()
class Barcode(TenantModel):
    """A code on the goods that names a variant: a GTIN as printed, or one of the merchant's own."""

    variant = models.ForeignKey(Variant, on_delete=models.CASCADE, related_name="barcodes", verbose_name=_("variant"))
    value = models.CharField(_("code"), max_length=60)

    class Meta:
        verbose_name = _("barcode")
        verbose_name_plural = _("barcodes")
        ordering = ("value",)
        constraints = (models.UniqueConstraint(fields=("merchant", "value"), name="barcode_names_one_variant"),)

    def __str__(self) -> str:
        return self.value
