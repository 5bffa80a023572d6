"""An import, the file that it came from, and the rows of the file."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from o2o.imports.enums import BUSY, Action, BatchState, Outcome
from o2o.imports.kinds import label_of
from o2o.imports.reading.dialects import Dialect
from o2o.kit.jobs.models import Job
from o2o.tenancy.models import Merchant, TenantModel
from o2o.tenancy.scope import current_merchant_id


class ImportBatch(TenantModel):
    """One file and what was made of it: uploaded, compared with what is there, applied, perhaps undone.

    ``state`` is the authority: a job of a batch in another state than the job's own stops. ``job`` is the one at work,
    or the last one. The counts of the plan (``to_…``) and of what was done change in the transaction of the rows that
    they count. ``error`` says why the file could not be read. ``location_ids`` are the stores to which the person is
    bound.
    """

    kind = models.CharField(_("what"), max_length=80, editable=False)
    file_name = models.CharField(_("file"), max_length=200)
    file_size = models.PositiveBigIntegerField(_("size in bytes"))
    sha256 = models.CharField(_("checksum"), max_length=64, editable=False)
    stored_size = models.PositiveBigIntegerField(editable=False)
    line_count = models.PositiveIntegerField(null=True, editable=False)
    dialect = models.JSONField(_("how it is read"), default=dict)
    language = models.CharField(max_length=10, default="en", editable=False)
    state = models.CharField(_("state"), max_length=10, choices=BatchState.choices, default=BatchState.UPLOADED)
    error = models.TextField(_("error"), blank=True)
    job = models.ForeignKey(
        Job, on_delete=models.SET_NULL, null=True, related_name="+", editable=False, verbose_name=_("job")
    )
    actor_id = models.UUIDField(null=True, editable=False)
    actor_label = models.CharField(_("started by"), max_length=200, blank=True, editable=False)
    location_ids = ArrayField(models.UUIDField(), null=True, editable=False)
    row_count = models.PositiveIntegerField(_("rows"), default=0)
    to_create = models.PositiveIntegerField(_("to create"), default=0)
    to_change = models.PositiveIntegerField(_("to change"), default=0)
    to_leave = models.PositiveIntegerField(_("to leave"), default=0)
    to_reject = models.PositiveIntegerField(_("to reject"), default=0)
    applied_count = models.PositiveIntegerField(_("applied"), default=0)
    left_count = models.PositiveIntegerField(_("left"), default=0)
    rejected_count = models.PositiveIntegerField(_("rejected while applying"), default=0)
    undone_count = models.PositiveIntegerField(_("undone"), default=0)
    kept_count = models.PositiveIntegerField(_("not undone"), default=0)
    planned_at = models.DateTimeField(_("compared at"), null=True, editable=False)
    applied_at = models.DateTimeField(_("applied at"), null=True, editable=False)
    undone_at = models.DateTimeField(_("undone at"), null=True, editable=False)
    purged_at = models.DateTimeField(_("rows removed at"), null=True, editable=False)

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        constraints = (
            models.CheckConstraint(condition=Q(state__in=BatchState.values), name="import_batch_known_state"),
            models.CheckConstraint(
                condition=~Q(state__in=(*BUSY, BatchState.PLANNED)) | Q(purged_at=None),
                name="import_batch_has_its_rows",
            ),
        )
        indexes = (
            # serves: the list of a merchant's imports
            models.Index(fields=("merchant", "-id"), name="import_batch_list"),
            # serves: rows to remove after a while, and imports whose job ended without them
            models.Index(fields=("created_at",), name="import_batch_old", condition=Q(purged_at=None)),
            models.Index(fields=("updated_at",), name="import_batch_busy", condition=Q(state__in=BUSY)),
        )

    def __str__(self) -> str:
        return f"{label_of(self.kind)} – {self.file_name}"

    @property
    def reading(self) -> Dialect:
        """How the file is read."""
        return Dialect.from_json(self.dialect)

    @property
    def to_apply(self) -> int:
        """How many rows applying would write."""
        return self.to_create + self.to_change

    @property
    def not_done(self) -> int:
        """How many rows of an import that was stopped nobody applied."""
        return max(self.to_apply - self.applied_count - self.left_count - self.rejected_count, 0)

    @property
    def has_rejected(self) -> bool:
        """Whether rows came back, from the plan or from applying."""
        return bool(self.to_reject or self.rejected_count)


class ImportFilePart(TenantModel):
    """A megabyte of an uploaded file, as it is stored: what a .gz holds, not the .gz."""

    created_at = None  # type: ignore[assignment]
    updated_at = None  # type: ignore[assignment]
    batch = models.ForeignKey(
        ImportBatch, on_delete=models.CASCADE, related_name="parts", db_index=False, verbose_name=_("import")
    )
    number = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        verbose_name = _("part of a file")
        verbose_name_plural = _("parts of files")
        constraints = (models.UniqueConstraint(fields=("merchant", "batch", "number"), name="import_file_part_once"),)

    def __str__(self) -> str:
        return f"{self.batch_id} {self.number}"


class ImportRow(TenantModel):
    """A row of a file: its cells as they stand there, what would become of it, what became of it.

    ``key`` is the same for the rows of a group and sorts by bytes. ``action`` is empty until the row was compared,
    ``outcome`` until it was applied; a row that comes back has a ``reason``. ``undo`` is the memo of the kind.

    Every row is written three times, so the table keeps half of each page free for the next versions of its rows.
    """

    created_at = None  # type: ignore[assignment]
    updated_at = None  # type: ignore[assignment]
    merchant = models.ForeignKey(
        Merchant,
        on_delete=models.PROTECT,
        default=current_merchant_id,
        editable=False,
        related_name="+",
        db_index=False,  # the constraint below begins with it
        verbose_name=_("merchant"),
    )
    batch = models.ForeignKey(
        ImportBatch, on_delete=models.CASCADE, related_name="rows", db_index=False, verbose_name=_("import")
    )
    row_number = models.PositiveIntegerField(_("row"))
    key = models.CharField(max_length=200, db_collation="C", editable=False)
    cells = models.JSONField(_("content"))
    action = models.CharField(_("plan"), max_length=6, choices=Action.choices, blank=True)
    changes = models.JSONField(_("changes"), default=dict)
    reason = models.TextField(_("reason"), blank=True)
    outcome = models.CharField(_("outcome"), max_length=8, choices=Outcome.choices, blank=True)
    undo: Any = models.JSONField(null=True, editable=False)

    class Meta:
        verbose_name = _("row of an import")
        verbose_name_plural = _("rows of imports")
        constraints = (
            # serves: the next rows in the order of the file
            models.UniqueConstraint(fields=("merchant", "batch", "row_number"), name="import_row_once"),
            models.CheckConstraint(condition=Q(action__in=("", *Action.values)), name="import_row_known_action"),
            models.CheckConstraint(condition=Q(outcome__in=("", *Outcome.values)), name="import_row_known_outcome"),
            models.CheckConstraint(
                condition=~(Q(action=Action.REJECT) | Q(outcome=Outcome.REJECTED)) | ~Q(reason=""),
                name="import_row_says_why",
            ),
        )
        indexes = (
            # serves: the next whole groups, for the plan, for applying and, backwards, for undoing
            models.Index(fields=("batch", "key", "row_number"), name="import_row_groups"),
            # serves: the tabs of the preview
            models.Index(fields=("batch", "action", "row_number"), name="import_row_planned", condition=~Q(action="")),
            # serves: the rows that come back; outcome stands in no index, so that to write it costs none an entry
            models.Index(fields=("batch", "row_number"), name="import_row_told", condition=~Q(reason="")),
        )

    def __str__(self) -> str:
        return str(self.row_number)
