from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _


class ApiConfig(AppConfig):
    name = "o2o.api"
    label = "api"
    verbose_name = _("API")

    def ready(self) -> None:
        from o2o.api import checks  # noqa: F401

        autodiscover_modules("invariants")
