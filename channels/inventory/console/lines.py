"""Fields for many variants in one form."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from channels.inventory.selectors.codes import variants_of_codes

MOST_LINES = 1000
SEPARATORS = str.maketrans({",": " ", ";": " ", "\t": " "})
ENCODINGS = ("utf-8-sig", "gb18030")


class SkuLinesField(forms.CharField):
    """Lines of ``SKU units``, as people type, paste or scan them; a barcode does as well. Gives units by variant.

    A code alone is one unit, so that a scanner can be held over one thing after the other.
    """

    def __init__(self, **options: Any) -> None:
        options.setdefault(
            "widget", forms.Textarea(attrs={"rows": 8, "spellcheck": "false", "autofocus": True, "class": "o2o-scan"})
        )
        options.setdefault(
            "help_text", _("One SKU or barcode and its units in a line, such as TEA-01 12. A code alone is one unit.")
        )
        super().__init__(**options)

    def clean(self, value: Any) -> Mapping[UUID, int]:
        """Return the units of each variant. Raises ``ValidationError`` that names the line."""
        return units_of_text(super().clean(value) or "")


def units_of_text(text: str) -> Mapping[UUID, int]:
    """Return the units of each variant that lines of text name. Raises ``ValidationError`` that names the line."""
    lines = [(number, line.split()) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    if len(lines) > MOST_LINES:
        raise forms.ValidationError(
            _("%(count)s lines are the most; send them in several parts."), params={"count": MOST_LINES}
        )
    units: dict[str, int] = {}
    for number, parts in lines:
        code, count = (*parts, "1")[:2] if 0 < len(parts) < 3 else ("", "")
        if not count.isdecimal() or not 0 < int(count) <= 1_000_000:
            raise forms.ValidationError(
                _("Line %(number)s: write a SKU and a number of units."), params={"number": number}
            )
        units[code] = units.get(code, 0) + int(count)
    found = variants_of_codes(units)
    if unknown := sorted(set(units) - set(found)):
        raise forms.ValidationError(_("Nothing has the SKU or barcode “%(code)s”."), params={"code": unknown[0]})
    totals: dict[UUID, int] = {}
    for code, quantity in units.items():
        totals[found[code]] = totals.get(found[code], 0) + quantity
    return totals


def text_of_file(file: Any) -> str:
    """Return the lines of a file with a code and its units in each, as ``units_of_text`` reads them.

    The header of the file, if it has one, is dropped. Raises ``ValidationError`` for what is no text.
    """
    content = file.read()
    for encoding in ENCODINGS:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        break
    else:
        raise forms.ValidationError(_("The file is no text; save it as CSV."))
    lines = [line.translate(SEPARATORS).replace('"', "") for line in text.splitlines() if line.strip()]
    if lines and len(parts := lines[0].split()) > 1 and not parts[1].isdecimal():
        lines = lines[1:]
    return "\n".join(lines)
