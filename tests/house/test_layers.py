"""The layer contracts cover the tree as it is, so that a new module cannot slip past them."""

import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def contracts():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return {contract["id"]: contract for contract in project["tool"]["importlinter"]["contracts"]}


def modules(folder: Path) -> set[str]:
    found = {path.stem for path in folder.glob("*.py") if path.stem != "__init__"}
    return found | {path.parent.name for path in folder.glob("*/__init__.py")}


def named(contract) -> set[str]:
    return {name.strip() for layer in contract["layers"] for name in layer.split(":")}


def test_every_module_of_the_kit_has_a_layer(contracts):
    kit = {f"o2o.kit.{name}" for name in modules(ROOT / "o2o" / "kit")}
    assert kit <= named(contracts["ground-floor"]), "name it in the contract “ground-floor” in pyproject.toml"


def test_every_app_of_the_ground_floor_has_a_layer(contracts):
    layers = named(contracts["ground-floor"])
    alone = {"celery", "embedded", "settings", "urls", "wsgi", "kit"}
    assert {f"o2o.{name}" for name in modules(ROOT / "o2o") - alone} <= layers


def test_every_app_with_services_is_held_to_the_order_inside_an_app(contracts):
    apps = {
        ".".join(path.parent.relative_to(ROOT).parts)
        for package in ("o2o", "customers", "channels", "campaigns", "analytics")
        for name in ("services.py", "services")
        for path in (ROOT / package).rglob(name)
        if "embedded" not in path.parts
    }
    assert apps <= set(contracts["inside-an-app"]["containers"])
