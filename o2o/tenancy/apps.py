from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TenancyConfig(AppConfig):
    name = "o2o.tenancy"
    label = "tenancy"
    verbose_name = _("Merchants")

    def ready(self) -> None:
        from o2o.tenancy import checks  # noqa: F401
