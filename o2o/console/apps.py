from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _


class ConsoleConfig(AppConfig):
    name = "o2o.console"
    label = "console"
    verbose_name = _("Console")

    def ready(self) -> None:
        from o2o.console import checks  # noqa: F401
        from o2o.console.catalogue import compile_if_stale

        compile_if_stale()

        autodiscover_modules("console")
