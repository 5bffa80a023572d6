import django.db.models.deletion
import django.db.models.expressions
from django.db import migrations, models

import o2o.kit.models
import o2o.tenancy.scope
from o2o.tenancy.append_only import MakeAppendOnly
from o2o.tenancy.rls import EnableRowLevelSecurity


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("catalog", "0001_initial"),
        ("stores", "0001_initial"),
        ("tenancy", "0005_audit_newest_first"),
    ]

    operations = [
        migrations.CreateModel(
            name="ChannelQuota",
            fields=[
                (
                    "id",
                    models.UUIDField(default=o2o.kit.models.uuid7, editable=False, primary_key=True, serialize=False),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("exclusive", models.PositiveIntegerField(verbose_name="exclusive units")),
                (
                    "shared_limit",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="Empty: as much as there is. 0: nothing.",
                        null=True,
                        verbose_name="from the shared pool at most",
                    ),
                ),
                ("used", models.IntegerField(default=0, editable=False, verbose_name="used")),
                ("shared_used", models.IntegerField(default=0, editable=False, verbose_name="used of the shared pool")),
                ("lent", models.IntegerField(default=0, editable=False, verbose_name="lent")),
                ("valid_from", models.DateTimeField(verbose_name="from")),
                ("valid_until", models.DateTimeField(blank=True, null=True, verbose_name="until")),
                (
                    "channel",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="quotas",
                        to="stores.saleschannel",
                        verbose_name="channel",
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
                    "variant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="quotas",
                        to="catalog.variant",
                        verbose_name="variant",
                    ),
                ),
            ],
            options={
                "verbose_name": "channel quota",
                "verbose_name_plural": "channel quotas",
                "ordering": ("pk",),
            },
        ),
        migrations.CreateModel(
            name="CycleCount",
            fields=[
                (
                    "id",
                    models.UUIDField(default=o2o.kit.models.uuid7, editable=False, primary_key=True, serialize=False),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("number", models.CharField(max_length=30, verbose_name="number")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "being counted"),
                            ("review", "in review"),
                            ("posted", "posted"),
                            ("cancelled", "cancelled"),
                        ],
                        default="open",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=200, verbose_name="reason")),
                (
                    "recount_above",
                    models.PositiveIntegerField(
                        default=0,
                        help_text="Units; lines beyond it are counted a second time.",
                        verbose_name="recount above a difference of",
                    ),
                ),
                ("opened_by", models.CharField(blank=True, max_length=200, verbose_name="opened by")),
                ("posted_by", models.CharField(blank=True, max_length=200, verbose_name="posted by")),
                ("posted_at", models.DateTimeField(blank=True, null=True, verbose_name="posted at")),
                ("is_asked", models.BooleanField(default=False, editable=False, verbose_name="asked for by an order")),
                (
                    "location",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="counts",
                        to="stores.stocklocation",
                        verbose_name="location",
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
                "verbose_name": "stock count",
                "verbose_name_plural": "stock counts",
                "ordering": ("-pk",),
            },
        ),
        migrations.CreateModel(
            name="CountLine",
            fields=[
                (
                    "id",
                    models.UUIDField(default=o2o.kit.models.uuid7, editable=False, primary_key=True, serialize=False),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("expected", models.IntegerField(blank=True, null=True, verbose_name="expected")),
                ("counted", models.PositiveIntegerField(blank=True, null=True, verbose_name="counted")),
                ("recounted", models.PositiveIntegerField(blank=True, null=True, verbose_name="recounted")),
                ("counted_by", models.CharField(blank=True, max_length=200, verbose_name="counted by")),
                ("counted_at", models.DateTimeField(blank=True, null=True, verbose_name="counted at")),
                (
                    "adjustments_seen",
                    models.PositiveIntegerField(default=0, verbose_name="adjustments before the counting"),
                ),
                ("needs_recount", models.BooleanField(default=False, verbose_name="must be counted again")),
                ("is_accepted", models.BooleanField(blank=True, null=True, verbose_name="accepted")),
                ("is_pending", models.BooleanField(default=True, verbose_name="undecided")),
                (
                    "location",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="stores.stocklocation",
                        verbose_name="location",
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
                    "variant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.variant",
                        verbose_name="variant",
                    ),
                ),
                (
                    "count",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="lines",
                        to="inventory.cyclecount",
                        verbose_name="count",
                    ),
                ),
            ],
            options={
                "verbose_name": "line of a count",
                "verbose_name_plural": "lines of counts",
                "ordering": ("pk",),
            },
        ),
        migrations.CreateModel(
            name="QuotaLoan",
            fields=[
                (
                    "id",
                    models.UUIDField(default=o2o.kit.models.uuid7, editable=False, primary_key=True, serialize=False),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("quantity", models.PositiveIntegerField(verbose_name="units")),
                ("returned", models.PositiveIntegerField(default=0, verbose_name="units returned")),
                (
                    "borrower",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="loans_taken",
                        to="inventory.channelquota",
                        verbose_name="borrower",
                    ),
                ),
                (
                    "lender",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="loans_given",
                        to="inventory.channelquota",
                        verbose_name="lender",
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
                "verbose_name": "loan between quotas",
                "verbose_name_plural": "loans between quotas",
                "ordering": ("pk",),
            },
        ),
        migrations.CreateModel(
            name="StockLevel",
            fields=[
                (
                    "id",
                    models.UUIDField(default=o2o.kit.models.uuid7, editable=False, primary_key=True, serialize=False),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("on_hand", models.IntegerField(default=0, editable=False, verbose_name="on hand")),
                ("allocated", models.IntegerField(default=0, editable=False, verbose_name="allocated")),
                ("held", models.IntegerField(default=0, editable=False, verbose_name="held")),
                ("safety_stock", models.PositiveIntegerField(default=0, verbose_name="safety stock")),
                (
                    "allows_backorder",
                    models.BooleanField(default=False, editable=False, verbose_name="may be sold beyond stock"),
                ),
                (
                    "sold_out_until",
                    models.DateTimeField(blank=True, editable=False, null=True, verbose_name="sold out until"),
                ),
                (
                    "location",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="levels",
                        to="stores.stocklocation",
                        verbose_name="location",
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
                    "variant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="levels",
                        to="catalog.variant",
                        verbose_name="variant",
                    ),
                ),
            ],
            options={
                "verbose_name": "stock level",
                "verbose_name_plural": "stock levels",
                "ordering": ("pk",),
            },
        ),
        migrations.CreateModel(
            name="StockCheck",
            fields=[
                (
                    "id",
                    models.UUIDField(default=o2o.kit.models.uuid7, editable=False, primary_key=True, serialize=False),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("counter", models.CharField(max_length=20, verbose_name="counter")),
                ("found", models.IntegerField(verbose_name="found")),
                ("expected", models.IntegerField(verbose_name="expected")),
                ("is_repaired", models.BooleanField(default=True, verbose_name="repaired")),
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
                    "level",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="checks",
                        to="inventory.stocklevel",
                        verbose_name="stock level",
                    ),
                ),
            ],
            options={
                "verbose_name": "repaired counter",
                "verbose_name_plural": "repaired counters",
                "ordering": ("-pk",),
            },
        ),
        migrations.CreateModel(
            name="Hold",
            fields=[
                (
                    "id",
                    models.UUIDField(default=o2o.kit.models.uuid7, editable=False, primary_key=True, serialize=False),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("reference", models.UUIDField(verbose_name="cart")),
                ("quantity", models.PositiveIntegerField(verbose_name="units")),
                ("quota_quantity", models.PositiveIntegerField(default=0, verbose_name="units of the quota")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("active", "active"),
                            ("allocated", "became an order"),
                            ("released", "released"),
                            ("expired", "expired"),
                        ],
                        default="active",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("expires_at", models.DateTimeField(verbose_name="expires at")),
                ("ended_at", models.DateTimeField(blank=True, null=True, verbose_name="ended at")),
                (
                    "channel",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="stores.saleschannel",
                        verbose_name="channel",
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
                    "quota",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="inventory.channelquota",
                        verbose_name="quota",
                    ),
                ),
                (
                    "level",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="holds",
                        to="inventory.stocklevel",
                        verbose_name="stock level",
                    ),
                ),
            ],
            options={
                "verbose_name": "hold",
                "verbose_name_plural": "holds",
                "ordering": ("-pk",),
            },
        ),
        migrations.CreateModel(
            name="Allocation",
            fields=[
                (
                    "id",
                    models.UUIDField(default=o2o.kit.models.uuid7, editable=False, primary_key=True, serialize=False),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("order_id", models.UUIDField(verbose_name="order")),
                ("line_id", models.UUIDField(verbose_name="line of a fulfilment")),
                ("quantity", models.PositiveIntegerField(verbose_name="units")),
                ("quota_quantity", models.PositiveIntegerField(default=0, verbose_name="units of the quota")),
                (
                    "state",
                    models.CharField(
                        choices=[("active", "promised"), ("shipped", "handed over"), ("released", "released")],
                        default="active",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("ended_at", models.DateTimeField(blank=True, null=True, verbose_name="ended at")),
                (
                    "channel",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="stores.saleschannel",
                        verbose_name="channel",
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
                    "quota",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="inventory.channelquota",
                        verbose_name="quota",
                    ),
                ),
                (
                    "level",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="allocations",
                        to="inventory.stocklevel",
                        verbose_name="stock level",
                    ),
                ),
            ],
            options={
                "verbose_name": "allocation",
                "verbose_name_plural": "allocations",
                "ordering": ("-pk",),
            },
        ),
        migrations.CreateModel(
            name="StockMovement",
            fields=[
                (
                    "id",
                    models.UUIDField(default=o2o.kit.models.uuid7, editable=False, primary_key=True, serialize=False),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("received", "received"),
                            ("allocated", "allocated"),
                            ("shipped", "left the store"),
                            ("released", "released"),
                            ("adjusted", "adjusted"),
                            ("transferred", "transferred"),
                            ("returned", "returned"),
                        ],
                        max_length=12,
                        verbose_name="kind",
                    ),
                ),
                ("on_hand_delta", models.IntegerField(verbose_name="change on hand")),
                ("allocated_delta", models.IntegerField(default=0, verbose_name="change of allocated")),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("purchase", "delivery by a supplier"),
                            ("production", "made on site"),
                            ("sale", "sale"),
                            ("cancellation", "cancelled order"),
                            ("rejection", "rejected by the store"),
                            ("return", "return"),
                            ("count", "stock count"),
                            ("damage", "damaged"),
                            ("spoilage", "spoiled or past its date"),
                            ("loss", "lost or stolen"),
                            ("transfer", "transfer"),
                            ("import", "import"),
                            ("correction", "correction"),
                            ("other", "other"),
                        ],
                        max_length=20,
                        verbose_name="reason",
                    ),
                ),
                ("reference_kind", models.CharField(blank=True, max_length=30, verbose_name="caused by")),
                ("reference_id", models.UUIDField(blank=True, null=True, verbose_name="cause")),
                ("note", models.CharField(blank=True, max_length=200, verbose_name="note")),
                ("actor_label", models.CharField(blank=True, max_length=200, verbose_name="by")),
                ("occurred_at", models.DateTimeField(verbose_name="occurred at")),
                (
                    "level",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="movements",
                        to="inventory.stocklevel",
                        verbose_name="stock level",
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
                "verbose_name": "stock movement",
                "verbose_name_plural": "stock movements",
                "ordering": ("-pk",),
            },
        ),
        migrations.CreateModel(
            name="TransferOrder",
            fields=[
                (
                    "id",
                    models.UUIDField(default=o2o.kit.models.uuid7, editable=False, primary_key=True, serialize=False),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("number", models.CharField(max_length=30, verbose_name="number")),
                (
                    "state",
                    models.CharField(
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
                ("note", models.CharField(blank=True, max_length=200, verbose_name="note")),
                ("requested_by", models.CharField(blank=True, max_length=200, verbose_name="requested by")),
                ("shipped_by", models.CharField(blank=True, max_length=200, verbose_name="shipped by")),
                ("received_by", models.CharField(blank=True, max_length=200, verbose_name="received by")),
                ("shipped_at", models.DateTimeField(blank=True, null=True, verbose_name="shipped at")),
                ("received_at", models.DateTimeField(blank=True, null=True, verbose_name="received at")),
                ("returned_at", models.DateTimeField(blank=True, null=True, verbose_name="taken back at")),
                ("cancelled_at", models.DateTimeField(blank=True, null=True, verbose_name="cancelled at")),
                (
                    "destination",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="stores.stocklocation",
                        verbose_name="to",
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
                    "source",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="stores.stocklocation",
                        verbose_name="from",
                    ),
                ),
            ],
            options={
                "verbose_name": "transfer",
                "verbose_name_plural": "transfers",
                "ordering": ("-pk",),
            },
        ),
        migrations.CreateModel(
            name="TransferLine",
            fields=[
                (
                    "id",
                    models.UUIDField(default=o2o.kit.models.uuid7, editable=False, primary_key=True, serialize=False),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("requested", models.PositiveIntegerField(verbose_name="requested")),
                ("shipped", models.PositiveIntegerField(blank=True, null=True, verbose_name="shipped")),
                ("received", models.PositiveIntegerField(blank=True, null=True, verbose_name="received in good state")),
                ("damaged", models.PositiveIntegerField(default=0, verbose_name="received damaged")),
                ("damage_reason", models.CharField(blank=True, max_length=200, verbose_name="what is damaged")),
                ("returned", models.PositiveIntegerField(default=0, verbose_name="taken back by the source")),
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
                    "variant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.variant",
                        verbose_name="variant",
                    ),
                ),
                (
                    "transfer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="lines",
                        to="inventory.transferorder",
                        verbose_name="transfer",
                    ),
                ),
            ],
            options={
                "verbose_name": "line of a transfer",
                "verbose_name_plural": "lines of transfers",
                "ordering": ("pk",),
            },
        ),
        migrations.CreateModel(
            name="UnroutedDemand",
            fields=[
                (
                    "id",
                    models.UUIDField(default=o2o.kit.models.uuid7, editable=False, primary_key=True, serialize=False),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("order_id", models.UUIDField(verbose_name="order")),
                ("line_id", models.UUIDField(verbose_name="line of a fulfilment")),
                ("quantity", models.PositiveIntegerField(verbose_name="units")),
                (
                    "channel",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="stores.saleschannel",
                        verbose_name="channel",
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
                    "variant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="demand",
                        to="catalog.variant",
                        verbose_name="variant",
                    ),
                ),
            ],
            options={
                "verbose_name": "unrouted demand",
                "verbose_name_plural": "unrouted demand",
                "ordering": ("pk",),
            },
        ),
        migrations.AddConstraint(
            model_name="channelquota",
            constraint=models.UniqueConstraint(
                fields=("merchant", "variant", "channel", "valid_from"), name="quota_one_per_begin"
            ),
        ),
        migrations.AddConstraint(
            model_name="channelquota",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("shared_used__gte", 0),
                    ("used__gte", 0),
                    (
                        "exclusive__gte",
                        django.db.models.expressions.CombinedExpression(models.F("used"), "+", models.F("lent")),
                    ),
                ),
                name="quota_within_share",
            ),
        ),
        migrations.AddConstraint(
            model_name="channelquota",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("shared_limit", None), ("shared_limit__gte", models.F("shared_used")), _connector="OR"
                ),
                name="quota_within_limit",
            ),
        ),
        migrations.AddConstraint(
            model_name="channelquota",
            constraint=models.CheckConstraint(
                condition=models.Q(("valid_until", None), ("valid_until__gt", models.F("valid_from")), _connector="OR"),
                name="quota_not_empty",
            ),
        ),
        migrations.AddIndex(
            model_name="cyclecount",
            index=models.Index(fields=["merchant", "state", "-id"], name="count_list"),
        ),
        migrations.AddIndex(
            model_name="cyclecount",
            index=models.Index(fields=["location", "-id"], name="count_location"),
        ),
        migrations.AddConstraint(
            model_name="cyclecount",
            constraint=models.UniqueConstraint(fields=("merchant", "number"), name="count_one_per_number"),
        ),
        migrations.AddConstraint(
            model_name="cyclecount",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["open", "review", "posted", "cancelled"])), name="count_known_state"
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
            model_name="countline",
            constraint=models.UniqueConstraint(fields=("merchant", "count", "variant"), name="countline_once"),
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
            model_name="quotaloan",
            constraint=models.CheckConstraint(
                condition=models.Q(("quantity__gt", 0), ("quantity__gte", models.F("returned"))),
                name="quotaloan_within_bounds",
            ),
        ),
        migrations.AddConstraint(
            model_name="quotaloan",
            constraint=models.CheckConstraint(
                condition=models.Q(("lender", models.F("borrower")), _negated=True), name="quotaloan_between_two"
            ),
        ),
        migrations.AddIndex(
            model_name="stocklevel",
            index=models.Index(fields=["location", "variant"], name="level_location"),
        ),
        migrations.AddIndex(
            model_name="stocklevel",
            index=models.Index(
                condition=models.Q(("sold_out_until__isnull", False)), fields=["sold_out_until"], name="level_sold_out"
            ),
        ),
        migrations.AddConstraint(
            model_name="stocklevel",
            constraint=models.UniqueConstraint(fields=("merchant", "variant", "location"), name="level_one_per_place"),
        ),
        migrations.AddConstraint(
            model_name="stocklevel",
            constraint=models.CheckConstraint(
                condition=models.Q(("allocated__gte", 0), ("held__gte", 0)), name="level_promises_not_negative"
            ),
        ),
        migrations.AddConstraint(
            model_name="stocklevel",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("allows_backorder", True),
                    (
                        "on_hand__gte",
                        django.db.models.expressions.CombinedExpression(models.F("allocated"), "+", models.F("held")),
                    ),
                    _connector="OR",
                ),
                name="level_promises_within_stock",
            ),
        ),
        migrations.AddIndex(
            model_name="hold",
            index=models.Index(
                condition=models.Q(("state", "active")), fields=["level", "expires_at"], name="hold_active"
            ),
        ),
        migrations.AddIndex(
            model_name="hold",
            index=models.Index(fields=["reference"], name="hold_of_cart"),
        ),
        migrations.AddIndex(
            model_name="hold",
            index=models.Index(condition=models.Q(("state", "active")), fields=["expires_at"], name="hold_due"),
        ),
        migrations.AddConstraint(
            model_name="hold",
            constraint=models.CheckConstraint(condition=models.Q(("quantity__gt", 0)), name="hold_of_something"),
        ),
        migrations.AddConstraint(
            model_name="hold",
            constraint=models.CheckConstraint(
                condition=models.Q(("quantity__gte", models.F("quota_quantity"))), name="hold_within_quota"
            ),
        ),
        migrations.AddConstraint(
            model_name="hold",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["active", "allocated", "released", "expired"])),
                name="hold_known_state",
            ),
        ),
        migrations.AddConstraint(
            model_name="hold",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ended_at", None), ("state", "active")),
                    models.Q(models.Q(("state", "active"), _negated=True), ("ended_at__isnull", False)),
                    _connector="OR",
                ),
                name="hold_ends_once",
            ),
        ),
        migrations.AddIndex(
            model_name="allocation",
            index=models.Index(condition=models.Q(("state", "active")), fields=["level"], name="allocation_active"),
        ),
        migrations.AddIndex(
            model_name="allocation",
            index=models.Index(fields=["line_id"], name="allocation_of_line"),
        ),
        migrations.AddIndex(
            model_name="allocation",
            index=models.Index(fields=["order_id"], name="allocation_of_order"),
        ),
        migrations.AddConstraint(
            model_name="allocation",
            constraint=models.CheckConstraint(condition=models.Q(("quantity__gt", 0)), name="allocation_of_something"),
        ),
        migrations.AddConstraint(
            model_name="allocation",
            constraint=models.CheckConstraint(
                condition=models.Q(("quantity__gte", models.F("quota_quantity"))), name="allocation_within_quota"
            ),
        ),
        migrations.AddConstraint(
            model_name="allocation",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["active", "shipped", "released"])), name="allocation_known_state"
            ),
        ),
        migrations.AddConstraint(
            model_name="allocation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ended_at", None), ("state", "active")),
                    models.Q(models.Q(("state", "active"), _negated=True), ("ended_at__isnull", False)),
                    _connector="OR",
                ),
                name="allocation_ends_once",
            ),
        ),
        migrations.AddIndex(
            model_name="stockmovement",
            index=models.Index(condition=models.Q(("kind", "adjusted")), fields=["level"], name="movement_adjusted"),
        ),
        migrations.AddIndex(
            model_name="stockmovement",
            index=models.Index(fields=["level", "-id"], name="movement_of_level"),
        ),
        migrations.AddIndex(
            model_name="stockmovement",
            index=models.Index(
                condition=models.Q(("reference_id__isnull", False)), fields=["reference_id"], name="movement_of_cause"
            ),
        ),
        migrations.AddIndex(
            model_name="stockmovement",
            index=models.Index(fields=["merchant", "-id"], name="movement_list"),
        ),
        migrations.AddIndex(
            model_name="stockmovement",
            index=models.Index(
                condition=models.Q(("kind__in", ("received", "adjusted", "transferred", "returned", "released"))),
                fields=["merchant", "kind", "-id"],
                name="movement_by_kind",
            ),
        ),
        migrations.AddIndex(
            model_name="stockmovement",
            index=models.Index(
                condition=models.Q(
                    (
                        "reason__in",
                        (
                            "purchase",
                            "production",
                            "cancellation",
                            "rejection",
                            "return",
                            "count",
                            "damage",
                            "spoilage",
                            "loss",
                            "transfer",
                            "import",
                            "correction",
                            "other",
                        ),
                    )
                ),
                fields=["merchant", "reason", "-id"],
                name="movement_by_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="stockmovement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("allocated_delta", 0), ("kind__in", ("received", "returned")), ("on_hand_delta__gt", 0)),
                    models.Q(("allocated_delta__gt", 0), ("kind", "allocated"), ("on_hand_delta", 0)),
                    models.Q(("allocated_delta__lt", 0), ("kind", "released"), ("on_hand_delta", 0)),
                    models.Q(
                        ("allocated_delta__in", (0, models.F("on_hand_delta"))),
                        ("kind", "shipped"),
                        ("on_hand_delta__lt", 0),
                    ),
                    models.Q(
                        ("allocated_delta", 0),
                        ("kind__in", ("adjusted", "transferred")),
                        models.Q(("on_hand_delta", 0), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="movement_moves_as_its_kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="stockmovement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "reason__in",
                        [
                            "purchase",
                            "production",
                            "sale",
                            "cancellation",
                            "rejection",
                            "return",
                            "count",
                            "damage",
                            "spoilage",
                            "loss",
                            "transfer",
                            "import",
                            "correction",
                            "other",
                        ],
                    )
                ),
                name="movement_known_reason",
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
        migrations.AddIndex(
            model_name="transferorder",
            index=models.Index(fields=["merchant", "state", "-id"], name="transfer_list"),
        ),
        migrations.AddIndex(
            model_name="transferorder",
            index=models.Index(fields=["source", "-id"], name="transfer_source"),
        ),
        migrations.AddIndex(
            model_name="transferorder",
            index=models.Index(fields=["destination", "-id"], name="transfer_destination"),
        ),
        migrations.AddConstraint(
            model_name="transferorder",
            constraint=models.UniqueConstraint(fields=("merchant", "number"), name="transfer_one_per_number"),
        ),
        migrations.AddConstraint(
            model_name="transferorder",
            constraint=models.CheckConstraint(
                condition=models.Q(("source", models.F("destination")), _negated=True), name="transfer_between_two"
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
        migrations.AddConstraint(
            model_name="transferline",
            constraint=models.UniqueConstraint(fields=("merchant", "transfer", "variant"), name="transferline_once"),
        ),
        migrations.AddConstraint(
            model_name="transferline",
            constraint=models.CheckConstraint(
                condition=models.Q(("requested__gt", 0)), name="transferline_of_something"
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
        migrations.AddIndex(
            model_name="unrouteddemand",
            index=models.Index(fields=["variant", "id"], name="demand_of_variant"),
        ),
        migrations.AddConstraint(
            model_name="unrouteddemand",
            constraint=models.UniqueConstraint(fields=("merchant", "line_id"), name="demand_once_per_line"),
        ),
        migrations.AddConstraint(
            model_name="unrouteddemand",
            constraint=models.CheckConstraint(condition=models.Q(("quantity__gt", 0)), name="demand_of_something"),
        ),
        EnableRowLevelSecurity("ChannelQuota"),
        EnableRowLevelSecurity("CycleCount"),
        EnableRowLevelSecurity("CountLine"),
        EnableRowLevelSecurity("QuotaLoan"),
        EnableRowLevelSecurity("StockLevel"),
        EnableRowLevelSecurity("StockCheck"),
        MakeAppendOnly("StockCheck"),
        EnableRowLevelSecurity("Hold"),
        EnableRowLevelSecurity("Allocation"),
        EnableRowLevelSecurity("StockMovement"),
        MakeAppendOnly("StockMovement"),
        EnableRowLevelSecurity("TransferOrder"),
        EnableRowLevelSecurity("TransferLine"),
        EnableRowLevelSecurity("UnroutedDemand"),
    ]
