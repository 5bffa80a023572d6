import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

import o2o.kit.models
import o2o.tenancy.scope
from o2o.tenancy.rls import EnableRowLevelSecurity


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("jobs", "0001_initial"),
        ("tenancy", "0005_audit_newest_first"),
    ]

    operations = [
        migrations.CreateModel(
            name="ImportBatch",
            fields=[
                (
                    "id",
                    models.UUIDField(default=o2o.kit.models.uuid7, editable=False, primary_key=True, serialize=False),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("kind", models.CharField(editable=False, max_length=80, verbose_name="what")),
                ("file_name", models.CharField(max_length=200, verbose_name="file")),
                ("file_size", models.PositiveBigIntegerField(verbose_name="size in bytes")),
                ("sha256", models.CharField(editable=False, max_length=64, verbose_name="checksum")),
                ("stored_size", models.PositiveBigIntegerField(editable=False)),
                ("line_count", models.PositiveIntegerField(editable=False, null=True)),
                ("dialect", models.JSONField(default=dict, verbose_name="how it is read")),
                ("language", models.CharField(default="en", editable=False, max_length=10)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("uploaded", "uploaded"),
                            ("planning", "being compared"),
                            ("planned", "ready to apply"),
                            ("applying", "being applied"),
                            ("applied", "applied"),
                            ("undoing", "being undone"),
                            ("undone", "undone"),
                            ("failed", "not readable"),
                            ("cancelled", "cancelled"),
                        ],
                        default="uploaded",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("error", models.TextField(blank=True, verbose_name="error")),
                ("actor_id", models.UUIDField(editable=False, null=True)),
                (
                    "actor_label",
                    models.CharField(blank=True, editable=False, max_length=200, verbose_name="started by"),
                ),
                (
                    "location_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.UUIDField(), editable=False, null=True, size=None
                    ),
                ),
                ("row_count", models.PositiveIntegerField(default=0, verbose_name="rows")),
                ("to_create", models.PositiveIntegerField(default=0, verbose_name="to create")),
                ("to_change", models.PositiveIntegerField(default=0, verbose_name="to change")),
                ("to_leave", models.PositiveIntegerField(default=0, verbose_name="to leave")),
                ("to_reject", models.PositiveIntegerField(default=0, verbose_name="to reject")),
                ("applied_count", models.PositiveIntegerField(default=0, verbose_name="applied")),
                ("left_count", models.PositiveIntegerField(default=0, verbose_name="left")),
                ("rejected_count", models.PositiveIntegerField(default=0, verbose_name="rejected while applying")),
                ("undone_count", models.PositiveIntegerField(default=0, verbose_name="undone")),
                ("kept_count", models.PositiveIntegerField(default=0, verbose_name="not undone")),
                ("planned_at", models.DateTimeField(editable=False, null=True, verbose_name="compared at")),
                ("applied_at", models.DateTimeField(editable=False, null=True, verbose_name="applied at")),
                ("undone_at", models.DateTimeField(editable=False, null=True, verbose_name="undone at")),
                ("purged_at", models.DateTimeField(editable=False, null=True, verbose_name="rows removed at")),
                (
                    "job",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="jobs.job",
                        verbose_name="job",
                    ),
                ),
                (
                    "merchant",
                    models.ForeignKey(
                        default=o2o.tenancy.scope.current_merchant_id,
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenancy.merchant",
                        verbose_name="merchant",
                    ),
                ),
            ],
            options={
                "verbose_name": "import",
                "verbose_name_plural": "imports",
            },
        ),
        migrations.CreateModel(
            name="ImportFilePart",
            fields=[
                (
                    "id",
                    models.UUIDField(default=o2o.kit.models.uuid7, editable=False, primary_key=True, serialize=False),
                ),
                ("number", models.PositiveIntegerField()),
                ("content", models.BinaryField()),
                (
                    "batch",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="parts",
                        to="imports.importbatch",
                        verbose_name="import",
                    ),
                ),
                (
                    "merchant",
                    models.ForeignKey(
                        default=o2o.tenancy.scope.current_merchant_id,
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenancy.merchant",
                        verbose_name="merchant",
                    ),
                ),
            ],
            options={
                "verbose_name": "part of a file",
                "verbose_name_plural": "parts of files",
            },
        ),
        migrations.CreateModel(
            name="ImportRow",
            fields=[
                (
                    "id",
                    models.UUIDField(default=o2o.kit.models.uuid7, editable=False, primary_key=True, serialize=False),
                ),
                ("row_number", models.PositiveIntegerField(verbose_name="row")),
                ("key", models.CharField(db_collation="C", editable=False, max_length=200)),
                ("cells", models.JSONField(verbose_name="content")),
                (
                    "action",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("create", "created"),
                            ("change", "changed"),
                            ("leave", "left as it is"),
                            ("reject", "rejected"),
                        ],
                        max_length=6,
                        verbose_name="plan",
                    ),
                ),
                ("changes", models.JSONField(default=dict, verbose_name="changes")),
                ("reason", models.TextField(blank=True, verbose_name="reason")),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("applied", "applied"),
                            ("left", "left as it was"),
                            ("rejected", "rejected"),
                            ("undone", "undone"),
                            ("kept", "not undone"),
                        ],
                        max_length=8,
                        verbose_name="outcome",
                    ),
                ),
                ("undo", models.JSONField(editable=False, null=True)),
                (
                    "batch",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="rows",
                        to="imports.importbatch",
                        verbose_name="import",
                    ),
                ),
                (
                    "merchant",
                    models.ForeignKey(
                        default=o2o.tenancy.scope.current_merchant_id,
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenancy.merchant",
                        verbose_name="merchant",
                    ),
                ),
            ],
            options={
                "verbose_name": "row of an import",
                "verbose_name_plural": "rows of imports",
            },
        ),
        migrations.AddIndex(
            model_name="importbatch",
            index=models.Index(fields=["merchant", "-id"], name="import_batch_list"),
        ),
        migrations.AddIndex(
            model_name="importbatch",
            index=models.Index(condition=models.Q(("purged_at", None)), fields=["created_at"], name="import_batch_old"),
        ),
        migrations.AddIndex(
            model_name="importbatch",
            index=models.Index(
                condition=models.Q(("state__in", ("planning", "applying", "undoing"))),
                fields=["updated_at"],
                name="import_batch_busy",
            ),
        ),
        migrations.AddConstraint(
            model_name="importbatch",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "state__in",
                        [
                            "uploaded",
                            "planning",
                            "planned",
                            "applying",
                            "applied",
                            "undoing",
                            "undone",
                            "failed",
                            "cancelled",
                        ],
                    )
                ),
                name="import_batch_known_state",
            ),
        ),
        migrations.AddConstraint(
            model_name="importbatch",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ("planning", "applying", "undoing", "planned")), _negated=True),
                    ("purged_at", None),
                    _connector="OR",
                ),
                name="import_batch_has_its_rows",
            ),
        ),
        migrations.AddConstraint(
            model_name="importfilepart",
            constraint=models.UniqueConstraint(fields=("merchant", "batch", "number"), name="import_file_part_once"),
        ),
        migrations.AddIndex(
            model_name="importrow",
            index=models.Index(fields=["batch", "key", "row_number"], name="import_row_groups"),
        ),
        migrations.AddIndex(
            model_name="importrow",
            index=models.Index(fields=["batch", "action", "row_number"], name="import_row_tabs"),
        ),
        migrations.AddIndex(
            model_name="importrow",
            index=models.Index(
                condition=models.Q(("action", "reject"), ("outcome", "rejected"), _connector="OR"),
                fields=["batch", "row_number"],
                name="import_row_rejected",
            ),
        ),
        migrations.AddConstraint(
            model_name="importrow",
            constraint=models.UniqueConstraint(fields=("merchant", "batch", "row_number"), name="import_row_once"),
        ),
        migrations.AddConstraint(
            model_name="importrow",
            constraint=models.CheckConstraint(
                condition=models.Q(("action__in", ("", "create", "change", "leave", "reject"))),
                name="import_row_known_action",
            ),
        ),
        migrations.AddConstraint(
            model_name="importrow",
            constraint=models.CheckConstraint(
                condition=models.Q(("outcome__in", ("", "applied", "left", "rejected", "undone", "kept"))),
                name="import_row_known_outcome",
            ),
        ),
        EnableRowLevelSecurity("ImportBatch"),
        EnableRowLevelSecurity("ImportFilePart"),
        EnableRowLevelSecurity("ImportRow"),
    ]
