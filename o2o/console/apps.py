from django.apps import AppConfig, apps
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _

TIMES = {
    "created_at": _("created at"),
    "updated_at": _("changed at"),
    "created": _("created at"),
    "updated": _("changed at"),
    "last_login": _("last sign-in"),
}


class ConsoleConfig(AppConfig):
    name = "o2o.console"
    label = "console"
    verbose_name = _("Console")

    def ready(self) -> None:
        from o2o.console import checks  # noqa: F401
        from o2o.console.catalogue import compile_if_stale

        compile_if_stale()

        name_times()
        autodiscover_modules("console")


def name_times() -> None:
    """Give the times that every table has a name that can be translated, without a migration for each table."""
    for model in apps.get_models():
        for field in model._meta.local_fields:
            # what Django made up of the field's own name is not part of migrations
            if field._verbose_name is None and field.name in TIMES:  # type: ignore[attr-defined]
                field.verbose_name = TIMES[field.name]
