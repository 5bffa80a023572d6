"""Fields for many variants in one form."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from channels.catalog.models import Barcode, Variant

MOST_LINES = 500


class SkuLinesField(forms.CharField):
    """Lines of ``SKU units``, as people type or paste them; a barcode does as well. Gives units by variant."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("widget", forms.Textarea(attrs={"rows": 8, "spellcheck": "false"}))
        options.setdefault("help_text", _("One SKU or barcode and its units in a line, such as TEA-01 12."))
        super().__init__(**options)

    def clean(self, value: Any) -> Mapping[UUID, int]:
        """Return the units of each variant. Raises ``ValidationError`` that names the line."""
        lines = [line.split() for line in (super().clean(value) or "").splitlines() if line.strip()]
        if len(lines) > MOST_LINES:
            raise forms.ValidationError(
                _("%(count)s lines are the most; import a file instead."), params={"count": MOST_LINES}
            )
        units: dict[str, int] = {}
        for number, parts in enumerate(lines, start=1):
            if len(parts) != 2 or not parts[1].isdecimal() or not int(parts[1]):
                raise forms.ValidationError(
                    _("Line %(number)s: write a SKU and a number of units."), params={"number": number}
                )
            units[parts[0]] = units.get(parts[0], 0) + int(parts[1])
        found = dict(Variant.objects.filter(sku__in=units).values_list("sku", "pk"))
        found |= dict(Barcode.objects.filter(value__in=set(units) - set(found)).values_list("value", "variant_id"))
        if unknown := sorted(set(units) - set(found)):
            raise forms.ValidationError(_("Nothing has the SKU or barcode “%(code)s”."), params={"code": unknown[0]})
        return {found[code]: count for code, count in units.items()}
