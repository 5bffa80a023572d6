"""Roles of staff, and from where somebody acts."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """What a staff member is employed to do; ``capabilities`` says what each may."""

    OWNER = "owner", _("owner")
    OPERATIONS = "operations", _("operations")
    MARKETING = "marketing", _("marketing")
    ANALYST = "analyst", _("analyst")
    STORE_MANAGER = "store_manager", _("store manager")
    CLERK = "clerk", _("clerk")
    AUDITOR = "auditor", _("auditor")


class Origin(models.TextChoices):
    """From where somebody acts."""

    CONSOLE = "console", _("console")
    API = "api", _("API")
    BACKGROUND = "background", _("background")
