"""The list of imports, and the page of one: what it would do, what it does, what it did."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from o2o.console import Act, EmptyState, Fact, MerchantModelAdmin, Nav, NavGroup, Panel, badge, site
from o2o.console.components import Stat
from o2o.imports.enums import BUSY, CORRECTABLE, Action, BatchState
from o2o.imports.kinds import find_kind, label_of
from o2o.imports.models import ImportBatch
from o2o.imports.reading.dialects import DELIMITERS
from o2o.imports.reading.encodings import ENCODINGS
from o2o.imports.selectors import TABS, batches_for, matched_columns, rows_of
from o2o.imports.services.batches import cancel_batch
from o2o.kit.clock import now
from o2o.kit.errors import ForbiddenError
from o2o.kit.jobs.console import progress_context
from o2o.tenancy.capabilities import Capability

ROWS_SHOWN = 50
TONES = {
    BatchState.UPLOADED: "warning",
    BatchState.PLANNING: "info",
    BatchState.PLANNED: "warning",
    BatchState.APPLYING: "info",
    BatchState.APPLIED: "success",
    BatchState.UNDOING: "info",
    BatchState.FAILED: "danger",
}
DATE_ORDERS = {"dmy": _("day/month/year"), "mdy": _("month/day/year")}


def state_of(batch: ImportBatch) -> SafeString:
    """Return the badge of an import's state; one that was stopped says so."""
    if batch.state == BatchState.APPLIED and batch.not_done:
        return badge(_("stopped"), "warning")
    return badge(batch.get_state_display(), TONES.get(BatchState(batch.state), "neutral"))


