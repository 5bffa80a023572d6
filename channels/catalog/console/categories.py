"""The tree of categories, on screen."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from channels.catalog import services
from channels.catalog.models import Category
from o2o.console import ConsoleForm, EmptyState, FormPage, MerchantModelAdmin, Nav, NavGroup, page, site
from o2o.kit.clock import now
from o2o.tenancy.capabilities import Capability


@admin.register(Category, site=site)
class CategoryAdmin(MerchantModelAdmin):
    """The tree of what is sold."""

    slug = "categories"
    nav = Nav(NavGroup.CHANNELS, "account_tree", 48)
    policy = {"view": Capability.CATALOG_READ}
    intro = _("The tree of what you sell. Rules of routing, promotions and reports can speak of a branch.")
    list_display = ("tree", "code", "name")
    search_fields = ("name", "code")
    search_help_text = _("Name or code")
    ordering = ("path", "pk")
    sortable_by = ()
    export_columns = ("code", "name", "path")

    @admin.display(description=_("tree"))
    def tree(self, row: Category) -> str:
        return row.path.strip("/").replace("/", " › ")

    def empty_state(self, request: HttpRequest) -> EmptyState:
        may_add = request.actor.may(Capability.CATALOG_WRITE)  # type: ignore[attr-defined]
        return EmptyState(
            title=_("No categories yet"),
            text=_("Add the first one, or import products with theirs."),
            icon="account_tree",
            url=reverse("console:new_category") if may_add else "",
            action=_("New category"),
        )

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Show the tree, with the way to a new node."""
        may_add = request.actor.may(Capability.CATALOG_WRITE)  # type: ignore[attr-defined]
        links = [(_("New category"), reverse("console:new_category"), True)] if may_add else []
        return super().changelist_view(request, {"list_links": links, **(extra_context or {})})


class CategoryForm(ConsoleForm):
    """A new node of the tree."""

    code = forms.SlugField(label=_("Code"), max_length=60)
    name = forms.CharField(label=_("Name"), max_length=100)
    parent_id = forms.ChoiceField(label=_("Parent"), required=False, choices=())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = Category.objects.order_by("path").values_list("pk", "path")
        self.fields["parent_id"].choices = [("", "–"), *((str(pk), path.strip("/")) for pk, path in rows)]


@page
class NewCategory(FormPage):
    """Add a node."""

    name = "new_category"
    path = "categories/new/"
    title = _("New category")
    policy = Capability.CATALOG_WRITE
    form_class = CategoryForm
    submit = _("Add")
    done = _("Added.")
    parents = ((_("categories"), "console:catalog_category_changelist"),)
    success_url_name = "console:catalog_category_changelist"

    def save(self, form: forms.Form) -> None:
        data = form.cleaned_data
        services.create_category(code=data["code"], name=data["name"], parent_id=data["parent_id"] or None, at=now())
