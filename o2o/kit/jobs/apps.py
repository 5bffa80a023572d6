from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _


class JobsConfig(AppConfig):
    name = "o2o.kit.jobs"
    label = "jobs"
    verbose_name = _("Jobs")

    def ready(self) -> None:
        # Every app may have kinds of jobs.
        autodiscover_modules("jobs")
        from o2o.kit.jobs import metrics  # noqa: F401
