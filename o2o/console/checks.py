"""Checks of what apps add to the consoles (S1): nothing opens to anybody by being forgotten."""

from typing import Any

from django.core import checks

from o2o.console.policy import faults_in


@checks.register
def everything_declares_a_policy(app_configs: Any = None, **_: Any) -> list[checks.CheckMessage]:
    """Refuse pages, lists and acts of the consoles that do not say who may open them."""
    from o2o.console.options import ConsoleModelAdmin, demands_of
    from o2o.console.sites import platform_site, site

    found: list[checks.CheckMessage] = []
    for console in (site, platform_site):
        for page in console.pages.values():
            found += [_error(page, fault) for fault in faults_in(getattr(page, "policy", None))]
        for model, admin in console._registry.items():
            if not isinstance(admin, ConsoleModelAdmin):
                found.append(_error(type(admin), f"of {model.__name__} is not a ConsoleModelAdmin"))
                continue
            found += [_error(type(admin), fault) for fault in faults_in(demands_of(admin) if admin.policy else None)]
    return found


def _error(cls: type, fault: str) -> checks.Error:
    return checks.Error(
        f"{cls.__module__}.{cls.__qualname__} {fault}.",
        hint='Declare `policy = {"view": Capability.…}`; an action that it does not name is closed to everybody.',
        id="o2o.console.E001",
    )