@admin.register(ImportBatch, site=site)
class ImportAdmin(MerchantModelAdmin):
    """Files of the merchant and what became of them."""

    slug = "imports"
    title = _("Import")
    nav = Nav(NavGroup.TODAY, "upload_file", 25)
    policy = {"view": Capability.IMPORTS_READ}
    intro = _("Bring in products, stock, members or orders from a file. You see what would change before it does.")
    list_display = (
        "file_name",
        "what",
        "state_badge",
        "row_count",
        "applied_count",
        "rejected",
        "actor_label",
        "created_at",
    )
    list_filter = ("state",)
    search_fields = ("file_name",)
    sortable_by = ("created_at",)
    export_columns = (
        "file_name", "kind", "state", "row_count", "applied_count", "rejected_count", "undone_count", "actor_label",
        "created_at",
    )  # fmt: skip
    acts = (
        Act(
            name="cancel",
            label=_("stop"),
            demand=Capability.IMPORTS_WRITE,
            explain=_(
                "What is under way stops after the rows that it is doing. What was applied stays and can be undone;"
                " a file that was only compared is given up."
            ),
            apply=lambda request, batch: cancel_batch(batch_id=batch.pk, actor=request.actor, at=now()),
            fits=lambda batch: batch.state in (*CORRECTABLE, *BUSY),
            icon="cancel",
            is_destructive=True,
            is_bulk=False,
        ),
    )

    @admin.display(description=_("what"))
    def what(self, batch: ImportBatch) -> str:
        return label_of(batch.kind)

    @admin.display(description=_("state"))
    def state_badge(self, batch: ImportBatch) -> SafeString:
        return state_of(batch)

    @admin.display(description=pgettext_lazy("row", "rejected"))
    def rejected(self, batch: ImportBatch) -> int:
        return batch.to_reject + batch.rejected_count

    def get_queryset(self, request: HttpRequest) -> QuerySet[ImportBatch]:
        """Return the imports of the kinds that the person may use."""
        return batches_for(request.actor).select_related("job").order_by(*self.get_ordering(request))  # type: ignore[attr-defined]

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """Return an import. Who may see none at all is told so, before it is looked for."""
        if not self.has_view_permission(request):
            raise ForbiddenError(gettext("Your role does not open this page. Ask an owner if you need it."))
        return super().get_object(request, object_id, from_field)

    def empty_state(self, request: HttpRequest) -> EmptyState:
        may_add = request.actor.may(Capability.IMPORTS_WRITE)  # type: ignore[attr-defined]
        return EmptyState(
            title=_("Nothing was imported yet"),
            text=_("Take a spreadsheet or CSV as it is. Nothing is written before you have seen what would change."),
            icon="upload_file",
            url=reverse("console:new_import") if may_add else "",
            action=_("New import"),
        )

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Show the imports, with the way to a new one."""
        may_add = request.actor.may(Capability.IMPORTS_WRITE)  # type: ignore[attr-defined]
        links = [(_("New import"), reverse("console:new_import"), True)] if may_add else []
        return super().changelist_view(request, {"list_links": links, **(extra_context or {})})

    def panels(self, request: HttpRequest, row: ImportBatch) -> Sequence[Panel]:
        may_write = request.actor.may(Capability.IMPORTS_WRITE)  # type: ignore[attr-defined]
        panels = [
            Panel("", template="imports/summary.html", context={"batch": row, **_summary(row, may_write=may_write)})
        ]
        panels.append(_reading(row, may_write=may_write))
        if row.state not in (BatchState.UPLOADED, BatchState.PLANNING) and row.row_count and row.purged_at is None:
            panels.append(Panel(_("Rows"), template="imports/rows.html", context=_rows(request, row), is_wide=True))
        return panels


def import_progress(batch: ImportBatch, *, may_steer: bool) -> dict[str, Any]:
    """Return what the progress component shows; when the job is over it lets the whole page come anew."""
    context = progress_context(batch.job, may_steer=may_steer)  # type: ignore[arg-type]
    return {**context, "progress_url": reverse("console:import_progress", args=(batch.pk,))}


def _summary(batch: ImportBatch, *, may_write: bool) -> dict[str, Any]:
    return {
        "stats": _stats(batch),
        "state_badge": state_of(batch),
        "is_busy": batch.state in BUSY,
        "work": import_progress(batch, may_steer=may_write) if batch.state in BUSY and batch.job else None,
        "steps": _steps(batch) if may_write else [],
        "rejected_url": reverse("console:import_rejected", args=(batch.pk,))
        if batch.has_rejected and batch.purged_at is None
        else "",
        "not_done": batch.not_done if batch.state == BatchState.APPLIED else 0,
    }


def _stats(batch: ImportBatch) -> list[Stat]:
    """Return the big figures: the plan, and beside it what was done."""
    if batch.state in (BatchState.UPLOADED, BatchState.FAILED) or not batch.row_count:
        return []
    stats = [
        Stat(_("To create"), batch.to_create, tone="success"),
        Stat(_("To change"), batch.to_change, tone="info"),
        Stat(_("Left as it is"), batch.to_leave, tone="neutral"),
        Stat(_("Rejected"), batch.to_reject + batch.rejected_count, tone="danger" if batch.has_rejected else "neutral"),
    ]
    if batch.applied_count:
        stats.append(Stat(_("Applied"), batch.applied_count, tone="success"))
    if batch.undone_count or batch.kept_count:
        note = gettext("%(count)s not undone") % {"count": batch.kept_count} if batch.kept_count else ""
        stats.append(Stat(_("Undone"), batch.undone_count, note=note, tone="warning"))
    return stats


def _steps(batch: ImportBatch) -> list[tuple[str, str, bool]]:
    """Return the buttons that lead on: text, address, whether it is the main one."""
    steps: list[tuple[str, str, bool]] = []
    if batch.purged_at is not None:
        return steps
    count = batch.to_apply if batch.state == BatchState.PLANNED else batch.not_done
    is_stopped = batch.state == BatchState.APPLIED and count and not batch.undone_count and not batch.kept_count
    if (batch.state == BatchState.PLANNED and count) or is_stopped:
        text = ngettext("Apply %(count)s row", "Apply %(count)s rows", count) % {"count": f"{count:,}"}
        steps.append((text, reverse("console:apply_import", args=(batch.pk,)), True))
    if batch.state == BatchState.APPLIED and batch.applied_count:
        steps.append((gettext("Undo this import"), reverse("console:undo_import", args=(batch.pk,)), False))
    if batch.state in CORRECTABLE:
        is_main = batch.state != BatchState.PLANNED
        steps.append((gettext("Correct how it is read"), reverse("console:import_reading", args=(batch.pk,)), is_main))
    return steps


def _rows(request: HttpRequest, batch: ImportBatch) -> dict[str, Any]:
    counts = {
        Action.CREATE: batch.to_create,
        Action.CHANGE: batch.to_change,
        Action.LEAVE: batch.to_leave,
        Action.REJECT: batch.to_reject + batch.rejected_count,
    }
    first = next((action.value for action in Action if counts[action]), Action.CREATE.value)
    tab = request.GET.get("tab", first)
    tab = tab if tab in TABS else first
    after = request.GET.get("after", "")
    rows = rows_of(batch_id=batch.pk, tab=tab).filter(row_number__gt=int(after) if after.isdecimal() else 0)
    found = list(rows[: ROWS_SHOWN + 1])
    shown = found[:ROWS_SHOWN]
    labels = {column.name: column.label for column in matched_names(batch)}
    return {
        "tab": tab,
        "tabs": [(action.value, action.label, counts[action]) for action in Action],
        "rows": [(row, _changes(row.changes, labels), _cells(row.cells)) for row in shown],
        "next_after": shown[-1].row_number if len(found) > ROWS_SHOWN else None,
        "is_later_page": bool(after),
    }


def matched_names(batch: ImportBatch) -> Sequence[Any]:
    """Return the columns of the kind, for their labels."""
    return find_kind(batch.kind).columns


def _changes(changes: dict[str, Any], labels: dict[str, Any]) -> list[tuple[Any, str, str]]:
    return [(labels.get(name, name), _shown(before), _shown(after)) for name, (before, after) in changes.items()]


def _shown(value: Any) -> str:
    if value is None or value == "" or value == []:
        return ""
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    return ", ".join(str(item) for item in value) if isinstance(value, list) else str(value)


def _cells(cells: Sequence[Any]) -> str:
    return " · ".join(str(cell) for cell in cells if cell not in (None, ""))[:300]


def _reading(batch: ImportBatch, *, may_write: bool) -> Panel:
    dialect, matched = batch.reading, matched_columns(batch)
    headers = list(dialect.headers)
    facts = [Fact(_("Format"), "XLSX" if dialect.format == "xlsx" else "CSV")]
    if dialect.format == "csv":
        facts += [
            Fact(_("Encoding"), ENCODINGS.get(dialect.encoding, dialect.encoding)),
            Fact(_("Delimiter"), DELIMITERS.get(dialect.delimiter, dialect.delimiter), is_code=True),
        ]
    is_proved = bool(dialect.date_order or dialect.found_date_order)
    facts += [
        Fact(
            _("Dates such as 1/2/2026"),
            DATE_ORDERS[dialect.day_or_month_first],
            help="" if is_proved else _("The file does not prove it. Correct it if it is the other way round."),
        ),
        Fact(_("Decimal mark"), dialect.decimal_mark or _("found number by number")),
        Fact(
            _("Columns"),
            ", ".join(
                f"{label.label} ← {headers[matched.mapping[label.name]]}"
                for label in matched_names(batch)
                if label.name in matched.mapping
            ),
        ),
        Fact(_("Ignored columns"), ", ".join(matched.unknown)),
        Fact(_("Size"), f"{batch.file_size:,} B"),
        Fact(_("Started by"), batch.actor_label),
    ]
    note: Any = ""
    if may_write and batch.state in CORRECTABLE:
        url = reverse("console:import_reading", args=(batch.pk,))
        note = format_html('<a href="{}">{}</a>', url, gettext("Correct how it is read"))
    return Panel(_("How the file is read"), facts=facts, note=note)
