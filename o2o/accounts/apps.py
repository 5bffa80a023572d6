from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "o2o.accounts"
    label = "accounts"
    verbose_name = _("Accounts")

    def ready(self) -> None:
        from o2o.accounts import receivers

        receivers.connect()
