import datetime

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.expressions
import pghistory.utils
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

import o2o.kit.models
import o2o.tenancy.scope
from o2o.tenancy.append_only import MakeAppendOnly
from o2o.tenancy.rls import EnableRowLevelSecurity


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("stores", "0001_initial"),
        ("tenancy", "0005_audit_newest_first"),
    ]

    operations = [
        migrations.CreateModel(
            name="Barcode",
            fields=[
                (
                    "id",
                    models.UUIDField(default=o2o.kit.models.uuid7, editable=False, primary_key=True, serialize=False),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("value", models.CharField(max_length=60, verbose_name="code")),
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
                "verbose_name": "barcode",
                "verbose_name_plural": "barcodes",
                "ordering": ("value",),
            },
        ),
        migrations.CreateModel(
            name="Category",
            fields=[
                (
                    "id",
                    models.UUIDField(default=o2o.kit.models.uuid7, editable=False, primary_key=True, serialize=False),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("code", models.SlugField(db_index=False, max_length=60, verbose_name="code")),
                ("name", models.CharField(max_length=100, verbose_name="name")),
                ("path", models.CharField(editable=False, max_length=600, verbose_name="path")),
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
                    "parent",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="children",
                        to="catalog.category",
                        verbose_name="parent",
                    ),
                ),
            ],
            options={
                "verbose_name": "category",
                "verbose_name_plural": "categories",
                "ordering": ("path",),
            },
        ),
        migrations.CreateModel(
            name="CategoryEvent",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("pgh_context", pghistory.utils.JSONField(null=True)),
                ("id", models.UUIDField(default=o2o.kit.models.uuid7, editable=False, serialize=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("code", models.SlugField(db_index=False, max_length=60, verbose_name="code")),
                ("name", models.CharField(max_length=100, verbose_name="name")),
                ("path", models.CharField(editable=False, max_length=600, verbose_name="path")),
                (
                    "merchant",
                    models.ForeignKey(
                        db_constraint=False,
                        default=o2o.tenancy.scope.current_merchant_id,
                        editable=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="tenancy.merchant",
                        verbose_name="merchant",
                    ),
                ),
                (
                    "parent",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="catalog.category",
                        verbose_name="parent",
                    ),
                ),
                (
                    "pgh_obj",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="audit_entries",
                        to="catalog.category",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="ChannelListing",
            fields=[
                (
                    "id",
                    models.UUIDField(default=o2o.kit.models.uuid7, editable=False, primary_key=True, serialize=False),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("external_id", models.CharField(blank=True, max_length=100, verbose_name="id in the channel")),
                ("price", models.DecimalField(decimal_places=3, max_digits=16, verbose_name="price")),
                (
                    "compare_at_price",
                    models.DecimalField(
                        blank=True, decimal_places=3, max_digits=16, null=True, verbose_name="compare-at price"
                    ),
                ),
                ("currency", models.CharField(max_length=3, verbose_name="currency")),
                ("is_visible", models.BooleanField(default=True, verbose_name="visible")),
                (
                    "awaits_price",
                    models.BooleanField(default=False, editable=False, verbose_name="waits for its first price"),
                ),
                ("title", models.CharField(blank=True, max_length=200, verbose_name="title")),
                ("description", models.TextField(blank=True, verbose_name="description")),
                (
                    "channel",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="listings",
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
            ],
            options={
                "verbose_name": "listing",
                "verbose_name_plural": "listings",
                "ordering": ("pk",),
            },
        ),
        migrations.CreateModel(
            name="ConsistencyMark",
            fields=[
                (
                    "id",
                    models.UUIDField(default=o2o.kit.models.uuid7, editable=False, primary_key=True, serialize=False),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("product_id", models.UUIDField(verbose_name="product")),
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
                "verbose_name": "mark of the monitor",
                "verbose_name_plural": "marks of the monitor",
            },
        ),
        migrations.CreateModel(
            name="ConsistencyPolicy",
            fields=[
                (
                    "id",
                    models.UUIDField(default=o2o.kit.models.uuid7, editable=False, primary_key=True, serialize=False),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "tolerance_percent",
                    models.DecimalField(decimal_places=2, default=0, max_digits=6, verbose_name="tolerance in percent"),
                ),
                (
                    "floor_price",
                    models.DecimalField(
                        blank=True, decimal_places=3, max_digits=16, null=True, verbose_name="lowest price"
                    ),
                ),
                (
                    "floor_percent_of_cost",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        max_digits=7,
                        null=True,
                        verbose_name="lowest price in percent of the cost",
                    ),
                ),
                ("compares_visibility", models.BooleanField(default=True, verbose_name="must be visible everywhere")),
                ("compares_text", models.BooleanField(default=True, verbose_name="must have the same text")),
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
                    "reference_channel",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="stores.saleschannel",
                        verbose_name="reference channel",
                    ),
                ),
            ],
            options={
                "verbose_name": "consistency policy",
                "verbose_name_plural": "consistency policies",
                "ordering": ("pk",),
            },
        ),
        migrations.CreateModel(
            name="Deviation",
            fields=[
                (
                    "id",
                    models.UUIDField(default=o2o.kit.models.uuid7, editable=False, primary_key=True, serialize=False),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("below_floor", "price below the floor"),
                            ("price", "price differs"),
                            ("visibility", "hidden in a channel"),
                            ("text", "text differs"),
                        ],
                        max_length=20,
                        verbose_name="kind",
                    ),
                ),
                ("evidence", models.JSONField(default=dict, verbose_name="evidence")),
                ("found_at", models.DateTimeField(verbose_name="found at")),
                ("ended_at", models.DateTimeField(blank=True, null=True, verbose_name="ended at")),
                (
                    "is_accepted",
                    models.BooleanField(
                        default=False, help_text="Somebody has said that it is meant.", verbose_name="accepted"
                    ),
                ),
                ("accepted_by", models.CharField(blank=True, max_length=200, verbose_name="accepted by")),
                ("accepted_at", models.DateTimeField(blank=True, null=True, verbose_name="accepted at")),
                ("accepted_until", models.DateTimeField(blank=True, null=True, verbose_name="accepted until")),
                ("note", models.CharField(blank=True, max_length=200, verbose_name="note")),
                ("fix", models.JSONField(blank=True, null=True, verbose_name="fix")),
                ("fixed_by", models.CharField(blank=True, max_length=200, verbose_name="put right by")),
                ("fixed_at", models.DateTimeField(blank=True, null=True, verbose_name="put right at")),
                ("undone_at", models.DateTimeField(blank=True, null=True, verbose_name="undone at")),
                (
                    "listing",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="deviations",
                        to="catalog.channellisting",
                        verbose_name="listing",
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
                "verbose_name": "deviation",
                "verbose_name_plural": "deviations",
                "ordering": ("-pk",),
            },
        ),
        migrations.CreateModel(
            name="IntendedDifference",
            fields=[
                (
                    "id",
                    models.UUIDField(default=o2o.kit.models.uuid7, editable=False, primary_key=True, serialize=False),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("percent", models.DecimalField(decimal_places=2, max_digits=6, verbose_name="percent")),
                (
                    "channel",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
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
                    "policy",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="differences",
                        to="catalog.consistencypolicy",
                        verbose_name="policy",
                    ),
                ),
            ],
            options={
                "verbose_name": "intended difference",
                "verbose_name_plural": "intended differences",
                "ordering": ("pk",),
            },
        ),
        migrations.CreateModel(
            name="IntendedDifferenceEvent",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("pgh_context", pghistory.utils.JSONField(null=True)),
                ("id", models.UUIDField(default=o2o.kit.models.uuid7, editable=False, serialize=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("percent", models.DecimalField(decimal_places=2, max_digits=6, verbose_name="percent")),
                (
                    "channel",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="stores.saleschannel",
                        verbose_name="channel",
                    ),
                ),
                (
                    "merchant",
                    models.ForeignKey(
                        db_constraint=False,
                        default=o2o.tenancy.scope.current_merchant_id,
                        editable=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="tenancy.merchant",
                        verbose_name="merchant",
                    ),
                ),
                (
                    "pgh_obj",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="audit_entries",
                        to="catalog.intendeddifference",
                    ),
                ),
                (
                    "policy",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="catalog.consistencypolicy",
                        verbose_name="policy",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="PriceChangeRequest",
            fields=[
                (
                    "id",
                    models.UUIDField(default=o2o.kit.models.uuid7, editable=False, primary_key=True, serialize=False),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "layer",
                    models.PositiveSmallIntegerField(
                        choices=[(0, "regular price"), (1, "recurring price"), (2, "scheduled price")],
                        verbose_name="layer",
                    ),
                ),
                ("price", models.DecimalField(decimal_places=3, max_digits=16, verbose_name="price")),
                (
                    "compare_at_price",
                    models.DecimalField(
                        blank=True, decimal_places=3, max_digits=16, null=True, verbose_name="compare-at price"
                    ),
                ),
                ("old_price", models.DecimalField(decimal_places=3, max_digits=16, verbose_name="present price")),
                ("valid_from", models.DateTimeField(verbose_name="from")),
                ("valid_until", models.DateTimeField(blank=True, null=True, verbose_name="until")),
                ("reason", models.CharField(blank=True, max_length=200, verbose_name="reason")),
                ("evidence", models.JSONField(default=dict, verbose_name="evidence")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("held", "waits for approval"),
                            ("approved", "approved"),
                            ("refused", "refused"),
                            ("expired", "expired"),
                            ("superseded", "replaced by a newer price"),
                        ],
                        default="held",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("makes_visible", models.BooleanField(default=False, editable=False)),
                ("expires_at", models.DateTimeField(verbose_name="expires at")),
                ("requester_id", models.UUIDField(editable=False, null=True)),
                ("requested_by", models.CharField(blank=True, max_length=200, verbose_name="requested by")),
                ("settled_by", models.CharField(blank=True, max_length=200, verbose_name="settled by")),
                ("settled_at", models.DateTimeField(blank=True, null=True, verbose_name="settled at")),
                (
                    "listing",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="price_requests",
                        to="catalog.channellisting",
                        verbose_name="listing",
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
                "verbose_name": "held price change",
                "verbose_name_plural": "held price changes",
                "ordering": ("-pk",),
            },
        ),
        migrations.CreateModel(
            name="PriceClock",
            fields=[
                (
                    "id",
                    models.UUIDField(default=o2o.kit.models.uuid7, editable=False, primary_key=True, serialize=False),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("published_until", models.DateTimeField(verbose_name="published until")),
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
                "verbose_name": "clock of prices",
                "verbose_name_plural": "clocks of prices",
            },
        ),
        migrations.CreateModel(
            name="PriceCycle",
            fields=[
                (
                    "id",
                    models.UUIDField(default=o2o.kit.models.uuid7, editable=False, primary_key=True, serialize=False),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("name", models.CharField(max_length=100, verbose_name="name")),
                ("price", models.DecimalField(decimal_places=3, max_digits=16, verbose_name="price")),
                (
                    "compare_at_price",
                    models.DecimalField(
                        blank=True, decimal_places=3, max_digits=16, null=True, verbose_name="compare-at price"
                    ),
                ),
                (
                    "weekdays",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.PositiveSmallIntegerField(),
                        blank=True,
                        default=list,
                        size=None,
                        verbose_name="weekdays",
                    ),
                ),
                ("starts_at", models.TimeField(verbose_name="from")),
                ("ends_at", models.TimeField(verbose_name="until")),
                ("time_zone", models.CharField(max_length=64, verbose_name="time zone")),
                ("valid_from", models.DateField(verbose_name="first day")),
                ("valid_until", models.DateField(blank=True, null=True, verbose_name="last day")),
                ("is_held", models.BooleanField(default=False, editable=False, verbose_name="waits for approval")),
                ("unrolled_until", models.DateField(editable=False, null=True)),
                ("ended_at", models.DateTimeField(blank=True, editable=False, null=True, verbose_name="ended at")),
                (
                    "listing",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="price_cycles",
                        to="catalog.channellisting",
                        verbose_name="listing",
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
                "verbose_name": "recurring price",
                "verbose_name_plural": "recurring prices",
                "ordering": ("pk",),
            },
        ),
        migrations.CreateModel(
            name="PriceChangeRequestEvent",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("pgh_context", pghistory.utils.JSONField(null=True)),
                ("id", models.UUIDField(default=o2o.kit.models.uuid7, editable=False, serialize=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "layer",
                    models.PositiveSmallIntegerField(
                        choices=[(0, "regular price"), (1, "recurring price"), (2, "scheduled price")],
                        verbose_name="layer",
                    ),
                ),
                ("price", models.DecimalField(decimal_places=3, max_digits=16, verbose_name="price")),
                (
                    "compare_at_price",
                    models.DecimalField(
                        blank=True, decimal_places=3, max_digits=16, null=True, verbose_name="compare-at price"
                    ),
                ),
                ("old_price", models.DecimalField(decimal_places=3, max_digits=16, verbose_name="present price")),
                ("valid_from", models.DateTimeField(verbose_name="from")),
                ("valid_until", models.DateTimeField(blank=True, null=True, verbose_name="until")),
                ("reason", models.CharField(blank=True, max_length=200, verbose_name="reason")),
                ("evidence", models.JSONField(default=dict, verbose_name="evidence")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("held", "waits for approval"),
                            ("approved", "approved"),
                            ("refused", "refused"),
                            ("expired", "expired"),
                            ("superseded", "replaced by a newer price"),
                        ],
                        default="held",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("makes_visible", models.BooleanField(default=False, editable=False)),
                ("expires_at", models.DateTimeField(verbose_name="expires at")),
                ("requester_id", models.UUIDField(editable=False, null=True)),
                ("requested_by", models.CharField(blank=True, max_length=200, verbose_name="requested by")),
                ("settled_by", models.CharField(blank=True, max_length=200, verbose_name="settled by")),
                ("settled_at", models.DateTimeField(blank=True, null=True, verbose_name="settled at")),
                (
                    "listing",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="catalog.channellisting",
                        verbose_name="listing",
                    ),
                ),
                (
                    "merchant",
                    models.ForeignKey(
                        db_constraint=False,
                        default=o2o.tenancy.scope.current_merchant_id,
                        editable=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="tenancy.merchant",
                        verbose_name="merchant",
                    ),
                ),
                (
                    "pgh_obj",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="audit_entries",
                        to="catalog.pricechangerequest",
                    ),
                ),
                (
                    "cycle",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="catalog.pricecycle",
                        verbose_name="recurring price",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.AddField(
            model_name="pricechangerequest",
            name="cycle",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="catalog.pricecycle",
                verbose_name="recurring price",
            ),
        ),
        migrations.CreateModel(
            name="PriceCycleEvent",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("pgh_context", pghistory.utils.JSONField(null=True)),
                ("id", models.UUIDField(default=o2o.kit.models.uuid7, editable=False, serialize=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("name", models.CharField(max_length=100, verbose_name="name")),
                ("price", models.DecimalField(decimal_places=3, max_digits=16, verbose_name="price")),
                (
                    "compare_at_price",
                    models.DecimalField(
                        blank=True, decimal_places=3, max_digits=16, null=True, verbose_name="compare-at price"
                    ),
                ),
                (
                    "weekdays",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.PositiveSmallIntegerField(),
                        blank=True,
                        default=list,
                        size=None,
                        verbose_name="weekdays",
                    ),
                ),
                ("starts_at", models.TimeField(verbose_name="from")),
                ("ends_at", models.TimeField(verbose_name="until")),
                ("time_zone", models.CharField(max_length=64, verbose_name="time zone")),
                ("valid_from", models.DateField(verbose_name="first day")),
                ("valid_until", models.DateField(blank=True, null=True, verbose_name="last day")),
                ("is_held", models.BooleanField(default=False, editable=False, verbose_name="waits for approval")),
                ("unrolled_until", models.DateField(editable=False, null=True)),
                ("ended_at", models.DateTimeField(blank=True, editable=False, null=True, verbose_name="ended at")),
                (
                    "listing",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="catalog.channellisting",
                        verbose_name="listing",
                    ),
                ),
                (
                    "merchant",
                    models.ForeignKey(
                        db_constraint=False,
                        default=o2o.tenancy.scope.current_merchant_id,
                        editable=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="tenancy.merchant",
                        verbose_name="merchant",
                    ),
                ),
                (
                    "pgh_obj",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="audit_entries",
                        to="catalog.pricecycle",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="PriceInterval",
            fields=[
                (
                    "id",
                    models.UUIDField(default=o2o.kit.models.uuid7, editable=False, primary_key=True, serialize=False),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "layer",
                    models.PositiveSmallIntegerField(
                        choices=[(0, "regular price"), (1, "recurring price"), (2, "scheduled price")],
                        verbose_name="layer",
                    ),
                ),
                ("price", models.DecimalField(decimal_places=3, max_digits=16, verbose_name="price")),
                (
                    "compare_at_price",
                    models.DecimalField(
                        blank=True, decimal_places=3, max_digits=16, null=True, verbose_name="compare-at price"
                    ),
                ),
                ("valid_from", models.DateTimeField(verbose_name="from")),
                ("valid_until", models.DateTimeField(blank=True, null=True, verbose_name="until")),
                ("is_approved", models.BooleanField(default=False, verbose_name="approved by a colleague")),
                ("reason", models.CharField(blank=True, max_length=200, verbose_name="reason")),
                ("actor_label", models.CharField(blank=True, max_length=200, verbose_name="by")),
                (
                    "cycle",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.pricecycle",
                        verbose_name="recurring price",
                    ),
                ),
                (
                    "listing",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="price_intervals",
                        to="catalog.channellisting",
                        verbose_name="listing",
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
                "verbose_name": "price interval",
                "verbose_name_plural": "price intervals",
            },
        ),
        migrations.CreateModel(
            name="PriceWithdrawal",
            fields=[
                (
                    "id",
                    models.UUIDField(default=o2o.kit.models.uuid7, editable=False, primary_key=True, serialize=False),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("withdrawn_at", models.DateTimeField(verbose_name="withdrawn at")),
                ("reason", models.CharField(blank=True, max_length=200, verbose_name="reason")),
                ("actor_label", models.CharField(blank=True, max_length=200, verbose_name="by")),
                (
                    "interval",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="withdrawal",
                        to="catalog.priceinterval",
                        verbose_name="price interval",
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
                "verbose_name": "withdrawn price",
                "verbose_name_plural": "withdrawn prices",
            },
        ),
        migrations.CreateModel(
            name="Product",
            fields=[
                (
                    "id",
                    models.UUIDField(default=o2o.kit.models.uuid7, editable=False, primary_key=True, serialize=False),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("code", models.CharField(max_length=60, verbose_name="code")),
                ("name", models.CharField(max_length=200, verbose_name="name")),
                ("description", models.TextField(blank=True, verbose_name="description")),
                ("brand", models.CharField(blank=True, max_length=100, verbose_name="brand")),
                ("attributes", models.JSONField(blank=True, default=dict, verbose_name="attributes")),
                ("is_active", models.BooleanField(default=True, verbose_name="active")),
                (
                    "category",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="products",
                        to="catalog.category",
                        verbose_name="category",
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
                "verbose_name": "product",
                "verbose_name_plural": "products",
                "ordering": ("name", "pk"),
            },
        ),
        migrations.CreateModel(
            name="ConsistencyPolicyEvent",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("pgh_context", pghistory.utils.JSONField(null=True)),
                ("id", models.UUIDField(default=o2o.kit.models.uuid7, editable=False, serialize=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "tolerance_percent",
                    models.DecimalField(decimal_places=2, default=0, max_digits=6, verbose_name="tolerance in percent"),
                ),
                (
                    "floor_price",
                    models.DecimalField(
                        blank=True, decimal_places=3, max_digits=16, null=True, verbose_name="lowest price"
                    ),
                ),
                (
                    "floor_percent_of_cost",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        max_digits=7,
                        null=True,
                        verbose_name="lowest price in percent of the cost",
                    ),
                ),
                ("compares_visibility", models.BooleanField(default=True, verbose_name="must be visible everywhere")),
                ("compares_text", models.BooleanField(default=True, verbose_name="must have the same text")),
                (
                    "merchant",
                    models.ForeignKey(
                        db_constraint=False,
                        default=o2o.tenancy.scope.current_merchant_id,
                        editable=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="tenancy.merchant",
                        verbose_name="merchant",
                    ),
                ),
                (
                    "pgh_obj",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="audit_entries",
                        to="catalog.consistencypolicy",
                    ),
                ),
                (
                    "reference_channel",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="stores.saleschannel",
                        verbose_name="reference channel",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="catalog.product",
                        verbose_name="product",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.AddField(
            model_name="consistencypolicy",
            name="product",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="policies",
                to="catalog.product",
                verbose_name="product",
            ),
        ),
        migrations.CreateModel(
            name="ProductEvent",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("pgh_context", pghistory.utils.JSONField(null=True)),
                ("id", models.UUIDField(default=o2o.kit.models.uuid7, editable=False, serialize=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("code", models.CharField(max_length=60, verbose_name="code")),
                ("name", models.CharField(max_length=200, verbose_name="name")),
                ("description", models.TextField(blank=True, verbose_name="description")),
                ("brand", models.CharField(blank=True, max_length=100, verbose_name="brand")),
                ("attributes", models.JSONField(blank=True, default=dict, verbose_name="attributes")),
                ("is_active", models.BooleanField(default=True, verbose_name="active")),
                (
                    "category",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="catalog.category",
                        verbose_name="category",
                    ),
                ),
                (
                    "merchant",
                    models.ForeignKey(
                        db_constraint=False,
                        default=o2o.tenancy.scope.current_merchant_id,
                        editable=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="tenancy.merchant",
                        verbose_name="merchant",
                    ),
                ),
                (
                    "pgh_obj",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="audit_entries",
                        to="catalog.product",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="ProductImage",
            fields=[
                (
                    "id",
                    models.UUIDField(default=o2o.kit.models.uuid7, editable=False, primary_key=True, serialize=False),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("url", models.URLField(max_length=1000, verbose_name="address")),
                ("description", models.CharField(blank=True, max_length=200, verbose_name="description")),
                ("position", models.PositiveSmallIntegerField(default=0, verbose_name="position")),
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
                    "product",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="images",
                        to="catalog.product",
                        verbose_name="product",
                    ),
                ),
            ],
            options={
                "verbose_name": "image",
                "verbose_name_plural": "images",
                "ordering": ("position", "pk"),
            },
        ),
        migrations.CreateModel(
            name="ProductImageEvent",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("pgh_context", pghistory.utils.JSONField(null=True)),
                ("id", models.UUIDField(default=o2o.kit.models.uuid7, editable=False, serialize=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("url", models.URLField(max_length=1000, verbose_name="address")),
                ("description", models.CharField(blank=True, max_length=200, verbose_name="description")),
                ("position", models.PositiveSmallIntegerField(default=0, verbose_name="position")),
                (
                    "merchant",
                    models.ForeignKey(
                        db_constraint=False,
                        default=o2o.tenancy.scope.current_merchant_id,
                        editable=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="tenancy.merchant",
                        verbose_name="merchant",
                    ),
                ),
                (
                    "pgh_obj",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="audit_entries",
                        to="catalog.productimage",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="catalog.product",
                        verbose_name="product",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Variant",
            fields=[
                (
                    "id",
                    models.UUIDField(default=o2o.kit.models.uuid7, editable=False, primary_key=True, serialize=False),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("sku", models.CharField(max_length=60, verbose_name="SKU")),
                (
                    "name",
                    models.CharField(
                        blank=True,
                        help_text="What sets it apart: a size, a colour.",
                        max_length=200,
                        verbose_name="name",
                    ),
                ),
                ("gtin", models.CharField(blank=True, max_length=14, verbose_name="GTIN")),
                ("attributes", models.JSONField(blank=True, default=dict, verbose_name="attributes")),
                (
                    "cost",
                    models.DecimalField(blank=True, decimal_places=3, max_digits=16, null=True, verbose_name="cost"),
                ),
                (
                    "allows_backorder",
                    models.BooleanField(
                        default=False,
                        help_text="Orders are taken although there is none.",
                        verbose_name="may be sold beyond stock",
                    ),
                ),
                ("is_active", models.BooleanField(default=True, verbose_name="active")),
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
                    "product",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="variants",
                        to="catalog.product",
                        verbose_name="product",
                    ),
                ),
            ],
            options={
                "verbose_name": "variant",
                "verbose_name_plural": "variants",
                "ordering": ("sku",),
            },
        ),
        migrations.CreateModel(
            name="ChannelListingEvent",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("pgh_context", pghistory.utils.JSONField(null=True)),
                ("id", models.UUIDField(default=o2o.kit.models.uuid7, editable=False, serialize=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("external_id", models.CharField(blank=True, max_length=100, verbose_name="id in the channel")),
                ("price", models.DecimalField(decimal_places=3, max_digits=16, verbose_name="price")),
                (
                    "compare_at_price",
                    models.DecimalField(
                        blank=True, decimal_places=3, max_digits=16, null=True, verbose_name="compare-at price"
                    ),
                ),
                ("currency", models.CharField(max_length=3, verbose_name="currency")),
                ("is_visible", models.BooleanField(default=True, verbose_name="visible")),
                (
                    "awaits_price",
                    models.BooleanField(default=False, editable=False, verbose_name="waits for its first price"),
                ),
                ("title", models.CharField(blank=True, max_length=200, verbose_name="title")),
                ("description", models.TextField(blank=True, verbose_name="description")),
                (
                    "channel",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="stores.saleschannel",
                        verbose_name="channel",
                    ),
                ),
                (
                    "merchant",
                    models.ForeignKey(
                        db_constraint=False,
                        default=o2o.tenancy.scope.current_merchant_id,
                        editable=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="tenancy.merchant",
                        verbose_name="merchant",
                    ),
                ),
                (
                    "pgh_obj",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="audit_entries",
                        to="catalog.channellisting",
                    ),
                ),
                (
                    "variant",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="catalog.variant",
                        verbose_name="variant",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.AddField(
            model_name="channellisting",
            name="variant",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="listings",
                to="catalog.variant",
                verbose_name="variant",
            ),
        ),
        migrations.CreateModel(
            name="BarcodeEvent",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("pgh_context", pghistory.utils.JSONField(null=True)),
                ("id", models.UUIDField(default=o2o.kit.models.uuid7, editable=False, serialize=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("value", models.CharField(max_length=60, verbose_name="code")),
                (
                    "merchant",
                    models.ForeignKey(
                        db_constraint=False,
                        default=o2o.tenancy.scope.current_merchant_id,
                        editable=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="tenancy.merchant",
                        verbose_name="merchant",
                    ),
                ),
                (
                    "pgh_obj",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="audit_entries",
                        to="catalog.barcode",
                    ),
                ),
                (
                    "variant",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="catalog.variant",
                        verbose_name="variant",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.AddField(
            model_name="barcode",
            name="variant",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="barcodes",
                to="catalog.variant",
                verbose_name="variant",
            ),
        ),
        migrations.CreateModel(
            name="VariantEvent",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("pgh_context", pghistory.utils.JSONField(null=True)),
                ("id", models.UUIDField(default=o2o.kit.models.uuid7, editable=False, serialize=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("sku", models.CharField(max_length=60, verbose_name="SKU")),
                (
                    "name",
                    models.CharField(
                        blank=True,
                        help_text="What sets it apart: a size, a colour.",
                        max_length=200,
                        verbose_name="name",
                    ),
                ),
                ("gtin", models.CharField(blank=True, max_length=14, verbose_name="GTIN")),
                ("attributes", models.JSONField(blank=True, default=dict, verbose_name="attributes")),
                (
                    "cost",
                    models.DecimalField(blank=True, decimal_places=3, max_digits=16, null=True, verbose_name="cost"),
                ),
                (
                    "allows_backorder",
                    models.BooleanField(
                        default=False,
                        help_text="Orders are taken although there is none.",
                        verbose_name="may be sold beyond stock",
                    ),
                ),
                ("is_active", models.BooleanField(default=True, verbose_name="active")),
                (
                    "merchant",
                    models.ForeignKey(
                        db_constraint=False,
                        default=o2o.tenancy.scope.current_merchant_id,
                        editable=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="tenancy.merchant",
                        verbose_name="merchant",
                    ),
                ),
                (
                    "pgh_obj",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="audit_entries",
                        to="catalog.variant",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="catalog.product",
                        verbose_name="product",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.AddIndex(
            model_name="category",
            index=models.Index(
                fields=["merchant", "path"], name="category_branch", opclasses=("uuid_ops", "text_pattern_ops")
            ),
        ),
        migrations.AddConstraint(
            model_name="category",
            constraint=models.UniqueConstraint(fields=("merchant", "code"), name="category_one_per_code"),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="category",
            trigger=pgtrigger.compiler.Trigger(
                name="created_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "catalog_categoryevent" ("code", "created_at", "id", "merchant_id", "name", "parent_id", "path", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "updated_at") VALUES (NEW."code", NEW."created_at", NEW."id", NEW."merchant_id", NEW."name", NEW."parent_id", NEW."path", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'created\', NEW."id", NEW."updated_at"); RETURN NULL;',
                    hash="07f9a10bb340b90bd17dee2fdcb01b5fb852a583",
                    operation="INSERT",
                    pgid="pgtrigger_created_insert_9b8ae",
                    table="catalog_category",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="category",
            trigger=pgtrigger.compiler.Trigger(
                name="changed_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func='INSERT INTO "catalog_categoryevent" ("code", "created_at", "id", "merchant_id", "name", "parent_id", "path", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "updated_at") VALUES (NEW."code", NEW."created_at", NEW."id", NEW."merchant_id", NEW."name", NEW."parent_id", NEW."path", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'changed\', NEW."id", NEW."updated_at"); RETURN NULL;',
                    hash="11d7551e18dfeef93dd09ba2d1143e339eb127f3",
                    operation="UPDATE",
                    pgid="pgtrigger_changed_update_cd7f0",
                    table="catalog_category",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="category",
            trigger=pgtrigger.compiler.Trigger(
                name="deleted_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "catalog_categoryevent" ("code", "created_at", "id", "merchant_id", "name", "parent_id", "path", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "updated_at") VALUES (OLD."code", OLD."created_at", OLD."id", OLD."merchant_id", OLD."name", OLD."parent_id", OLD."path", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'deleted\', OLD."id", OLD."updated_at"); RETURN NULL;',
                    hash="8307c28286d13d4f050c234f4adfb6d995c857d7",
                    operation="DELETE",
                    pgid="pgtrigger_deleted_delete_40989",
                    table="catalog_category",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddIndex(
            model_name="categoryevent",
            index=models.Index(fields=["merchant", "-pgh_created_at", "-pgh_id"], name="audit_catalog_category"),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="categoryevent",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="ae134e5f8d9ddf42ff64203faaa9d809a705d972",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_511e6",
                    table="catalog_categoryevent",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddIndex(
            model_name="consistencymark",
            index=models.Index(fields=["merchant", "created_at"], name="consistencymark_oldest"),
        ),
        migrations.AddIndex(
            model_name="deviation",
            index=models.Index(
                condition=models.Q(("ended_at", None)), fields=["merchant", "-id"], name="deviation_open"
            ),
        ),
        migrations.AddIndex(
            model_name="deviation",
            index=models.Index(
                condition=models.Q(("accepted_until__isnull", False)),
                fields=["accepted_until"],
                name="deviation_accepted",
            ),
        ),
        migrations.AddConstraint(
            model_name="deviation",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at", None)),
                fields=("merchant", "listing", "kind"),
                name="deviation_open_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="deviation",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["below_floor", "price", "visibility", "text"])),
                name="deviation_known_kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="deviation",
            constraint=models.CheckConstraint(
                condition=models.Q(("is_accepted", True), ("accepted_until", None), _connector="OR"),
                name="deviation_until_only_where_accepted",
            ),
        ),
        migrations.AddConstraint(
            model_name="intendeddifference",
            constraint=models.UniqueConstraint(
                fields=("merchant", "policy", "channel"), name="difference_one_per_channel"
            ),
        ),
        migrations.AddConstraint(
            model_name="intendeddifference",
            constraint=models.CheckConstraint(
                condition=models.Q(("percent__gt", -100)), name="difference_leaves_a_price"
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="intendeddifference",
            trigger=pgtrigger.compiler.Trigger(
                name="created_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "catalog_intendeddifferenceevent" ("channel_id", "created_at", "id", "merchant_id", "percent", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "policy_id", "updated_at") VALUES (NEW."channel_id", NEW."created_at", NEW."id", NEW."merchant_id", NEW."percent", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'created\', NEW."id", NEW."policy_id", NEW."updated_at"); RETURN NULL;',
                    hash="1c47bccdcc53eb646ffd5df4207a90b898d3c695",
                    operation="INSERT",
                    pgid="pgtrigger_created_insert_2c6bb",
                    table="catalog_intendeddifference",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="intendeddifference",
            trigger=pgtrigger.compiler.Trigger(
                name="changed_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func='INSERT INTO "catalog_intendeddifferenceevent" ("channel_id", "created_at", "id", "merchant_id", "percent", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "policy_id", "updated_at") VALUES (NEW."channel_id", NEW."created_at", NEW."id", NEW."merchant_id", NEW."percent", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'changed\', NEW."id", NEW."policy_id", NEW."updated_at"); RETURN NULL;',
                    hash="b38624d0bc63ff1283b633717f3e10ca6773662b",
                    operation="UPDATE",
                    pgid="pgtrigger_changed_update_77b61",
                    table="catalog_intendeddifference",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="intendeddifference",
            trigger=pgtrigger.compiler.Trigger(
                name="deleted_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "catalog_intendeddifferenceevent" ("channel_id", "created_at", "id", "merchant_id", "percent", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "policy_id", "updated_at") VALUES (OLD."channel_id", OLD."created_at", OLD."id", OLD."merchant_id", OLD."percent", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'deleted\', OLD."id", OLD."policy_id", OLD."updated_at"); RETURN NULL;',
                    hash="68fbcbbb07ecab4badeb165603f799135ded67a2",
                    operation="DELETE",
                    pgid="pgtrigger_deleted_delete_a69a8",
                    table="catalog_intendeddifference",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddIndex(
            model_name="intendeddifferenceevent",
            index=models.Index(
                fields=["merchant", "-pgh_created_at", "-pgh_id"], name="audit_catalog_intendeddifferen"
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="intendeddifferenceevent",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="ef78feaed5d10d0ee6696b6d502d8a2efbe40cb0",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_9d12d",
                    table="catalog_intendeddifferenceevent",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="priceclock",
            constraint=models.UniqueConstraint(fields=("merchant",), name="priceclock_one_per_merchant"),
        ),
        migrations.AddIndex(
            model_name="pricecycle",
            index=models.Index(
                condition=models.Q(("ended_at", None)), fields=["unrolled_until"], name="pricecycle_due"
            ),
        ),
        migrations.AddConstraint(
            model_name="pricecycle",
            constraint=models.CheckConstraint(condition=models.Q(("price__gte", 0)), name="pricecycle_not_negative"),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="pricecycle",
            trigger=pgtrigger.compiler.Trigger(
                name="created_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "catalog_pricecycleevent" ("compare_at_price", "created_at", "ended_at", "ends_at", "id", "is_held", "listing_id", "merchant_id", "name", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "price", "starts_at", "time_zone", "unrolled_until", "updated_at", "valid_from", "valid_until", "weekdays") VALUES (NEW."compare_at_price", NEW."created_at", NEW."ended_at", NEW."ends_at", NEW."id", NEW."is_held", NEW."listing_id", NEW."merchant_id", NEW."name", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'created\', NEW."id", NEW."price", NEW."starts_at", NEW."time_zone", NEW."unrolled_until", NEW."updated_at", NEW."valid_from", NEW."valid_until", NEW."weekdays"); RETURN NULL;',
                    hash="1bfa78c901c1d600ba6e72349b37b9a3728f882e",
                    operation="INSERT",
                    pgid="pgtrigger_created_insert_f1159",
                    table="catalog_pricecycle",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="pricecycle",
            trigger=pgtrigger.compiler.Trigger(
                name="changed_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func='INSERT INTO "catalog_pricecycleevent" ("compare_at_price", "created_at", "ended_at", "ends_at", "id", "is_held", "listing_id", "merchant_id", "name", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "price", "starts_at", "time_zone", "unrolled_until", "updated_at", "valid_from", "valid_until", "weekdays") VALUES (NEW."compare_at_price", NEW."created_at", NEW."ended_at", NEW."ends_at", NEW."id", NEW."is_held", NEW."listing_id", NEW."merchant_id", NEW."name", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'changed\', NEW."id", NEW."price", NEW."starts_at", NEW."time_zone", NEW."unrolled_until", NEW."updated_at", NEW."valid_from", NEW."valid_until", NEW."weekdays"); RETURN NULL;',
                    hash="770eb671e6430dd7942774462d42be74e45a4400",
                    operation="UPDATE",
                    pgid="pgtrigger_changed_update_47269",
                    table="catalog_pricecycle",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="pricecycle",
            trigger=pgtrigger.compiler.Trigger(
                name="deleted_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "catalog_pricecycleevent" ("compare_at_price", "created_at", "ended_at", "ends_at", "id", "is_held", "listing_id", "merchant_id", "name", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "price", "starts_at", "time_zone", "unrolled_until", "updated_at", "valid_from", "valid_until", "weekdays") VALUES (OLD."compare_at_price", OLD."created_at", OLD."ended_at", OLD."ends_at", OLD."id", OLD."is_held", OLD."listing_id", OLD."merchant_id", OLD."name", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'deleted\', OLD."id", OLD."price", OLD."starts_at", OLD."time_zone", OLD."unrolled_until", OLD."updated_at", OLD."valid_from", OLD."valid_until", OLD."weekdays"); RETURN NULL;',
                    hash="159705d1c5bacfbeb1b0e4732817639e491b3072",
                    operation="DELETE",
                    pgid="pgtrigger_deleted_delete_b22af",
                    table="catalog_pricecycle",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddIndex(
            model_name="pricechangerequestevent",
            index=models.Index(
                fields=["merchant", "-pgh_created_at", "-pgh_id"], name="audit_catalog_pricechangereque"
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="pricechangerequestevent",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="64ade81dd328cad2ea2428cd2b869644b9a3f9dc",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_a18ee",
                    table="catalog_pricechangerequestevent",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddIndex(
            model_name="pricechangerequest",
            index=models.Index(
                condition=models.Q(("state", "held")), fields=["merchant", "-id"], name="pricerequest_held"
            ),
        ),
        migrations.AddIndex(
            model_name="pricechangerequest",
            index=models.Index(
                condition=models.Q(("state", "held")), fields=["expires_at"], name="pricerequest_expiring"
            ),
        ),
        migrations.AddConstraint(
            model_name="pricechangerequest",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["held", "approved", "refused", "expired", "superseded"])),
                name="pricerequest_known_state",
            ),
        ),
        migrations.AddConstraint(
            model_name="pricechangerequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("settled_at", None), ("state", "held")),
                    models.Q(models.Q(("state", "held"), _negated=True), ("settled_at__isnull", False)),
                    _connector="OR",
                ),
                name="pricerequest_settled_once",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="pricechangerequest",
            trigger=pgtrigger.compiler.Trigger(
                name="created_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "catalog_pricechangerequestevent" ("compare_at_price", "created_at", "cycle_id", "evidence", "expires_at", "id", "layer", "listing_id", "makes_visible", "merchant_id", "old_price", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "price", "reason", "requested_by", "requester_id", "settled_at", "settled_by", "state", "updated_at", "valid_from", "valid_until") VALUES (NEW."compare_at_price", NEW."created_at", NEW."cycle_id", NEW."evidence", NEW."expires_at", NEW."id", NEW."layer", NEW."listing_id", NEW."makes_visible", NEW."merchant_id", NEW."old_price", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'created\', NEW."id", NEW."price", NEW."reason", NEW."requested_by", NEW."requester_id", NEW."settled_at", NEW."settled_by", NEW."state", NEW."updated_at", NEW."valid_from", NEW."valid_until"); RETURN NULL;',
                    hash="36e321ef6a95975a264336dd93ff1a0315d478c3",
                    operation="INSERT",
                    pgid="pgtrigger_created_insert_9cf82",
                    table="catalog_pricechangerequest",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="pricechangerequest",
            trigger=pgtrigger.compiler.Trigger(
                name="changed_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func='INSERT INTO "catalog_pricechangerequestevent" ("compare_at_price", "created_at", "cycle_id", "evidence", "expires_at", "id", "layer", "listing_id", "makes_visible", "merchant_id", "old_price", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "price", "reason", "requested_by", "requester_id", "settled_at", "settled_by", "state", "updated_at", "valid_from", "valid_until") VALUES (NEW."compare_at_price", NEW."created_at", NEW."cycle_id", NEW."evidence", NEW."expires_at", NEW."id", NEW."layer", NEW."listing_id", NEW."makes_visible", NEW."merchant_id", NEW."old_price", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'changed\', NEW."id", NEW."price", NEW."reason", NEW."requested_by", NEW."requester_id", NEW."settled_at", NEW."settled_by", NEW."state", NEW."updated_at", NEW."valid_from", NEW."valid_until"); RETURN NULL;',
                    hash="f3a9e6c4ff751ccf0054cd8235c078946ea4012d",
                    operation="UPDATE",
                    pgid="pgtrigger_changed_update_04c3b",
                    table="catalog_pricechangerequest",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="pricechangerequest",
            trigger=pgtrigger.compiler.Trigger(
                name="deleted_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "catalog_pricechangerequestevent" ("compare_at_price", "created_at", "cycle_id", "evidence", "expires_at", "id", "layer", "listing_id", "makes_visible", "merchant_id", "old_price", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "price", "reason", "requested_by", "requester_id", "settled_at", "settled_by", "state", "updated_at", "valid_from", "valid_until") VALUES (OLD."compare_at_price", OLD."created_at", OLD."cycle_id", OLD."evidence", OLD."expires_at", OLD."id", OLD."layer", OLD."listing_id", OLD."makes_visible", OLD."merchant_id", OLD."old_price", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'deleted\', OLD."id", OLD."price", OLD."reason", OLD."requested_by", OLD."requester_id", OLD."settled_at", OLD."settled_by", OLD."state", OLD."updated_at", OLD."valid_from", OLD."valid_until"); RETURN NULL;',
                    hash="ee4116495f2704016b1f09ed9792ec54c0323e88",
                    operation="DELETE",
                    pgid="pgtrigger_deleted_delete_c8716",
                    table="catalog_pricechangerequest",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddIndex(
            model_name="pricecycleevent",
            index=models.Index(fields=["merchant", "-pgh_created_at", "-pgh_id"], name="audit_catalog_pricecycle"),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="pricecycleevent",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="37f5c6f4864cb9667f2cc2531226f167a5a53eee",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_b7138",
                    table="catalog_pricecycleevent",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddIndex(
            model_name="priceinterval",
            index=models.Index(
                fields=["listing", "layer", "-valid_from", "-id"],
                include=("valid_until",),
                name="priceinterval_in_layer",
            ),
        ),
        migrations.AddIndex(
            model_name="priceinterval",
            index=models.Index(fields=["valid_from"], name="priceinterval_begin"),
        ),
        migrations.AddIndex(
            model_name="priceinterval",
            index=models.Index(
                condition=models.Q(("valid_until__isnull", False)), fields=["valid_until"], name="priceinterval_end"
            ),
        ),
        migrations.AddConstraint(
            model_name="priceinterval",
            constraint=models.CheckConstraint(condition=models.Q(("price__gte", 0)), name="priceinterval_not_negative"),
        ),
        migrations.AddConstraint(
            model_name="priceinterval",
            constraint=models.CheckConstraint(
                condition=models.Q(("valid_until", None), ("valid_until__gt", models.F("valid_from")), _connector="OR"),
                name="priceinterval_not_empty",
            ),
        ),
        migrations.AddConstraint(
            model_name="priceinterval",
            constraint=models.CheckConstraint(
                condition=models.Q(("layer__in", [0, 1, 2])), name="priceinterval_known_layer"
            ),
        ),
        migrations.AddConstraint(
            model_name="priceinterval",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("layer", 1), _negated=True),
                    models.Q(
                        ("valid_until__isnull", False),
                        (
                            "valid_until__lte",
                            django.db.models.expressions.CombinedExpression(
                                models.F("valid_from"), "+", models.Value(datetime.timedelta(days=1, seconds=7200))
                            ),
                        ),
                    ),
                    _connector="OR",
                ),
                name="priceinterval_cyclic_is_short",
            ),
        ),
        migrations.AddIndex(
            model_name="product",
            index=models.Index(fields=["merchant", "name", "id"], name="product_list"),
        ),
        migrations.AddIndex(
            model_name="product",
            index=models.Index(fields=["merchant", "category"], name="product_category"),
        ),
        migrations.AddConstraint(
            model_name="product",
            constraint=models.UniqueConstraint(fields=("merchant", "code"), name="product_one_per_code"),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="product",
            trigger=pgtrigger.compiler.Trigger(
                name="created_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "catalog_productevent" ("attributes", "brand", "category_id", "code", "created_at", "description", "id", "is_active", "merchant_id", "name", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "updated_at") VALUES (NEW."attributes", NEW."brand", NEW."category_id", NEW."code", NEW."created_at", NEW."description", NEW."id", NEW."is_active", NEW."merchant_id", NEW."name", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'created\', NEW."id", NEW."updated_at"); RETURN NULL;',
                    hash="92ed50e1a29a53e5921c4a93c430669fe9d440a5",
                    operation="INSERT",
                    pgid="pgtrigger_created_insert_969e7",
                    table="catalog_product",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="product",
            trigger=pgtrigger.compiler.Trigger(
                name="changed_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func='INSERT INTO "catalog_productevent" ("attributes", "brand", "category_id", "code", "created_at", "description", "id", "is_active", "merchant_id", "name", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "updated_at") VALUES (NEW."attributes", NEW."brand", NEW."category_id", NEW."code", NEW."created_at", NEW."description", NEW."id", NEW."is_active", NEW."merchant_id", NEW."name", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'changed\', NEW."id", NEW."updated_at"); RETURN NULL;',
                    hash="e1a71d1c87cff6b952b1bc4c0432549408ea5976",
                    operation="UPDATE",
                    pgid="pgtrigger_changed_update_9c20f",
                    table="catalog_product",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="product",
            trigger=pgtrigger.compiler.Trigger(
                name="deleted_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "catalog_productevent" ("attributes", "brand", "category_id", "code", "created_at", "description", "id", "is_active", "merchant_id", "name", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "updated_at") VALUES (OLD."attributes", OLD."brand", OLD."category_id", OLD."code", OLD."created_at", OLD."description", OLD."id", OLD."is_active", OLD."merchant_id", OLD."name", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'deleted\', OLD."id", OLD."updated_at"); RETURN NULL;',
                    hash="ba67b31d8378eec9bf8ea1788df22d5028b3e78b",
                    operation="DELETE",
                    pgid="pgtrigger_deleted_delete_cb89c",
                    table="catalog_product",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddIndex(
            model_name="consistencypolicyevent",
            index=models.Index(
                fields=["merchant", "-pgh_created_at", "-pgh_id"], name="audit_catalog_consistencypolic"
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="consistencypolicyevent",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="3dfff02bb93cc4fdf5e3931610fa46e40e3e60b4",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_45e7c",
                    table="catalog_consistencypolicyevent",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="consistencypolicy",
            constraint=models.UniqueConstraint(
                fields=("merchant", "product"), name="policy_one_per_product", nulls_distinct=False
            ),
        ),
        migrations.AddConstraint(
            model_name="consistencypolicy",
            constraint=models.CheckConstraint(
                condition=models.Q(("tolerance_percent__gte", 0)), name="policy_tolerance_not_negative"
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="consistencypolicy",
            trigger=pgtrigger.compiler.Trigger(
                name="created_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "catalog_consistencypolicyevent" ("compares_text", "compares_visibility", "created_at", "floor_percent_of_cost", "floor_price", "id", "merchant_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "product_id", "reference_channel_id", "tolerance_percent", "updated_at") VALUES (NEW."compares_text", NEW."compares_visibility", NEW."created_at", NEW."floor_percent_of_cost", NEW."floor_price", NEW."id", NEW."merchant_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'created\', NEW."id", NEW."product_id", NEW."reference_channel_id", NEW."tolerance_percent", NEW."updated_at"); RETURN NULL;',
                    hash="794bc29474d4549493b6e079206a52b2b5161a4d",
                    operation="INSERT",
                    pgid="pgtrigger_created_insert_dfa69",
                    table="catalog_consistencypolicy",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="consistencypolicy",
            trigger=pgtrigger.compiler.Trigger(
                name="changed_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func='INSERT INTO "catalog_consistencypolicyevent" ("compares_text", "compares_visibility", "created_at", "floor_percent_of_cost", "floor_price", "id", "merchant_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "product_id", "reference_channel_id", "tolerance_percent", "updated_at") VALUES (NEW."compares_text", NEW."compares_visibility", NEW."created_at", NEW."floor_percent_of_cost", NEW."floor_price", NEW."id", NEW."merchant_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'changed\', NEW."id", NEW."product_id", NEW."reference_channel_id", NEW."tolerance_percent", NEW."updated_at"); RETURN NULL;',
                    hash="110fe08ec21f9dc32f5a3ce89dcbfec047c300f4",
                    operation="UPDATE",
                    pgid="pgtrigger_changed_update_dea53",
                    table="catalog_consistencypolicy",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="consistencypolicy",
            trigger=pgtrigger.compiler.Trigger(
                name="deleted_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "catalog_consistencypolicyevent" ("compares_text", "compares_visibility", "created_at", "floor_percent_of_cost", "floor_price", "id", "merchant_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "product_id", "reference_channel_id", "tolerance_percent", "updated_at") VALUES (OLD."compares_text", OLD."compares_visibility", OLD."created_at", OLD."floor_percent_of_cost", OLD."floor_price", OLD."id", OLD."merchant_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'deleted\', OLD."id", OLD."product_id", OLD."reference_channel_id", OLD."tolerance_percent", OLD."updated_at"); RETURN NULL;',
                    hash="ae90ec05778ddf98a9e47a22aa39112b6a09f7a9",
                    operation="DELETE",
                    pgid="pgtrigger_deleted_delete_565f3",
                    table="catalog_consistencypolicy",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddIndex(
            model_name="productevent",
            index=models.Index(fields=["merchant", "-pgh_created_at", "-pgh_id"], name="audit_catalog_product"),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="productevent",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="940e6199f2f19bd732620c5d3f2e10c3a68c0d21",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_582f1",
                    table="catalog_productevent",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="productimage",
            trigger=pgtrigger.compiler.Trigger(
                name="created_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "catalog_productimageevent" ("created_at", "description", "id", "merchant_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "position", "product_id", "updated_at", "url") VALUES (NEW."created_at", NEW."description", NEW."id", NEW."merchant_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'created\', NEW."id", NEW."position", NEW."product_id", NEW."updated_at", NEW."url"); RETURN NULL;',
                    hash="12aec3ed5a857f997e0b94f1df9ca3d7a2c07a81",
                    operation="INSERT",
                    pgid="pgtrigger_created_insert_e1b5a",
                    table="catalog_productimage",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="productimage",
            trigger=pgtrigger.compiler.Trigger(
                name="changed_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func='INSERT INTO "catalog_productimageevent" ("created_at", "description", "id", "merchant_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "position", "product_id", "updated_at", "url") VALUES (NEW."created_at", NEW."description", NEW."id", NEW."merchant_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'changed\', NEW."id", NEW."position", NEW."product_id", NEW."updated_at", NEW."url"); RETURN NULL;',
                    hash="9951e0213b177cc661fbfe9ac823174148f1fc4f",
                    operation="UPDATE",
                    pgid="pgtrigger_changed_update_8f0c1",
                    table="catalog_productimage",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="productimage",
            trigger=pgtrigger.compiler.Trigger(
                name="deleted_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "catalog_productimageevent" ("created_at", "description", "id", "merchant_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "position", "product_id", "updated_at", "url") VALUES (OLD."created_at", OLD."description", OLD."id", OLD."merchant_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'deleted\', OLD."id", OLD."position", OLD."product_id", OLD."updated_at", OLD."url"); RETURN NULL;',
                    hash="70e808772e28787a2e70889ed732b8158d1c3db2",
                    operation="DELETE",
                    pgid="pgtrigger_deleted_delete_f08ca",
                    table="catalog_productimage",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddIndex(
            model_name="productimageevent",
            index=models.Index(fields=["merchant", "-pgh_created_at", "-pgh_id"], name="audit_catalog_productimage"),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="productimageevent",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="9757d1f9a8eb7a2b4510cfc0df040a35d1b0b079",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_21388",
                    table="catalog_productimageevent",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="variant",
            constraint=models.UniqueConstraint(fields=("merchant", "sku"), name="variant_one_per_sku"),
        ),
        migrations.AddConstraint(
            model_name="variant",
            constraint=models.UniqueConstraint(
                condition=models.Q(("gtin", ""), _negated=True),
                fields=("merchant", "gtin"),
                name="variant_one_per_gtin",
            ),
        ),
        migrations.AddConstraint(
            model_name="variant",
            constraint=models.CheckConstraint(
                condition=models.Q(("gtin", ""), ("gtin__regex", "^\\d{14}$"), _connector="OR"), name="variant_gtin_14"
            ),
        ),
        migrations.AddConstraint(
            model_name="variant",
            constraint=models.CheckConstraint(
                condition=models.Q(("cost", None), ("cost__gte", 0), _connector="OR"), name="variant_cost_not_negative"
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="variant",
            trigger=pgtrigger.compiler.Trigger(
                name="created_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "catalog_variantevent" ("allows_backorder", "attributes", "cost", "created_at", "gtin", "id", "is_active", "merchant_id", "name", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "product_id", "sku", "updated_at") VALUES (NEW."allows_backorder", NEW."attributes", NEW."cost", NEW."created_at", NEW."gtin", NEW."id", NEW."is_active", NEW."merchant_id", NEW."name", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'created\', NEW."id", NEW."product_id", NEW."sku", NEW."updated_at"); RETURN NULL;',
                    hash="42ce7ab8ccb2e0a4404e7004ef16d13169e9b025",
                    operation="INSERT",
                    pgid="pgtrigger_created_insert_c2fd4",
                    table="catalog_variant",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="variant",
            trigger=pgtrigger.compiler.Trigger(
                name="changed_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func='INSERT INTO "catalog_variantevent" ("allows_backorder", "attributes", "cost", "created_at", "gtin", "id", "is_active", "merchant_id", "name", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "product_id", "sku", "updated_at") VALUES (NEW."allows_backorder", NEW."attributes", NEW."cost", NEW."created_at", NEW."gtin", NEW."id", NEW."is_active", NEW."merchant_id", NEW."name", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'changed\', NEW."id", NEW."product_id", NEW."sku", NEW."updated_at"); RETURN NULL;',
                    hash="573aed2e8dd169ef06df712bb3d8e122006f8993",
                    operation="UPDATE",
                    pgid="pgtrigger_changed_update_e6ec9",
                    table="catalog_variant",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="variant",
            trigger=pgtrigger.compiler.Trigger(
                name="deleted_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "catalog_variantevent" ("allows_backorder", "attributes", "cost", "created_at", "gtin", "id", "is_active", "merchant_id", "name", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "product_id", "sku", "updated_at") VALUES (OLD."allows_backorder", OLD."attributes", OLD."cost", OLD."created_at", OLD."gtin", OLD."id", OLD."is_active", OLD."merchant_id", OLD."name", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'deleted\', OLD."id", OLD."product_id", OLD."sku", OLD."updated_at"); RETURN NULL;',
                    hash="865b23331bd5d7b48e7c5285fc7c1080981316b5",
                    operation="DELETE",
                    pgid="pgtrigger_deleted_delete_3541c",
                    table="catalog_variant",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddIndex(
            model_name="channellistingevent",
            index=models.Index(fields=["merchant", "-pgh_created_at", "-pgh_id"], name="audit_catalog_channellisting"),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="channellistingevent",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="cd404c62d41590fef613b78df6ea8aafe640ec7f",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_9d3e7",
                    table="catalog_channellistingevent",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddIndex(
            model_name="channellisting",
            index=models.Index(fields=["variant", "channel"], name="listing_variant"),
        ),
        migrations.AddConstraint(
            model_name="channellisting",
            constraint=models.UniqueConstraint(fields=("merchant", "channel", "variant"), name="listing_once"),
        ),
        migrations.AddConstraint(
            model_name="channellisting",
            constraint=models.UniqueConstraint(
                condition=models.Q(("external_id", ""), _negated=True),
                fields=("merchant", "channel", "external_id"),
                name="listing_one_per_id",
            ),
        ),
        migrations.AddConstraint(
            model_name="channellisting",
            constraint=models.CheckConstraint(condition=models.Q(("price__gte", 0)), name="listing_price_not_negative"),
        ),
        migrations.AddConstraint(
            model_name="channellisting",
            constraint=models.CheckConstraint(
                condition=models.Q(("awaits_price", False), ("is_visible", False), _connector="OR"),
                name="listing_hidden_without_price",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="channellisting",
            trigger=pgtrigger.compiler.Trigger(
                name="created_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "catalog_channellistingevent" ("awaits_price", "channel_id", "compare_at_price", "created_at", "currency", "description", "external_id", "id", "is_visible", "merchant_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "price", "title", "updated_at", "variant_id") VALUES (NEW."awaits_price", NEW."channel_id", NEW."compare_at_price", NEW."created_at", NEW."currency", NEW."description", NEW."external_id", NEW."id", NEW."is_visible", NEW."merchant_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'created\', NEW."id", NEW."price", NEW."title", NEW."updated_at", NEW."variant_id"); RETURN NULL;',
                    hash="f48bff42a46ec4c6dfb8132febdcd4a157fe520f",
                    operation="INSERT",
                    pgid="pgtrigger_created_insert_9f6aa",
                    table="catalog_channellisting",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="channellisting",
            trigger=pgtrigger.compiler.Trigger(
                name="changed_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func='INSERT INTO "catalog_channellistingevent" ("awaits_price", "channel_id", "compare_at_price", "created_at", "currency", "description", "external_id", "id", "is_visible", "merchant_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "price", "title", "updated_at", "variant_id") VALUES (NEW."awaits_price", NEW."channel_id", NEW."compare_at_price", NEW."created_at", NEW."currency", NEW."description", NEW."external_id", NEW."id", NEW."is_visible", NEW."merchant_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'changed\', NEW."id", NEW."price", NEW."title", NEW."updated_at", NEW."variant_id"); RETURN NULL;',
                    hash="2dd15b61f0e6277329dd0507fd8de7a0c9184750",
                    operation="UPDATE",
                    pgid="pgtrigger_changed_update_4bdf4",
                    table="catalog_channellisting",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="channellisting",
            trigger=pgtrigger.compiler.Trigger(
                name="deleted_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "catalog_channellistingevent" ("awaits_price", "channel_id", "compare_at_price", "created_at", "currency", "description", "external_id", "id", "is_visible", "merchant_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "price", "title", "updated_at", "variant_id") VALUES (OLD."awaits_price", OLD."channel_id", OLD."compare_at_price", OLD."created_at", OLD."currency", OLD."description", OLD."external_id", OLD."id", OLD."is_visible", OLD."merchant_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'deleted\', OLD."id", OLD."price", OLD."title", OLD."updated_at", OLD."variant_id"); RETURN NULL;',
                    hash="a2dd7fcad781ed663ad4c62f2e7dbafd61b9e188",
                    operation="DELETE",
                    pgid="pgtrigger_deleted_delete_5ec6e",
                    table="catalog_channellisting",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddIndex(
            model_name="barcodeevent",
            index=models.Index(fields=["merchant", "-pgh_created_at", "-pgh_id"], name="audit_catalog_barcode"),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="barcodeevent",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="02227d378a0abcb5e43bc407d0000c5fa35d2f56",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_36b99",
                    table="catalog_barcodeevent",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="barcode",
            constraint=models.UniqueConstraint(fields=("merchant", "value"), name="barcode_names_one_variant"),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="barcode",
            trigger=pgtrigger.compiler.Trigger(
                name="created_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "catalog_barcodeevent" ("created_at", "id", "merchant_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "updated_at", "value", "variant_id") VALUES (NEW."created_at", NEW."id", NEW."merchant_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'created\', NEW."id", NEW."updated_at", NEW."value", NEW."variant_id"); RETURN NULL;',
                    hash="80bf002623b9d989d8b506d66b46f8bce87b43ab",
                    operation="INSERT",
                    pgid="pgtrigger_created_insert_b9895",
                    table="catalog_barcode",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="barcode",
            trigger=pgtrigger.compiler.Trigger(
                name="changed_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func='INSERT INTO "catalog_barcodeevent" ("created_at", "id", "merchant_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "updated_at", "value", "variant_id") VALUES (NEW."created_at", NEW."id", NEW."merchant_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'changed\', NEW."id", NEW."updated_at", NEW."value", NEW."variant_id"); RETURN NULL;',
                    hash="61fc485ee73c8d40e02b7d43485c06ece032cd76",
                    operation="UPDATE",
                    pgid="pgtrigger_changed_update_ffe8c",
                    table="catalog_barcode",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="barcode",
            trigger=pgtrigger.compiler.Trigger(
                name="deleted_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "catalog_barcodeevent" ("created_at", "id", "merchant_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "updated_at", "value", "variant_id") VALUES (OLD."created_at", OLD."id", OLD."merchant_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'deleted\', OLD."id", OLD."updated_at", OLD."value", OLD."variant_id"); RETURN NULL;',
                    hash="9ea430b503ae5cc416462df19c620466703f64b1",
                    operation="DELETE",
                    pgid="pgtrigger_deleted_delete_2cbae",
                    table="catalog_barcode",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddIndex(
            model_name="variantevent",
            index=models.Index(fields=["merchant", "-pgh_created_at", "-pgh_id"], name="audit_catalog_variant"),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="variantevent",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="2945fe1003b949103a795e407a344f13bb322ee2",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_cbb4a",
                    table="catalog_variantevent",
                    when="BEFORE",
                ),
            ),
        ),
        EnableRowLevelSecurity("Barcode"),
        EnableRowLevelSecurity("Category"),
        EnableRowLevelSecurity("CategoryEvent"),
        MakeAppendOnly("CategoryEvent"),
        EnableRowLevelSecurity("ChannelListing"),
        EnableRowLevelSecurity("ConsistencyPolicy"),
        EnableRowLevelSecurity("Deviation"),
        EnableRowLevelSecurity("IntendedDifference"),
        EnableRowLevelSecurity("IntendedDifferenceEvent"),
        MakeAppendOnly("IntendedDifferenceEvent"),
        EnableRowLevelSecurity("PriceChangeRequest"),
        EnableRowLevelSecurity("PriceChangeRequestEvent"),
        MakeAppendOnly("PriceChangeRequestEvent"),
        EnableRowLevelSecurity("PriceCycle"),
        EnableRowLevelSecurity("PriceCycleEvent"),
        MakeAppendOnly("PriceCycleEvent"),
        EnableRowLevelSecurity("PriceInterval"),
        MakeAppendOnly("PriceInterval"),
        EnableRowLevelSecurity("PriceWithdrawal"),
        MakeAppendOnly("PriceWithdrawal"),
        EnableRowLevelSecurity("Product"),
        EnableRowLevelSecurity("ConsistencyPolicyEvent"),
        MakeAppendOnly("ConsistencyPolicyEvent"),
        EnableRowLevelSecurity("ProductEvent"),
        MakeAppendOnly("ProductEvent"),
        EnableRowLevelSecurity("ProductImage"),
        EnableRowLevelSecurity("ProductImageEvent"),
        MakeAppendOnly("ProductImageEvent"),
        EnableRowLevelSecurity("Variant"),
        EnableRowLevelSecurity("ChannelListingEvent"),
        MakeAppendOnly("ChannelListingEvent"),
        EnableRowLevelSecurity("BarcodeEvent"),
        MakeAppendOnly("BarcodeEvent"),
        EnableRowLevelSecurity("VariantEvent"),
        MakeAppendOnly("VariantEvent"),
        EnableRowLevelSecurity("ConsistencyMark"),
        EnableRowLevelSecurity("PriceClock"),
    ]
