"""The steps of an import: correct how it is read, apply, undo; each says what it will do."""

from typing import Any

from django import forms
from django.http import HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from o2o.console import ConsoleForm, FormPage, Page, page, site
from o2o.console.forms import dress
from o2o.imports.console.batches import import_progress
from o2o.imports.console.uploading import IMPORTS
from o2o.imports.enums import BUSY, BatchState
from o2o.imports.kinds import find_kind
from o2o.imports.models import ImportBatch
from o2o.imports.reading.dialects import DELIMITERS
from o2o.imports.reading.encodings import ENCODINGS
from o2o.imports.selectors import matched_columns
from o2o.imports.services.batches import apply_batch, start_plan, undo_batch
from o2o.imports.services.uploads import set_dialect
from o2o.tenancy.capabilities import Capability

COLUMN = "column-"


class ImportPage(FormPage):
    """A page about one import."""

    policy = Capability.IMPORTS_WRITE
    parents = IMPORTS

    @property
    def batch(self) -> ImportBatch:
        """The import of the address. Raises ``NotFoundError``."""
        return site._registry[ImportBatch].get_object(self.request, str(self.kwargs["import_id"]))

    def get(self) -> HttpResponse:
        self.batch  # noqa: B018 - 404 where there is none
        return super().get()

    def success_url(self) -> str:
        return reverse("console:imports_importbatch_change", args=(self.kwargs["import_id"],))


class ReadingForm(ConsoleForm):
    """How a file is read."""

    encoding = forms.ChoiceField(label=_("Encoding"), choices=list(ENCODINGS.items()), required=False)
    delimiter = forms.ChoiceField(label=_("Delimiter"), choices=list(DELIMITERS.items()), required=False)
    date_order = forms.ChoiceField(
        label=_("Dates such as 1/2/2026"),
        choices=[("", _("as the file proves")), ("dmy", _("day/month/year")), ("mdy", _("month/day/year"))],
        required=False,
    )
    decimal_mark = forms.ChoiceField(
        label=_("Decimal mark"),
        choices=[("", _("found number by number")), (".", "1,234.50"), (",", "1.234,50")],
        required=False,
    )

    def __init__(self, *args: Any, batch: ImportBatch, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in _column_fields(batch).items():
            dress(field)
            self.fields[name] = field
        if batch.reading.format != "csv":
            del self.fields["encoding"], self.fields["delimiter"]

    def changes(self) -> dict[str, Any]:
        """Return what ``set_dialect`` takes."""
        data = dict(self.cleaned_data)
        chosen = {name: data.pop(name) for name in list(data) if name.startswith(COLUMN)}
        columns = {name.removeprefix(COLUMN): int(place) if place else None for name, place in chosen.items()}
        return {**data, "columns": columns}


def _column_fields(batch: ImportBatch) -> dict[str, forms.Field]:
    headers = [(str(place), header or f"#{place + 1}") for place, header in enumerate(batch.reading.headers)]
    return {
        f"{COLUMN}{column.name}": forms.ChoiceField(
            label=str(column.label),
            choices=[("", _("– not in the file –")), *headers],
            required=column.is_required,
            help_text=str(column.help),
        )
        for column in find_kind(batch.kind).columns
    }


@page
class ImportReading(ImportPage):
    """Correct encoding, delimiter, conventions and columns."""

    name = "import_reading"
    path = "imports/<uuid:import_id>/reading/"
    title = _("Correct how it is read")
    form_class = ReadingForm
    submit = _("Compare again")

    def form_kwargs(self) -> dict[str, Any]:
        return {"batch": self.batch}

    def initial(self) -> dict[str, Any]:
        batch = self.batch
        dialect, mapping = batch.reading, matched_columns(batch).mapping
        return {
            "encoding": dialect.encoding,
            "delimiter": dialect.delimiter,
            "date_order": dialect.date_order,
            "decimal_mark": dialect.decimal_mark,
            **{f"{COLUMN}{name}": str(place) for name, place in mapping.items()},
        }

    def context(self) -> dict[str, Any]:
        return {"intro": self.batch.error or self.intro}

    def save(self, form: Any) -> HttpResponse | None:
        changes = form.changes()
        batch = self.batch
        rereads = batch.reading.format == "csv" and (
            (changes.get("encoding"), changes.get("delimiter")) != (batch.reading.encoding, batch.reading.delimiter)
        )
        if rereads:
            # The headers that were chosen from may be others now.
            changes.pop("columns")
        batch = set_dialect(batch_id=batch.pk, actor=self.actor, changes=changes)
        if batch.error:
            return self.render(form=ReadingForm(initial=self.initial(), batch=batch), intro=batch.error)
        start_plan(batch_id=batch.pk, actor=self.actor)
        return None


@page
class ApplyImport(ImportPage):
    """Say what applying does, and do it."""

    name = "apply_import"
    path = "imports/<uuid:import_id>/apply/"
    title = _("Apply the import")
    done = _("The import is being applied. You can leave the page meanwhile.")

    @property
    def submit(self) -> str:
        """The button, with the number of rows."""
        batch = self.batch
        count = batch.to_apply if batch.state == BatchState.PLANNED else batch.not_done
        return ngettext("Apply %(count)s row", "Apply %(count)s rows", count) % {"count": f"{count:,}"}

    def context(self) -> dict[str, Any]:
        batch = self.batch
        text = gettext(
            "%(create)s will be created and %(change)s changed. %(leave)s are left as they are, and %(reject)s rejected"
            " rows are passed over. You can stop meanwhile, and undo it afterwards."
        )
        counts = {
            "create": f"{batch.to_create:,}",
            "change": f"{batch.to_change:,}",
            "leave": f"{batch.to_leave:,}",
            "reject": f"{batch.to_reject:,}",
        }
        return {"intro": text % counts}

    def save(self, form: Any) -> None:
        apply_batch(batch_id=self.kwargs["import_id"], actor=self.actor)


@page
class UndoImport(ImportPage):
    """Say what undoing does, and do it."""

    name = "undo_import"
    path = "imports/<uuid:import_id>/undo/"
    title = _("Undo this import")
    is_destructive = True
    done = _("The import is being undone. You can leave the page meanwhile.")

    @property
    def submit(self) -> str:
        """The button, with the number of rows."""
        batch = self.batch
        count = batch.applied_count - batch.undone_count - batch.kept_count
        return ngettext("Undo %(count)s row", "Undo %(count)s rows", count) % {"count": f"{count:,}"}

    def context(self) -> dict[str, Any]:
        text = gettext(
            "What the import created goes, and what it changed gets its values from before. What was changed since the"
            " import stays as it is, and is listed with the reason."
        )
        return {"intro": text}

    def save(self, form: Any) -> None:
        undo_batch(batch_id=self.kwargs["import_id"], actor=self.actor)


@page
class ImportProgress(Page):
    """The progress of an import; when the job is over, the whole page comes anew."""

    name = "import_progress"
    path = "imports/<uuid:import_id>/progress/"
    title = _("Progress")
    is_part = True
    policy = Capability.IMPORTS_READ

    def get(self) -> HttpResponse:
        batch: Any = site._registry[ImportBatch].get_object(self.request, str(self.kwargs["import_id"]))
        if batch.state not in BUSY or batch.job is None:
            return HttpResponse(headers={"HX-Refresh": "true"})
        context = import_progress(batch, may_steer=self.actor.may(Capability.IMPORTS_WRITE))
        return TemplateResponse(self.request, "console/components/job_progress.html", context)
