import django.db.models.deletion
import django.db.models.expressions
from django.db import migrations, models

# Lines know the location of their count, and those of ended counts are decided. A variant that two undecided counts of
# a location have stays with the older count. The owner of the tables sees the rows of all merchants meanwhile.
FILL = """
ALTER TABLE inventory_countline NO FORCE ROW LEVEL SECURITY;
ALTER TABLE inventory_cyclecount NO FORCE ROW LEVEL SECURITY;
UPDATE inventory_countline line
SET location_id = stock_count.location_id, is_pending = stock_count.state IN ('open', 'review')
FROM inventory_cyclecount stock_count WHERE stock_count.id = line.count_id;
DELETE FROM inventory_countline line
USING inventory_countline older
WHERE line.is_pending AND older.is_pending AND older.location_id = line.location_id
  AND older.variant_id = line.variant_id AND older.id < line.id;
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE inventory_countline FORCE ROW LEVEL SECURITY;
ALTER TABLE inventory_cyclecount FORCE ROW LEVEL SECURITY;
"""
NAME_DAMAGE = """
ALTER TABLE inventory_transferline NO FORCE ROW LEVEL SECURITY;
UPDATE inventory_transferline SET damage_reason = 'damaged' WHERE damaged > 0 AND damage_reason = '';
UPDATE inventory_transferline SET damaged = 0 WHERE received IS NULL;
ALTER TABLE inventory_transferline FORCE ROW LEVEL SECURITY;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0001_initial"),
        ("inventory", "0002_ledger_writes_levels"),
        ("stores", "0001_initial"),
        ("tenancy", "0005_audit_newest_first"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="transferorder",
            name="transfer_known_state",
        ),
        migrations.RenameField(model_name="transferline", old_name="note", new_name="damage_reason"),
        migrations.AddField(
            model_name="countline",
            name="adjustments_seen",
            field=models.PositiveIntegerField(default=0, verbose_name="adjustments before the counting"),
        ),
        migrations.AddField(
            model_name="countline",
            name="is_pending",
            field=models.BooleanField(default=True, verbose_name="undecided"),
        ),
        migrations.AddField(
            model_name="countline",
            name="location",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="stores.stocklocation",
                verbose_name="location",
            ),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.AlterField(
            model_name="countline",
            name="location",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="stores.stocklocation",
                verbose_name="location",
            ),
        ),
        migrations.AddField(
            model_name="countline",
            name="needs_recount",
            field=models.BooleanField(default=False, verbose_name="must be counted again"),
        ),
        migrations.AddField(
            model_name="cyclecount",
            name="is_asked",
            field=models.BooleanField(default=False, editable=False, verbose_name="asked for by an order"),
        ),
        migrations.AddField(
            model_name="stockcheck",
            name="is_repaired",
            field=models.BooleanField(default=True, verbose_name="repaired"),
        ),
        migrations.AlterField(
            model_name="transferline",
            name="damage_reason",
            field=models.CharField(blank=True, max_length=200, verbose_name="what is damaged"),
        ),
        migrations.RunSQL(NAME_DAMAGE, migrations.RunSQL.noop),
        migrations.AddField(
            model_name="transferline",
            name="returned",
            field=models.PositiveIntegerField(default=0, verbose_name="taken back by the source"),
        ),
        migrations.AddField(
            model_name="transferorder",
            name="received_by",
            field=models.CharField(blank=True, max_length=200, verbose_name="received by"),
        ),
        migrations.AddField(
            model_name="transferorder",
            name="returned_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="taken back at"),
        ),
        migrations.AddField(
            model_name="transferorder",
            name="shipped_by",
            field=models.CharField(blank=True, max_length=200, verbose_name="shipped by"),
        ),
        migrations.AlterField(
            model_name="transferorder",
            name="state",
            field=models.CharField(
                choices=[
                    ("requested", "requested"),
                    ("shipped", "on its way"),
                    ("received", "received"),
                    ("returned", "taken back"),
                    ("cancelled", "cancelled"),
                ],
                default="requested",
                max_length=10,
                verbose_name="state",
            ),
        ),
        migrations.AddIndex(
            model_name="stocklevel",
            index=models.Index(
                condition=models.Q(("sold_out_until__isnull", False)), fields=["sold_out_until"], name="level_sold_out"
            ),
        ),
        migrations.AddIndex(
            model_name="stockmovement",
            index=models.Index(condition=models.Q(("kind", "adjusted")), fields=["level"], name="movement_adjusted"),
        ),
        migrations.AddConstraint(
            model_name="countline",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_pending", True)),
                fields=("merchant", "location", "variant"),
                name="countline_one_undecided_per_place",
            ),
        ),
        migrations.AddConstraint(
            model_name="countline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("counted", None), ("expected", None), ("recounted", None)),
                    models.Q(("counted__isnull", False), ("expected__isnull", False)),
                    _connector="OR",
                ),
                name="countline_figures_belong_together",
            ),
        ),
        migrations.AddConstraint(
            model_name="cyclecount",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("posted_at__isnull", False), ("state", "posted")),
                    models.Q(models.Q(("state", "posted"), _negated=True), ("posted_at", None)),
                    _connector="OR",
                ),
                name="count_posted_at_a_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="stockmovement",
            constraint=models.UniqueConstraint(
                condition=models.Q(("reference_kind__in", ("receipt", "write_off"))),
                fields=("merchant", "reference_id", "level"),
                name="movement_once_per_slip",
            ),
        ),
        migrations.AddConstraint(
            model_name="transferline",
            constraint=models.CheckConstraint(
                condition=models.Q(("shipped__isnull", False), ("received", None), _connector="OR"),
                name="transferline_shipped_first",
            ),
        ),
        migrations.AddConstraint(
            model_name="transferline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("damaged", 0),
                    models.Q(("received__isnull", False), models.Q(("damage_reason", ""), _negated=True)),
                    _connector="OR",
                ),
                name="transferline_damage_has_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="transferline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("returned", 0),
                    models.Q(
                        ("received__isnull", False),
                        (
                            "shipped__gte",
                            django.db.models.expressions.CombinedExpression(
                                django.db.models.expressions.CombinedExpression(
                                    models.F("received"), "+", models.F("damaged")
                                ),
                                "+",
                                models.F("returned"),
                            ),
                        ),
                    ),
                    _connector="OR",
                ),
                name="transferline_only_missing_returns",
            ),
        ),
        migrations.AddConstraint(
            model_name="transferorder",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["requested", "shipped", "received", "returned", "cancelled"])),
                name="transfer_known_state",
            ),
        ),
        migrations.AddConstraint(
            model_name="transferorder",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("cancelled_at__isnull", True),
                        ("received_at__isnull", True),
                        ("returned_at__isnull", True),
                        ("shipped_at__isnull", True),
                        ("state", "requested"),
                    ),
                    models.Q(
                        ("cancelled_at__isnull", True),
                        ("received_at__isnull", True),
                        ("returned_at__isnull", True),
                        ("shipped_at__isnull", False),
                        ("state", "shipped"),
                    ),
                    models.Q(
                        ("cancelled_at__isnull", True),
                        ("received_at__isnull", False),
                        ("returned_at__isnull", True),
                        ("shipped_at__isnull", False),
                        ("state", "received"),
                    ),
                    models.Q(
                        ("cancelled_at__isnull", True),
                        ("received_at__isnull", True),
                        ("returned_at__isnull", False),
                        ("shipped_at__isnull", False),
                        ("state", "returned"),
                    ),
                    models.Q(
                        ("cancelled_at__isnull", False),
                        ("received_at__isnull", True),
                        ("returned_at__isnull", True),
                        ("shipped_at__isnull", True),
                        ("state", "cancelled"),
                    ),
                    _connector="OR",
                ),
                name="transfer_times_fit_state",
            ),
        ),
    ]
