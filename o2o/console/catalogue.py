"""The catalogue of texts: found in Python and templates, translated in ``locale/``, compiled without system tools."""

import ast
import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_file
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation.template import templatize

LANGUAGE = "zh_Hans"
OUR_FOLDERS = ("o2o", "customers", "channels", "campaigns", "analytics", "templates")
# Packages whose texts people see and whose own catalogues say too little Chinese, or none.
FOREIGN = {
    "unfold": (
        "templates/admin",
        "templates/unfold",
        "templates/registration",
        "contrib/filters",
        "contrib/forms",
        "*.py",
    ),
    "allauth": (
        "account",
        "mfa",
        "usersessions",
        "core",
        "templates/account",
        "templates/mfa",
        "templates/usersessions",
    ),
    "axes": ("templates", "helpers.py", "decorators.py"),
}
COVERED_BY = (
    "django/conf",
    "django/contrib/admin",
    "django/contrib/auth",
    "django/contrib/humanize",
    "allauth",
    "axes",
)

KEYWORDS: dict[str, Any] = {
    **dict.fromkeys(("_", "gettext", "gettext_lazy", "gettext_noop")),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), (1, 2)),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), ((1, "c"), 2)),
    **dict.fromkeys(("npgettext", "npgettext_lazy"), ((1, "c"), 2, 3)),
}
STRING = r"u?(?:'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")"
CALL = re.compile(rf"(?<!\w)(_|n?p?gettext)\(\s*({STRING}(?:\s*,\s*{STRING})*)")

Found = tuple[int, str, Any, list[str]]


def extract_template(file: BinaryIO, keywords: Any, comment_tags: Any, options: Any) -> Iterator[Found]:
    """Yield the texts of a Django template, as Babel wants its extractors."""
    code = templatize(file.read().decode("utf-8"))
    for call in CALL.finditer(code):
        texts = ast.literal_eval(f"({call.group(2)},)")
        yield code.count("\n", 0, call.start()) + 1, call.group(1), texts[0] if len(texts) == 1 else texts, []


def po_path() -> Path:
    """Return where the translations stand."""
    return Path(settings.BASE_DIR) / "locale" / LANGUAGE / "LC_MESSAGES" / "django.po"


def compile_if_stale() -> bool:
    """Compile the translations where that has not been done since they changed; say whether it was done.

    Processes may start at once, so the file is put in place in one step. A file system that cannot be written is
    left alone: there the image was built with the compiled file.
    """
    source = po_path()
    target = source.with_suffix(".mo")
    try:
        if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
            return False
        with tempfile.NamedTemporaryFile(dir=target.parent, suffix=".mo~", delete=False) as file:
            write_mo(file, read_catalogue())
        Path(file.name).chmod(0o644)
        os.replace(file.name, target)
    except OSError:
        return False
    return True


def read_catalogue() -> Catalog:
    """Return the translations as they stand in ``locale/``."""
    with po_path().open("rb") as file:
        return read_po(file, locale=LANGUAGE)


def found_catalogue() -> Catalog:
    """Return all texts of the tree, untranslated, and those foreign ones that nobody else translates."""
    catalogue = Catalog(locale=LANGUAGE, project="O2O", charset="utf-8")
    base = Path(settings.BASE_DIR)
    for file in sorted(_our_files(base)):
        _collect(catalogue, file, str(file.relative_to(base)))
    covered = _covered_ids()
    for package, patterns in FOREIGN.items():
        root = _package_root(package)
        for file in sorted(_foreign_files(root, patterns)):
            _collect(catalogue, file, f"{package}/{file.relative_to(root)}", covered)
    return catalogue


def updated_catalogue() -> Catalog:
    """Return the texts of the tree with the translations that there are; what is gone is left out."""
    found = found_catalogue()
    if po_path().exists():
        known = read_catalogue()
        for message in found:
            old = known.get(message.id, message.context) if message.id else None
            if old is not None:
                message.string = old.string
    return found


def write_catalogue(catalogue: Catalog) -> None:
    """Write the translations, sorted, without line numbers and dates, so that a change shows only what changed."""
    buffer = BytesIO()
    write_po(buffer, catalogue, width=110, sort_output=True, include_lineno=False, omit_header=True)
    header = f'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n"Language: {LANGUAGE}\\n"\n'
    header += '"Plural-Forms: nplurals=1; plural=0;\\n"\n\n'
    po_path().parent.mkdir(parents=True, exist_ok=True)
    po_path().write_text(header + buffer.getvalue().decode("utf-8"), encoding="utf-8")


def faults() -> list[str]:
    """Return what is wrong: texts without Chinese, wrong placeholders, and texts that ``messages`` has not seen yet."""
    known = {(message.id, message.context): message for message in read_catalogue() if message.id}
    wrong = []
    for message in found_catalogue():
        if not message.id:
            continue
        old = known.get((message.id, message.context))
        shown = message.id if isinstance(message.id, str) else message.id[0]
        if old is None or not _translated(old):
            wrong.append(f"no Chinese for {shown!r} ({message.locations[0][0]})")
        elif placeholders(old.id) != placeholders(old.string):
            wrong.append(f"other placeholders in the Chinese for {shown!r}")
    return wrong


def placeholders(texts: Any) -> set[str]:
    """Return the names of the values that a text, or any of its plural forms, holds."""
    joined = texts if isinstance(texts, str) else " ".join(texts)
    return set(re.findall(r"%\(\w+\)[sd]|\{\w*\}|%[sd]", joined))


def _translated(message: Message) -> bool:
    texts = message.string if isinstance(message.string, (tuple, list)) else (message.string,)
    return all(texts) and bool(texts)


def _collect(catalogue: Catalog, file: Path, name: str, skipped: frozenset[Any] = frozenset()) -> None:
    method: Any = "python" if file.suffix == ".py" else extract_template
    for line, texts, comments, context in extract_from_file(method, file, keywords=KEYWORDS):
        first = texts if isinstance(texts, str) else texts[0]
        if first and (context, first) not in skipped:
            catalogue.add(texts, None, [(name, line)], context=context, auto_comments=comments)


def _our_files(base: Path) -> Iterator[Path]:
    for folder in OUR_FOLDERS:
        for file in (base / folder).rglob("*"):
            if file.suffix in {".py", ".html", ".txt"} and "migrations" not in file.parts:
                yield file


def _foreign_files(root: Path, patterns: Iterable[str]) -> Iterator[Path]:
    for pattern in patterns:
        files = root.glob(pattern) if "*" in pattern else (root / pattern).rglob("*")
        yield from (file for file in files if file.suffix in {".py", ".html", ".txt"} and "tests" not in file.parts)


def _covered_ids() -> frozenset[Any]:
    covered: set[Any] = set()
    for folder in COVERED_BY:
        package, _, rest = folder.partition("/")
        file = _package_root(package) / rest / "locale" / LANGUAGE / "LC_MESSAGES" / "django.mo"
        if file.exists():
            with file.open("rb") as opened:
                for message in read_mo(opened):
                    if message.id:
                        covered.add((message.context, message.id if isinstance(message.id, str) else message.id[0]))
    return frozenset(covered)


def _package_root(package: str) -> Path:
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"{package} is not installed, so its texts cannot be read.")
    return Path(spec.origin).parent
