from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _


class ImportsConfig(AppConfig):
    name = "o2o.imports"
    label = "imports"
    verbose_name = _("Imports")

    def ready(self) -> None:
        # Every app may have kinds of imports.
        autodiscover_modules("importers")
