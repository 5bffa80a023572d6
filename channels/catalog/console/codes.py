"""Barcodes of a variant, on screen."""

from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from channels.catalog import services
from channels.catalog.console.products import PRODUCTS
from channels.catalog.models import Variant
from o2o.console import ConsoleForm, FormPage, page
from o2o.kit.clock import now
from o2o.kit.errors import NotFoundError
from o2o.tenancy.capabilities import Capability


class BarcodesForm(ConsoleForm):
    """All codes of a variant, one a line."""

    codes = forms.CharField(
        label=_("Barcodes"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("One a line. A GTIN of 8, 12, 13 or 14 digits is kept as 14."),
    )


@page
class Barcodes(FormPage):
    """Say which codes on the goods name a variant."""

    name = "barcodes"
    path = "variants/<uuid:variant_id>/barcodes/"
    title = _("Barcodes")
    intro = _("What a scanner may read on the goods. A code names one variant only.")
    policy = Capability.CATALOG_WRITE
    form_class = BarcodesForm
    done = _("Saved.")
    parents = PRODUCTS

    @property
    def variant(self) -> Variant:
        """The variant of the address. Raises ``NotFoundError``."""
        found = Variant.objects.select_related("product").filter(pk=self.kwargs["variant_id"]).first()
        if found is None:
            raise NotFoundError(_("There is no such variant."))
        variant: Variant = found
        return variant

    def heading(self) -> str:
        return f"{self.title} · {self.variant.sku}"

    def initial(self) -> dict[str, Any]:
        return {"codes": "\n".join(self.variant.barcodes.values_list("value", flat=True))}

    def save(self, form: forms.Form) -> None:
        values = form.cleaned_data["codes"].splitlines()
        services.set_barcodes(variant_id=self.variant.pk, values=values, at=now())

    def success_url(self) -> str:
        return reverse("console:catalog_product_change", args=(self.variant.product_id,))
