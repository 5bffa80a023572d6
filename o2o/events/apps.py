from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _


class EventsConfig(AppConfig):
    name = "o2o.events"
    label = "events"
    verbose_name = _("Events")

    def ready(self) -> None:
        # Every app may say who listens, in the transaction and after it, and what there is to measure.
        autodiscover_modules("events", "receivers", "subscribers", "metrics")
