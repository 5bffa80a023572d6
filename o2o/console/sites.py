"""The two consoles: the merchants' at ``/`` and the operators' at ``/platform/``."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.template.response import SimpleTemplateResponse, TemplateResponse
from django.urls import URLPattern, URLResolver, include, path, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from unfold.sites import UnfoldAdminSite

from o2o.console import admission, chrome
from o2o.console.navigation import Nav, NavEntry, NavGroup, sidebar
from o2o.console.palette import search_page
from o2o.console.policy import EVERYBODY, OPERATORS, Demand
from o2o.kit.errors import DomainError, NotFoundError

View = Callable[..., HttpResponseBase]
# Alpine, which unfold's templates are written in, compiles its expressions (docs/decisions/0006).
POLICY_OF_UNFOLD = {"script-src": ["'unsafe-eval'"]}


class ConsoleSite(UnfoldAdminSite):
    """What both consoles share: admission, scope, navigation, search, answers to refusals."""

    final_catch_all_view = False
    audience: Demand
    home_group: NavGroup
    home_title: str | Promise

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.pages: dict[str, Any] = {}

    def admit(self, request: HttpRequest) -> HttpResponse | None:
        """Put the actor on the request and return None, or return the answer that turns the visitor away."""
        raise NotImplementedError

    def work(self, request: HttpRequest) -> AbstractContextManager[None]:
        """Return the scope in which a view runs and its template is rendered."""
        raise NotImplementedError

    def has_permission(self, request: HttpRequest) -> bool:
        """Say whether the visitor was admitted."""
        return hasattr(request, "is_platform")

    def admin_view(self, view: View, cacheable: bool = False) -> View:
        """Wrap a view: admit the visitor, enter the scope, render inside it, turn refusals into pages."""

        def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            request.current_app = self.name
            turned_away = self.admit(request)
            if turned_away is not None:
                return turned_away
            response = self._answer(request, view, *args, **kwargs)
            response._csp_update = POLICY_OF_UNFOLD  # type: ignore[attr-defined]
            return response

        inner.__name__ = getattr(view, "__name__", type(view).__name__)
        protected = inner if cacheable else never_cache(inner)
        return protected if getattr(view, "csrf_exempt", False) else csrf_protect(protected)

    def _answer(self, request: HttpRequest, view: View, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            with transaction.atomic(), self.work(request):
                return _rendered(view(request, *args, **kwargs))
        except DomainError as error:
            with transaction.atomic(), self.work(request):
                return _rendered(self._refusal(request, error))

    def _refusal(self, request: HttpRequest, error: DomainError) -> HttpResponseBase:
        if isinstance(error, NotFoundError):
            title: str | Promise = _("This does not exist, or is not yours")
        else:
            title = error.title
        context = {**self.each_context(request), "title": title, "error": error}
        return TemplateResponse(request, "console/refusal.html", context, status=error.status)

    def register_page(self, page: Any) -> None:
        """Add a page class; its name is unique in the site."""
        if page.name in self.pages:
            raise ValueError(f"The console {self.name!r} already has a page {page.name!r}.")
        page.site = self
        self.pages[page.name] = page

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """Return the addresses of home, pages and lists; people sign in under /account/."""
        return [
            path("", self.admin_view(self.index), name="index"),
            path("login/", to_login, name="login"),
            path("logout/", to_logout, name="logout"),
            path("password_change/", to_password, name="password_change"),
            path("search/", self.admin_view(self.search), name="search"),
            path("autocomplete/", self.admin_view(self.autocomplete_view), name="autocomplete"),
            path("jsi18n/", self.admin_view(self.i18n_javascript, cacheable=True), name="jsi18n"),
            *(page.url_pattern() for page in self.pages.values()),
            *(path(f"{admin.base_path}/", include(admin.urls)) for admin in self._registry.values()),
            path("<slug:app_label>/", self.admin_view(self.app_index), name="app_list"),
        ]

    def app_index(
        self, request: HttpRequest, app_label: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Say that there is no page for an app: people think in the groups of the side bar."""
        raise NotFoundError(_("There is no page here."))

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Return nothing: the side bar comes from the registry of pages and lists."""
        return []

    def entries(self) -> Iterator[NavEntry]:
        """Yield what may stand in the side bar."""
        yield NavEntry(Nav(self.home_group, "home", 0), self.home_title, f"{self.name}:index", self.audience)
        for page in self.pages.values():
            if page.nav:
                yield NavEntry(page.nav, page.title, f"{self.name}:{page.name}", page.demand("view"))
        for admin in self._registry.values():
            if admin.nav:
                yield admin.nav_entry()

    def get_sidebar_list(self, request: HttpRequest) -> list[dict[str, Any]]:
        """Return the side bar of this person."""
        return sidebar(request, self.entries())

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """Return what every page of the site shows around its content."""
        context: dict[str, Any] = super().each_context(request)
        # The colours stand in our own style sheet: an inline <style> would need 'unsafe-inline'.
        return {**context, "colors": None, **chrome.context(request)}

    def search(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Answer the command palette. Unlike unfold's, nothing is cached: a cache would outlive a role."""
        return search_page(self, request)


class MerchantSite(ConsoleSite):
    """The console of a merchant's staff."""

    audience = EVERYBODY
    home_group = NavGroup.TODAY
    home_title = _("Home")

    def admit(self, request: HttpRequest) -> HttpResponse | None:
        return admission.admit_to_merchant(request)

    def work(self, request: HttpRequest) -> AbstractContextManager[None]:
        return admission.merchant_work(request)

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """Show what needs this person today."""
        from o2o.console.home import home_view

        return home_view(self, request)


class PlatformSite(ConsoleSite):
    """The site of the operators, over all merchants."""

    audience = OPERATORS
    home_group = NavGroup.PLATFORM
    home_title = _("Overview")

    def admit(self, request: HttpRequest) -> HttpResponse | None:
        return admission.admit_to_platform(request)

    def work(self, request: HttpRequest) -> AbstractContextManager[None]:
        return admission.platform_work(request)

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """Show how the installation is doing."""
        from o2o.console.overview import overview_view

        return overview_view(self, request)


def to_login(request: HttpRequest) -> HttpResponse:
    """Send to the page where people sign in."""
    return HttpResponseRedirect(reverse("account_login"))


def to_logout(request: HttpRequest) -> HttpResponse:
    """Send to the page where people sign out."""
    return HttpResponseRedirect(reverse("account_logout"))


def to_password(request: HttpRequest) -> HttpResponse:
    """Send to the page where people change their password."""
    return HttpResponseRedirect(reverse("account_change_password"))


def _rendered(response: HttpResponseBase) -> HttpResponseBase:
    # Templates read rows, and outside the scope there are none.
    if isinstance(response, SimpleTemplateResponse) and not response.is_rendered:
        return response.render()
    return response


site = MerchantSite("console")
platform_site = PlatformSite("platform")
