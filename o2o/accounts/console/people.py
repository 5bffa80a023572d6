"""All people who can sign in, on the operators' screen."""

from django.contrib import admin

from o2o.accounts.models import User
from o2o.console import (
    Nav,
    NavGroup,
    PlatformModelAdmin,
    platform_site,
)
from o2o.console.policy import OPERATORS


@admin.register(User, site=platform_site)
class PersonAdmin(PlatformModelAdmin):
    """All people who can sign in."""

    slug = "people"
    nav = Nav(NavGroup.PLATFORM, "group", 20)
    policy = {"view": OPERATORS}
    list_display = ("email", "name", "language", "is_staff", "is_active", "last_login", "created_at")
    list_filter = ("is_active", "is_staff")
    search_fields = ("email", "name")
    fields = ("email", "name", "language", "is_staff", "is_active", "last_login", "created_at")
    export_columns = ("email", "name", "is_staff", "is_active", "last_login", "created_at")
