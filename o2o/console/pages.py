"""Pages of our own, beside the lists: a class with a title, an address, a demand and a template."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.functional import Promise, classproperty
from django.utils.translation import gettext_lazy as _

from o2o.console.forms import ConsoleForm, refuse
from o2o.console.navigation import Nav
from o2o.console.policy import Demand, Policy, is_allowed
from o2o.kit.errors import DomainError, ForbiddenError
from o2o.tenancy.actor import Actor


class Page:
    """A page of the console.

    ``policy`` is one demand for everything, or ``{"view": …, "post": …}``. ``parents`` are the breadcrumbs before
    the title, as pairs of title and name of the address. A new instance serves each request.
    """

    name: ClassVar[str]
    path: ClassVar[str]
    title: ClassVar[str | Promise]
    policy: ClassVar[Demand | Policy]
    template: ClassVar[str] = "console/page.html"
    intro: ClassVar[str | Promise] = ""
    nav: ClassVar[Nav | None] = None
    parents: ClassVar[Sequence[tuple[str | Promise, str]]] = ()
    # a part of another page, or a file: not something that a browser shows by itself
    is_part: ClassVar[bool] = False
    site: ClassVar[Any] = None

    def __init__(self, request: HttpRequest, **kwargs: Any) -> None:
        self.request = request
        self.kwargs = kwargs

    @classproperty
    def url_name(cls) -> str:  # noqa: N805 - a class property
        return f"{cls.site.name}:{cls.name}"

    @classmethod
    def demand(cls, act: str) -> Demand | None:
        """Return what is asked of those who want to view or post."""
        if not isinstance(cls.policy, dict):
            return cls.policy  # type: ignore[return-value]
        return cls.policy.get(act)

    @classmethod
    def url_pattern(cls) -> URLPattern:
        """Return the address of the page."""
        return path(cls.path, cls.site.admin_view(cls.serve), name=cls.name)

    @classmethod
    def serve(cls, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """Check the demand and answer. Raises ``ForbiddenError``."""
        if request.method not in ("GET", "HEAD", "POST"):
            return HttpResponseNotAllowed(["GET", "POST"])
        act = "post" if request.method == "POST" else "view"
        if not is_allowed(request, cls.demand(act)):
            raise ForbiddenError(_("Your role does not open this page. Ask an owner if you need it."))
        page = cls(request, **kwargs)
        return page.post() if request.method == "POST" else page.get()

    @property
    def actor(self) -> Actor:
        """The staff member whom the console serves."""
        return self.request.actor  # type: ignore[attr-defined]

    def get(self) -> HttpResponse:
        """Show the page."""
        return self.render()

    def post(self) -> HttpResponse:
        """Refuse, unless a subclass takes input."""
        return HttpResponseNotAllowed(["GET"])

    def context(self) -> dict[str, Any]:
        """Return what the template shows."""
        return {}

    def heading(self) -> str | Promise:
        """Return the title of this page, which may name the thing that it shows."""
        return self.title

    def render(self, **extra: Any) -> HttpResponse:
        """Return the page."""
        context = {
            **self.site.each_context(self.request),
            "title": self.heading(),
            "page": self,
            "intro": self.intro,
            "breadcrumbs": [(title, reverse(name)) for title, name in self.parents],
            **self.context(),
            **extra,
        }
        return TemplateResponse(self.request, self.template, context)

    @property
    def may_post(self) -> bool:
        """Say whether the person may send the form of the page."""
        return self.may("post")

    def may(self, act: str) -> bool:
        """Say whether the person may do ``act`` here."""
        return is_allowed(self.request, self.demand(act))


class FormPage(Page):
    """A page that asks for input and hands it to a service."""

    template = "console/form_page.html"
    form_class: ClassVar[type[forms.Form]] = ConsoleForm
    submit: ClassVar[str | Promise] = _("Save")
    done: ClassVar[str | Promise] = ""
    success_url_name: ClassVar[str] = ""
    is_destructive: ClassVar[bool] = False

    def form_kwargs(self) -> dict[str, Any]:
        """Return what the form needs beside the input."""
        return {}

    def initial(self) -> dict[str, Any]:
        """Return what the fields hold at first."""
        return {}

    def get_form(self) -> forms.Form:
        """Return the form, bound to the input where there is some."""
        data = self.request.POST if self.request.method == "POST" else None
        return self.form_class(data, initial=self.initial(), **self.form_kwargs())

    def save(self, form: forms.Form) -> HttpResponse | None:
        """Call the service; an answer returned here replaces the redirect."""
        raise NotImplementedError

    def get(self) -> HttpResponse:
        return self.render(form=self.get_form())

    def post(self) -> HttpResponse:
        form = self.get_form()
        if form.is_valid():
            try:
                with transaction.atomic():
                    answer = self.save(form)
            except DomainError as error:
                refuse(form, error)
            else:
                return answer or self.finished()
        return self.render(form=form)

    def finished(self) -> HttpResponse:
        """Say that it is done and go on."""
        if self.done:
            messages.success(self.request, str(self.done))
        return HttpResponseRedirect(self.success_url())

    def success_url(self) -> str:
        """Return where to go after saving."""
        return reverse(self.success_url_name or self.url_name)


def page(cls: type[Page]) -> type[Page]:
    """Add a page to the merchant console."""
    from o2o.console.sites import site

    site.register_page(cls)
    return cls
