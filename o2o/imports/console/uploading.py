"""Choose what to import, and give the file."""

from typing import Any

from django import forms
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminFileFieldWidget

from o2o.console import ConsoleForm, FormPage, page
from o2o.imports.kinds import ImportKind, kinds_for
from o2o.imports.limits import MAX_FILE_BYTES, MEBIBYTE
from o2o.imports.services.batches import start_plan
from o2o.imports.services.uploads import kind_for, upload_file
from o2o.kit.clock import now
from o2o.tenancy.capabilities import Capability

IMPORTS = ((_("Import"), "console:imports_importbatch_changelist"),)


class UploadForm(ConsoleForm):
    """A file."""

    file = forms.FileField(
        label=_("File"),
        help_text=format_lazy(
            _("CSV (also as .gz) or XLSX, up to {most} MB. Any encoding, delimiter and order of columns."),
            most=MAX_FILE_BYTES // MEBIBYTE,
        ),
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".csv,.txt,.tsv,.gz,.xlsx"}),
    )


@page
class NewImport(FormPage):
    """First what, then the file."""

    name = "new_import"
    path = "imports/new/"
    title = _("New import")
    template = "imports/new.html"
    policy = Capability.IMPORTS_WRITE
    form_class = UploadForm
    submit = _("Compare with what is there")
    parents = IMPORTS

    @property
    def kind(self) -> ImportKind | None:
        """The kind that was chosen. Raises ``UnknownImportKindError``."""
        name = self.request.GET.get("kind", "")
        return kind_for(name, self.actor) if name else None

    def get_form(self) -> forms.Form:
        if self.request.method == "POST":
            return UploadForm(self.request.POST, self.request.FILES)
        return UploadForm()

    def context(self) -> dict[str, Any]:
        return {"kind": self.kind, "kinds": kinds_for(self.actor.capabilities), "may_write": self.may_post}

    def heading(self) -> Any:
        return self.kind.label if self.kind else self.title

    def save(self, form: forms.Form) -> HttpResponse | None:
        """Store the file; where all columns are found, compare it at once."""
        kind = self.kind
        if kind is None:
            return HttpResponseRedirect(reverse("console:new_import"))
        file = form.cleaned_data["file"]
        batch = upload_file(kind=kind.name, file_name=file.name, file=file, actor=self.actor, at=now())
        if batch.error:
            return HttpResponseRedirect(reverse("console:import_reading", args=(batch.pk,)))
        start_plan(batch_id=batch.pk, actor=self.actor)
        return HttpResponseRedirect(reverse("console:imports_importbatch_change", args=(batch.pk,)))
