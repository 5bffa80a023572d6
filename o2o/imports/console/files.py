"""Files to take away: rejected rows, an empty template, what is there."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.http import FileResponse, HttpResponse, StreamingHttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from o2o.console import Page, page, site
from o2o.imports.console.uploading import NewImport
from o2o.imports.downloads import as_csv, export_rows, rejected_lines, template_rows
from o2o.imports.kinds import ImportContext, ImportKind, UnknownImportKindError
from o2o.imports.models import ImportBatch
from o2o.imports.parsing.errors import Formats
from o2o.imports.services.chunks import zone_of
from o2o.imports.services.uploads import kind_for
from o2o.kit.clock import now
from o2o.kit.workbooks import XLSX, as_workbook
from o2o.tenancy.capabilities import Capability


@page
class RejectedRows(Page):
    """The rows that came back, with the reason, to mend and import again."""

    name = "import_rejected"
    path = "imports/<uuid:import_id>/rejected.csv"
    title = gettext_lazy("Rejected rows")
    is_part = True
    policy = Capability.IMPORTS_READ

    def get(self) -> HttpResponse:
        batch: Any = site._registry[ImportBatch].get_object(self.request, str(self.kwargs["import_id"]))
        return _csv(rejected_lines(batch), f"rejected-{batch.pk}")


class KindFile(Page):
    """A file of the kind that the address names."""

    is_part = True
    policy = Capability.IMPORTS_READ

    def get(self) -> HttpResponse:
        """Answer with the file, or with the kinds to choose from where none is named."""
        name = self.request.GET.get("kind", "")
        return self.answer(kind_for(name, self.actor)) if name else NewImport(self.request).get()

    def answer(self, kind: ImportKind) -> HttpResponse:
        """Return the file of a kind."""
        raise NotImplementedError

    def file(self, rows: Iterable[Sequence[Any]], name: str) -> HttpResponse:
        """Return rows as the file that was asked for."""
        if self.request.GET.get("format") == "xlsx":
            answer: Any = FileResponse(
                as_workbook(rows), as_attachment=True, filename=f"{name}.xlsx", content_type=XLSX
            )
            return answer
        return _csv(as_csv(rows), name)


@page
class ImportTemplate(KindFile):
    """An empty file with the headers and an example."""

    name = "import_template"
    path = "imports/files/template/"
    title = gettext_lazy("Template")

    def answer(self, kind: ImportKind) -> HttpResponse:
        return self.file(template_rows(kind), f"template-{kind.name}")


@page
class ImportExport(KindFile):
    """What is there, in the columns of the import."""

    name = "import_export"
    path = "imports/files/export/"
    title = gettext_lazy("Export")

    def answer(self, kind: ImportKind) -> HttpResponse:
        if not kind.has_export:
            raise UnknownImportKindError(_("“%(kind)s” has no export.") % {"kind": kind.label})
        merchant = self.request.merchant
        context = ImportContext(
            at=now(),
            batch_id=merchant.pk,
            merchant_id=merchant.pk,
            actor_id=self.actor.id,
            actor_label=self.actor.label,
            location_ids=self.actor.location_ids,
            formats=Formats(currency=merchant.currency, time_zone=zone_of(merchant.time_zone)),
        )
        return self.file(export_rows(kind, context), kind.name)


def _csv(lines: Iterable[str], name: str) -> HttpResponse:
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response  # type: ignore[return-value]
