import django.db.models.deletion
from django.db import migrations, models

import o2o.kit.models
import o2o.tenancy.scope
from o2o.tenancy.rls import EnableRowLevelSecurity


class Migration(migrations.Migration):
    dependencies = [
        ("jobs", "0001_initial"),
        ("orders", "0002_raise_reference_version"),
        ("tenancy", "0005_audit_newest_first"),
    ]

    operations = [
        migrations.CreateModel(
            name="RuleReplay",
            fields=[
                (
                    "id",
                    models.UUIDField(default=o2o.kit.models.uuid7, editable=False, primary_key=True, serialize=False),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("name", models.CharField(max_length=100, verbose_name="name")),
                ("position", models.PositiveSmallIntegerField(verbose_name="position")),
                ("definition", models.JSONField(verbose_name="definition")),
                ("is_active", models.BooleanField(default=True, verbose_name="active")),
                ("others", models.JSONField(default=list, editable=False, verbose_name="rules of that moment")),
                (
                    "days",
                    models.PositiveSmallIntegerField(
                        choices=[(7, "7 days"), (30, "30 days"), (90, "90 days")], verbose_name="days"
                    ),
                ),
                ("since", models.DateTimeField(verbose_name="from")),
                ("until", models.DateTimeField(verbose_name="until")),
                ("progress", models.BinaryField(null=True)),
                ("result", models.JSONField(blank=True, editable=False, null=True, verbose_name="result")),
                (
                    "finished_at",
                    models.DateTimeField(blank=True, editable=False, null=True, verbose_name="finished at"),
                ),
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
                (
                    "rule",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="replays",
                        to="orders.routingrule",
                        verbose_name="rule",
                    ),
                ),
            ],
            options={
                "verbose_name": "trial of a rule",
                "verbose_name_plural": "trials of rules",
                "ordering": ("-pk",),
                "indexes": [
                    models.Index(fields=["rule", "-id"], name="rulereplay_of_rule"),
                    models.Index(fields=["merchant", "-id"], name="rulereplay_list"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("days__in", [7, 30, 90])), name="rulereplay_known_period"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("finished_at__isnull", True), ("result__isnull", True)),
                            models.Q(("finished_at__isnull", False), ("result__isnull", False)),
                            _connector="OR",
                        ),
                        name="rulereplay_result_when_finished",
                    ),
                ],
            },
        ),
        EnableRowLevelSecurity("RuleReplay"),
    ]
