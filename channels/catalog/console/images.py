"""Pictures of a product, on screen: upload, link, describe, order, delete."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from channels.catalog import services
from channels.catalog.console.products import PRODUCTS, ProductPage, images_panel
from channels.catalog.models import ProductImage
from channels.catalog.pictures.limits import MOST_BYTES
from channels.catalog.pictures.making import Picture, make_picture
from channels.catalog.services.images import LONGEST_DESCRIPTION, MOST_UPLOADS
from o2o.console import ConsoleForm, FormPage, page
from o2o.kit.clock import now
from o2o.kit.errors import DomainError, NotFoundError
from o2o.tenancy.capabilities import Capability

STEPS = {"earlier": -1, "later": 1}


def product_url(product_id: object) -> str:
    """Return where the pictures of a product are shown."""
    return reverse("console:catalog_product_change", args=(product_id,)) + "#images"


@page
class Pictures(ProductPage):
    """The pictures of a product, and where files for more of them are sent to.

    The script of the page sends one file at a time and reads JSON; a plain form sends several at once.
    """

    name = "pictures"
    path = "products/<uuid:product_id>/pictures/"
    title = _("Images")
    template = "console/page.html"

    def get(self) -> HttpResponse:
        return self.render()

    def context(self) -> dict[str, Any]:
        return {"panels": [images_panel(self.product, may_change=True)]}

    def post(self) -> HttpResponse:
        files = self.request.FILES.getlist("files")
        if self.request.headers.get("Accept") == "application/json":
            return self._one(files)
        self._several(files[:MOST_UPLOADS])
        return HttpResponseRedirect(product_url(self.product.pk))

    def _one(self, files: list[UploadedFile]) -> HttpResponse:
        try:
            if len(files) != 1:
                raise NotFoundError(gettext("No file arrived. Choose it again."))
            (added,) = services.add_images(product_id=self.product.pk, pictures=[_made(files[0])], at=now())
        except DomainError as error:
            return JsonResponse({"detail": str(error.detail) or str(error.title)}, status=error.status)
        shown = {"image": added.image, "may_change": True}
        html = render_to_string("catalog/image.html", shown, request=self.request)
        text = "" if added.is_new else gettext("“%(name)s” is there already.") % {"name": files[0].name}
        return JsonResponse({"html": html, "detail": text})

    def _several(self, files: list[UploadedFile]) -> None:
        """Add the good ones and name the others."""
        good: list[Picture] = []
        try:
            for file in files:
                try:
                    good.append(_made(file))
                except DomainError as error:
                    messages.error(self.request, str(error.detail))
            added = services.add_images(product_id=self.product.pk, pictures=good, at=now())
        except DomainError as error:
            messages.error(self.request, str(error.detail))
            return
        if count := sum(each.is_new for each in added):
            text = ngettext("%(count)d picture added.", "%(count)d pictures added.", count)
            messages.success(self.request, text % {"count": count})


def _made(file: UploadedFile) -> Picture:
    return make_picture(content=file.read(MOST_BYTES + 1), name=file.name or "")


class LinkForm(ConsoleForm):
    """A picture that lies elsewhere."""

    url = forms.CharField(label=_("Address"), max_length=1000, help_text=_("It begins with https://"))
    description = forms.CharField(
        label=_("Description"),
        max_length=LONGEST_DESCRIPTION,
        required=False,
        help_text=_("What the picture shows, for those who do not see it."),
    )


@page
class AddImageLink(ProductPage):
    """Add a picture by its address."""

    name = "add_image_link"
    path = "products/<uuid:product_id>/pictures/link/"
    title = _("Add an image by link")
    intro = _("The picture stays where it is; shops load it from there.")
    form_class = LinkForm
    submit = _("Add")
    done = _("Added.")

    def save(self, form: forms.Form) -> None:
        services.add_image_link(product_id=self.product.pk, at=now(), **form.cleaned_data)

    def success_url(self) -> str:
        return product_url(self.product.pk)


class ImagePage(FormPage):
    """A page about one picture."""

    policy = Capability.CATALOG_WRITE
    parents = PRODUCTS
    template = "catalog/image_page.html"

    @property
    def image(self) -> ProductImage:
        """The picture of the address. Raises ``NotFoundError``."""
        rows = ProductImage.objects.select_related("product")
        found: ProductImage | None = rows.filter(pk=self.kwargs["image_id"]).first()
        if found is None:
            raise NotFoundError(_("There is no such image. It may have been deleted."))
        return found

    def heading(self) -> str:
        return f"{self.title} · {self.image.product.name}"

    def context(self) -> dict[str, Any]:
        image = self.image
        trail = [*((title, reverse(name)) for title, name in self.parents)]
        return {"image": image, "breadcrumbs": [*trail, (image.product.name, product_url(image.product_id))]}

    def post(self) -> HttpResponse:
        # Afterwards the picture may be gone.
        self._back = product_url(self.image.product_id)
        return super().post()

    def success_url(self) -> str:
        return self._back


class ImageForm(ConsoleForm):
    """What a picture shows."""

    description = forms.CharField(
        label=_("Description"),
        max_length=LONGEST_DESCRIPTION,
        required=False,
        help_text=_("What the picture shows, for those who do not see it."),
    )


@page
class OneImage(ImagePage):
    """Look at a picture, describe it, or move it among the others."""

    name = "image"
    path = "pictures/<uuid:image_id>/"
    title = _("Image")
    form_class = ImageForm
    done = _("Saved.")

    def initial(self) -> dict[str, Any]:
        return {"description": self.image.description}

    def post(self) -> HttpResponse:
        step = STEPS.get(self.request.POST.get("move", ""))
        if step is None:
            return super().post()
        image = self.image
        ahead = ProductImage.objects.filter(product=image.product_id)
        order = list(ahead.values_list("pk", flat=True))
        services.update_image(image_id=image.pk, position=order.index(image.pk) + step, at=now())
        return HttpResponseRedirect(product_url(image.product_id))

    def save(self, form: forms.Form) -> None:
        services.update_image(image_id=self.image.pk, description=form.cleaned_data["description"], at=now())


@page
class RemoveImage(ImagePage):
    """Ask, then delete."""

    name = "remove_image"
    path = "pictures/<uuid:image_id>/remove/"
    title = _("Delete the image")
    intro = _("It disappears from the product at once, and from every channel that shows it from here.")
    submit = _("Delete")
    done = _("Deleted.")
    is_destructive = True

    def save(self, form: forms.Form) -> None:
        services.remove_image(image_id=self.image.pk, at=now())
