"""The repository as a whole: what a newcomer, an operator or a reviewer would stumble over."""

import ast
import re
import subprocess
from pathlib import Path

import pytest
from django.apps import apps

ROOT = Path(__file__).resolve().parents[2]
MOST_LINES = 400
PACKAGES = ("o2o", "customers", "channels", "campaigns", "analytics")
# Set by tools, systems or tests, not by an operator.
NOT_FOR_OPERATORS = {"NO_COLOR", "PATH"}


def tracked(*patterns: str) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z", *patterns],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return [path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


@pytest.fixture(scope="module", autouse=True)
def a_repository():
    if not (ROOT / ".git").exists():
        pytest.skip("needs a git checkout: what is tracked is asked from git")


def test_no_file_names_a_folder_of_one_machine():
    home = re.compile(r"(?<![\w.:])/(?:home|root|Users|work)/[a-z_]\w*/")
    found = [f"{path.relative_to(ROOT)}: {match[0]}" for path in tracked() for match in home.finditer(text_of(path))]
    assert not found


def test_no_file_is_too_long_to_read():
    long = {
        str(path.relative_to(ROOT)): lines
        for path in tracked("*.py", "*.html", "*.js", "*.css")
        if "migrations" not in path.parts and (lines := text_of(path).count("\n")) > MOST_LINES
    }
    assert not long, f"make a package of it: over {MOST_LINES} lines"


def test_no_file_is_a_drawer_for_everything():
    assert not [path for path in tracked("*.py") if path.stem in {"utils", "helpers", "misc", "common"}]


def test_every_app_of_ours_has_a_label_of_its_own():
    ours = [app for app in apps.get_app_configs() if app.name.split(".")[0] in PACKAGES]
    assert ours
    for app in ours:
        assert "label" in vars(type(app)), f"{app.name} takes its label from its name; write it into its AppConfig"
    labels = [app.label for app in apps.get_app_configs()]
    assert len(labels) == len(set(labels))


@pytest.mark.parametrize("readme", ["README.md", "README.zh-CN.md"])
def test_readme_tells_every_word_of_the_makefile(readme):
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    words = re.findall(r"^([a-z-]+):.*## ", makefile, re.MULTILINE)
    assert {"demo", "up", "test", "check", "bench", "faults", "lock", "help", "demo-reset"} <= set(words)
    text = (ROOT / readme).read_text(encoding="utf-8")
    assert not [word for word in words if f"make {word}" not in text]


def test_links_between_pages_lead_somewhere():
    broken = [
        f"{page.relative_to(ROOT)} → {target}"
        for page in tracked("*.md")
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text_of(page))
        if "://" not in target and not (page.parent / target).exists()
    ]
    assert not broken


def test_anchors_in_links_are_headings():
    broken = [
        f"{page.relative_to(ROOT)} → {target}#{anchor}"
        for page in tracked("*.md")
        for target, anchor in re.findall(r"\]\(([^)#\s]*\.md)?#([^)]+)\)", text_of(page))
        if anchor not in anchors(page.parent / target if target else page)
    ]
    assert not broken


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", text_of(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_security_page_names_tests_that_exist():
    named = re.findall(r"`(tests/[\w/.]+)`", (ROOT / "docs" / "security.md").read_text(encoding="utf-8"))
    assert named
    assert not [name for name in named if not (ROOT / name).exists()]


def test_operations_page_explains_every_variable():
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    unexplained = {
        f"{name} ({path.relative_to(ROOT)})"
        for path in tracked("o2o/*.py", "deploy/*.py")
        for name in variables_in(ast.parse(text_of(path)))
        if name not in NOT_FOR_OPERATORS and not re.search(rf"`{name}`", page)
    }
    assert not unexplained, "explain it in the table of docs/operations.md"


def variables_in(tree: ast.AST) -> set[str]:
    """Return the names of environment variables that a module reads by a literal."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args and reads_the_environment(node.func):
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                names.add(first.value)
    return {name for name in names if re.fullmatch(r"[A-Z][A-Z0-9_]+", name)}


def reads_the_environment(function: ast.expr) -> bool:
    source = ast.unparse(function)
    return bool(
        re.fullmatch(
            r"(os\.)?environ\.(get|setdefault)|env\.\w+|(optional_)?secret|(is_)?configured|service_url", source
        )
    )


def test_words_for_variables_are_found():
    tree = ast.parse('import os\nA = os.environ.get("HERE")\nB = env.int("THERE", default=1)\nC = print("NOT")')
    assert variables_in(tree) == {"HERE", "THERE"}


def test_ci_script_is_executable_bash_and_asks_nothing():
    script = ROOT / ".ci" / "run"
    assert script.stat().st_mode & 0o111
    assert script.read_text(encoding="utf-8").startswith("#!/usr/bin/env bash")
    assert subprocess.run(["bash", "-n", str(script)], check=False).returncode == 0


def test_shell_scripts_parse():
    for path in tracked("*.sh"):
        assert subprocess.run(["sh", "-n", str(path)], check=False).returncode == 0, path
