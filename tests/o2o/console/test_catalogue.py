"""Texts: found in Python and templates, all of them in Chinese, compiled without system tools."""

import os
import re
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import read_mo
from django.utils import translation
from django.utils.translation import gettext, ngettext

from o2o.console import catalogue
from o2o.console.export import column_label
from o2o.console.sites import site


def texts_of(template: str) -> list[tuple[int, str, object]]:
    found = catalogue.extract_template(BytesIO(template.encode()), None, None, None)
    return [(line, function, texts) for line, function, texts, _comments in found]


def test_texts_of_templates_are_found_with_their_lines() -> None:
    template = (
        '{% translate "One" %}\n'
        "<p title=\"{% translate 'Yes' %}\">{{ x|default:_('Two') }}</p>\n"
        '{% translate "created" context "audit" %}\n'
        "{% blocktranslate count counter=n %}{{ counter }} row{% plural %}{{ counter }} rows{% endblocktranslate %}"
    )
    assert [texts for _line, _function, texts in texts_of(template)] == [
        "One",
        "Yes",
        "Two",
        ("audit", "created"),
        ("%(counter)s row", "%(counter)s rows"),
    ]
    assert texts_of(template)[0][0] == 1


def test_every_text_has_its_chinese() -> None:
    assert catalogue.faults() == []


def test_a_text_without_chinese_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control."""
    found = Catalog(locale="zh_Hans")
    found.add("Nobody has translated this", locations=[("x.py", 1)])
    found.add("%(a)s", "%(b)s", locations=[("x.py", 2)])
    monkeypatch.setattr(catalogue, "found_catalogue", lambda: found)
    assert catalogue.faults() == [
        "no Chinese for 'Nobody has translated this' (x.py)",
        "no Chinese for '%(a)s' (x.py)",
    ]


def test_placeholders_are_compared() -> None:
    assert catalogue.placeholders(("%(a)s %d", "{b}")) == {"%(a)s", "%d", "{b}"}


def test_a_stale_file_is_compiled_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "django.po"
    source.write_bytes(catalogue.po_path().read_bytes())
    monkeypatch.setattr(catalogue, "po_path", lambda: source)
    assert catalogue.compile_if_stale()
    assert not catalogue.compile_if_stale()
    os.utime(source, (2**31, 2**31))
    assert catalogue.compile_if_stale()
    with source.with_suffix(".mo").open("rb") as file:
        assert read_mo(file).get("Staff")
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".mo~"] == []


def test_chinese_is_spoken() -> None:
    with translation.override("zh-hans"):
        assert gettext("Audit trail") == "操作日志"
        assert ngettext("%(counter)s row", "%(counter)s rows", 3) % {"counter": 3} == "3 行"


@pytest.mark.parametrize("admin", site._registry.values(), ids=str)
def test_each_column_of_a_list_and_its_export_has_a_chinese_name(admin: Any) -> None:
    with translation.override("zh-hans"):
        names = [column_label(column, admin) for column in {*admin.list_display, *admin.export_columns}]
    assert [name for name in names if not re.search(r"[\u4e00-\u9fff]", name)] == []
