"""What callers and people are told is marked for translation."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from channels.orders.explaining import FAULTS
from o2o.kit.errors import DomainError

ROOT = Path(__file__).resolve().parents[2]
WORDS = re.compile(r"[^\W\d_]{2,}")
#: For whoever writes or deploys the program; nobody else meets them.
FOR_US = {"o2o/events/delivery.py": "a subscriber that is not deployed stands in the dead letter"}


def told_by(kind: type[DomainError]) -> Iterator[str]:
    yield kind.__name__
    for each in kind.__subclasses__():
        yield from told_by(each)


def unmarked(source: str, names: set[str]) -> Iterator[tuple[int, str]]:
    """Yield the lines that make a refusal with a bare English text."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and _name(node.func) in names:
            for value in (*node.args, *(one.value for one in node.keywords if one.arg != "field")):
                if text := _literal(value):
                    yield node.lineno, text


def _name(function: ast.expr) -> str:
    return getattr(function, "id", getattr(function, "attr", ""))


def _literal(value: ast.expr) -> str:
    """Return the words of a text that stands there as it is; those of a call, such as of gettext, do not."""
    if isinstance(value, ast.Constant) and isinstance(value.value, str) and " " in value.value:
        return value.value
    if isinstance(value, ast.JoinedStr):
        fixed = "".join(str(part.value) for part in value.values if isinstance(part, ast.Constant))
        return fixed if WORDS.search(fixed) else ""
    if isinstance(value, ast.BinOp):
        return _literal(value.left) or _literal(value.right)
    return ""


@pytest.fixture(scope="module")
def names() -> set[str]:
    return {*told_by(DomainError), "ValidationError", "CellError", "RowError"}


def test_every_refusal_is_marked_for_translation(names: set[str]) -> None:
    found: dict[str, Any] = {}
    for package in ("o2o", "customers", "channels", "campaigns", "analytics"):
        for file in sorted((ROOT / package).rglob("*.py")):
            path = str(file.relative_to(ROOT))
            if path not in FOR_US and "/migrations/" not in path and (faults := [*unmarked(file.read_text(), names)]):
                found[path] = faults
    assert found == {}


@pytest.mark.parametrize(
    ("line", "is_found"),
    [
        ('NotFoundError("There is none.")', True),
        ('NotFoundError(f"There is no {thing}.")', True),
        ('NotFoundError("There is no %s." % thing)', True),
        ('NotFoundError(_("There is no %(thing)s.") % {"thing": thing})', False),
        ('NotFoundError(_("There is none."), field="some field")', False),
        ('NotFoundError(f"{title}. {detail}")', False),
    ],
)
def test_control_bare_texts_are_found(names: set[str], line: str, is_found: bool) -> None:
    assert bool([*unmarked(line, names)]) is is_found


def test_every_fault_of_a_rule_can_be_translated() -> None:
    source = (ROOT / "channels/orders/routing/rules.py").read_text()
    raised = {text for _line, text in unmarked(source, {"RuleError"}) if " " in text}
    assert raised == set(FAULTS)
