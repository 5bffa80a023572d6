from django.apps import AppConfig, apps
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _

# What fields are called in every table that has them, whatever Django or a library made of it.
NAMES = {
    "created_at": _("created at"),
    "updated_at": _("changed at"),
    "created": _("created at"),
    "updated": _("changed at"),
    "last_login": _("last sign-in"),
    "client_id": _("Client id"),
}


class ConsoleConfig(AppConfig):
    name = "o2o.console"
    label = "console"
    verbose_name = _("Console")

    def ready(self) -> None:
        from o2o.console import checks  # noqa: F401
        from o2o.console.catalogue import compile_if_stale

        compile_if_stale()

        name_fields()
        autodiscover_modules("console")


def name_fields() -> None:
    """Give fields that many tables or a library bring a name that is translated, without a migration for each table."""
    for model in apps.get_models():
        for field in model._meta.local_fields:
            if field.name in NAMES:
                field.verbose_name = NAMES[field.name]  # migrations read ``_verbose_name``, which stays
