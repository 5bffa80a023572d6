"""The shell of the merchant console: site, navigation, home, shared components.

Apps add to it from ``<app>/console.py`` (or a package ``console/``), which is found by itself. The names below are
what they need; they load on first use, because this package is imported before the models are.
"""

from importlib import import_module
from typing import Any

_HOMES = {
    "site": "o2o.console.sites",
    "platform_site": "o2o.console.sites",
    "MerchantModelAdmin": "o2o.console.options",
    "PlatformModelAdmin": "o2o.console.options",
    "Act": "o2o.console.acts",
    "Page": "o2o.console.pages",
    "FormPage": "o2o.console.pages",
    "page": "o2o.console.pages",
    "EVERYBODY": "o2o.console.policy",
    "OPERATORS": "o2o.console.policy",
    "Nav": "o2o.console.navigation",
    "NavGroup": "o2o.console.navigation",
    "ConsoleForm": "o2o.console.forms",
    "HomeCard": "o2o.console.home",
    "CardLine": "o2o.console.home",
    "SetupStep": "o2o.console.home",
    "home_card": "o2o.console.home",
    "setup_step": "o2o.console.home",
    "EmptyState": "o2o.console.components",
    "Fact": "o2o.console.components",
    "Panel": "o2o.console.components",
    "badge": "o2o.console.components",
    "Chart": "o2o.console.components",
}

__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"o2o.console has no {name!r}.")
    return getattr(import_module(_HOMES[name]), name)
