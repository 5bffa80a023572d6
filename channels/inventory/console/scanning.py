"""What a scanned code is, for pages that gather goods while people scan."""

from django.http import HttpResponse, JsonResponse
from django.utils.translation import gettext_lazy as _

from channels.catalog.models import Variant
from channels.inventory.selectors.codes import variants_of_codes
from o2o.console import Page, page
from o2o.tenancy.capabilities import Capability

MOST_CODES = 100
LONGEST_CODE = 100


@page
class GoodsOfCodes(Page):
    """Say which goods codes name: ``?code=`` as often as needed. Codes that name nothing are left out."""

    name = "goods_of_codes"
    path = "stock/codes/"
    title = _("Goods of codes")
    policy = Capability.STOCK_WRITE
    is_part = True

    def get(self) -> HttpResponse:
        codes = [code for code in self.request.GET.getlist("code") if 0 < len(code) <= LONGEST_CODE]
        found = variants_of_codes(codes[:MOST_CODES]) if codes else {}
        rows = Variant.objects.filter(pk__in=found.values()).select_related("product") if found else ()
        goods = {
            variant.pk: {
                "id": str(variant.pk),
                "sku": variant.sku,
                "name": f"{variant.product.name} {variant.name}".strip(),
            }
            for variant in rows
        }
        return JsonResponse({code: goods[variant_id] for code, variant_id in found.items()})
