import datetime

import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
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
        ("tenancy", "0005_audit_newest_first"),
    ]

    operations = [
        migrations.CreateModel(
            name="OpeningPeriod",
            fields=[
                (
                    "id",
                    models.UUIDField(default=o2o.kit.models.uuid7, editable=False, primary_key=True, serialize=False),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "weekday",
                    models.PositiveSmallIntegerField(
                        choices=[
                            (0, "Monday"),
                            (1, "Tuesday"),
                            (2, "Wednesday"),
                            (3, "Thursday"),
                            (4, "Friday"),
                            (5, "Saturday"),
                            (6, "Sunday"),
                        ],
                        verbose_name="weekday",
                    ),
                ),
                ("opens_at", models.TimeField(verbose_name="opens at")),
                ("closes_at", models.TimeField(verbose_name="closes at")),
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
                "verbose_name": "opening hours",
                "verbose_name_plural": "opening hours",
                "ordering": ("weekday", "opens_at"),
            },
        ),
        migrations.CreateModel(
            name="SalesChannel",
            fields=[
                (
                    "id",
                    models.UUIDField(default=o2o.kit.models.uuid7, editable=False, primary_key=True, serialize=False),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("code", models.SlugField(db_index=False, max_length=40, verbose_name="code")),
                ("name", models.CharField(max_length=100, verbose_name="name")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("own_shop", "own online shop"),
                            ("mini_program", "mini-program"),
                            ("marketplace", "marketplace"),
                            ("delivery_platform", "delivery platform"),
                            ("pos", "till in a store (POS)"),
                            ("other", "other"),
                        ],
                        max_length=20,
                        verbose_name="kind",
                    ),
                ),
                ("currency", models.CharField(max_length=3, verbose_name="currency")),
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
            ],
            options={
                "verbose_name": "channel",
                "verbose_name_plural": "channels",
                "ordering": ("name", "pk"),
            },
        ),
        migrations.CreateModel(
            name="ChannelLocation",
            fields=[
                (
                    "id",
                    models.UUIDField(default=o2o.kit.models.uuid7, editable=False, primary_key=True, serialize=False),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "priority",
                    models.PositiveSmallIntegerField(
                        default=100, help_text="A lower number goes first.", verbose_name="priority"
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
                    "channel",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="served_by",
                        to="stores.saleschannel",
                        verbose_name="channel",
                    ),
                ),
            ],
            options={
                "verbose_name": "location of a channel",
                "verbose_name_plural": "locations of channels",
                "ordering": ("priority", "pk"),
            },
        ),
        migrations.CreateModel(
            name="SalesChannelEvent",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("pgh_context", pghistory.utils.JSONField(null=True)),
                ("id", models.UUIDField(default=o2o.kit.models.uuid7, editable=False, serialize=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("code", models.SlugField(db_index=False, max_length=40, verbose_name="code")),
                ("name", models.CharField(max_length=100, verbose_name="name")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("own_shop", "own online shop"),
                            ("mini_program", "mini-program"),
                            ("marketplace", "marketplace"),
                            ("delivery_platform", "delivery platform"),
                            ("pos", "till in a store (POS)"),
                            ("other", "other"),
                        ],
                        max_length=20,
                        verbose_name="kind",
                    ),
                ),
                ("currency", models.CharField(max_length=3, verbose_name="currency")),
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
                        to="stores.saleschannel",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="SpecialDay",
            fields=[
                (
                    "id",
                    models.UUIDField(default=o2o.kit.models.uuid7, editable=False, primary_key=True, serialize=False),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("on", models.DateField(verbose_name="date")),
                ("name", models.CharField(blank=True, max_length=100, verbose_name="name")),
                ("opens_at", models.TimeField(blank=True, null=True, verbose_name="opens at")),
                ("closes_at", models.TimeField(blank=True, null=True, verbose_name="closes at")),
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
                "verbose_name": "special day",
                "verbose_name_plural": "special days",
                "ordering": ("on", "pk"),
            },
        ),
        migrations.CreateModel(
            name="StockLocation",
            fields=[
                (
                    "id",
                    models.UUIDField(default=o2o.kit.models.uuid7, editable=False, primary_key=True, serialize=False),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("code", models.CharField(max_length=40, verbose_name="code")),
                ("name", models.CharField(max_length=100, verbose_name="name")),
                (
                    "kind",
                    models.CharField(
                        choices=[("store", "store"), ("warehouse", "warehouse")], max_length=20, verbose_name="kind"
                    ),
                ),
                ("is_active", models.BooleanField(default=True, verbose_name="active")),
                (
                    "country",
                    models.CharField(
                        blank=True, help_text="ISO 3166 code, such as CN.", max_length=2, verbose_name="country"
                    ),
                ),
                ("region", models.CharField(blank=True, max_length=100, verbose_name="province or state")),
                ("city", models.CharField(blank=True, max_length=100, verbose_name="city")),
                ("postal_code", models.CharField(blank=True, max_length=20, verbose_name="postal code")),
                ("street", models.CharField(blank=True, max_length=200, verbose_name="street and number")),
                ("phone", models.CharField(blank=True, max_length=40, verbose_name="telephone")),
                (
                    "latitude",
                    models.FloatField(
                        blank=True,
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(-90),
                            django.core.validators.MaxValueValidator(90),
                        ],
                        verbose_name="latitude",
                    ),
                ),
                (
                    "longitude",
                    models.FloatField(
                        blank=True,
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(-180),
                            django.core.validators.MaxValueValidator(180),
                        ],
                        verbose_name="longitude",
                    ),
                ),
                ("time_zone", models.CharField(max_length=64, verbose_name="time zone")),
                (
                    "day_starts_at",
                    models.TimeField(
                        default=datetime.time(4, 0),
                        help_text="What is sold out today comes back then, and daily limits begin anew.",
                        verbose_name="business day begins at",
                    ),
                ),
                (
                    "methods",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("pickup", "pickup"),
                                ("ship", "shipping"),
                                ("deliver", "delivery"),
                                ("in_store", "in store"),
                            ],
                            max_length=20,
                        ),
                        blank=True,
                        default=list,
                        size=None,
                        verbose_name="hands over by",
                    ),
                ),
                (
                    "daily_order_capacity",
                    models.PositiveIntegerField(blank=True, null=True, verbose_name="orders a day at most"),
                ),
                (
                    "preparation_minutes",
                    models.PositiveSmallIntegerField(default=30, verbose_name="minutes to prepare an order"),
                ),
                (
                    "pickup_days",
                    models.PositiveSmallIntegerField(
                        default=3,
                        help_text="Afterwards the goods go back into stock.",
                        verbose_name="days that a pickup waits",
                    ),
                ),
                (
                    "pickup_extension_days",
                    models.PositiveSmallIntegerField(default=2, verbose_name="days by which a pickup can be extended"),
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
                "verbose_name": "location",
                "verbose_name_plural": "locations",
                "ordering": ("name", "pk"),
            },
        ),
        migrations.CreateModel(
            name="SpecialDayEvent",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("pgh_context", pghistory.utils.JSONField(null=True)),
                ("id", models.UUIDField(default=o2o.kit.models.uuid7, editable=False, serialize=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("on", models.DateField(verbose_name="date")),
                ("name", models.CharField(blank=True, max_length=100, verbose_name="name")),
                ("opens_at", models.TimeField(blank=True, null=True, verbose_name="opens at")),
                ("closes_at", models.TimeField(blank=True, null=True, verbose_name="closes at")),
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
                        to="stores.specialday",
                    ),
                ),
                (
                    "location",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="stores.stocklocation",
                        verbose_name="location",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.AddField(
            model_name="specialday",
            name="location",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="special_days",
                to="stores.stocklocation",
                verbose_name="location",
            ),
        ),
        migrations.CreateModel(
            name="OpeningPeriodEvent",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("pgh_context", pghistory.utils.JSONField(null=True)),
                ("id", models.UUIDField(default=o2o.kit.models.uuid7, editable=False, serialize=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "weekday",
                    models.PositiveSmallIntegerField(
                        choices=[
                            (0, "Monday"),
                            (1, "Tuesday"),
                            (2, "Wednesday"),
                            (3, "Thursday"),
                            (4, "Friday"),
                            (5, "Saturday"),
                            (6, "Sunday"),
                        ],
                        verbose_name="weekday",
                    ),
                ),
                ("opens_at", models.TimeField(verbose_name="opens at")),
                ("closes_at", models.TimeField(verbose_name="closes at")),
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
                        to="stores.openingperiod",
                    ),
                ),
                (
                    "location",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="stores.stocklocation",
                        verbose_name="location",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.AddField(
            model_name="openingperiod",
            name="location",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="opening_periods",
                to="stores.stocklocation",
                verbose_name="location",
            ),
        ),
        migrations.CreateModel(
            name="ChannelLocationEvent",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("pgh_context", pghistory.utils.JSONField(null=True)),
                ("id", models.UUIDField(default=o2o.kit.models.uuid7, editable=False, serialize=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "priority",
                    models.PositiveSmallIntegerField(
                        default=100, help_text="A lower number goes first.", verbose_name="priority"
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
                        to="stores.channellocation",
                    ),
                ),
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
                    "location",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="stores.stocklocation",
                        verbose_name="location",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.AddField(
            model_name="channellocation",
            name="location",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="serves",
                to="stores.stocklocation",
                verbose_name="location",
            ),
        ),
        migrations.CreateModel(
            name="StockLocationEvent",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("pgh_context", pghistory.utils.JSONField(null=True)),
                ("id", models.UUIDField(default=o2o.kit.models.uuid7, editable=False, serialize=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("code", models.CharField(max_length=40, verbose_name="code")),
                ("name", models.CharField(max_length=100, verbose_name="name")),
                (
                    "kind",
                    models.CharField(
                        choices=[("store", "store"), ("warehouse", "warehouse")], max_length=20, verbose_name="kind"
                    ),
                ),
                ("is_active", models.BooleanField(default=True, verbose_name="active")),
                (
                    "country",
                    models.CharField(
                        blank=True, help_text="ISO 3166 code, such as CN.", max_length=2, verbose_name="country"
                    ),
                ),
                ("region", models.CharField(blank=True, max_length=100, verbose_name="province or state")),
                ("city", models.CharField(blank=True, max_length=100, verbose_name="city")),
                ("postal_code", models.CharField(blank=True, max_length=20, verbose_name="postal code")),
                ("street", models.CharField(blank=True, max_length=200, verbose_name="street and number")),
                ("phone", models.CharField(blank=True, max_length=40, verbose_name="telephone")),
                (
                    "latitude",
                    models.FloatField(
                        blank=True,
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(-90),
                            django.core.validators.MaxValueValidator(90),
                        ],
                        verbose_name="latitude",
                    ),
                ),
                (
                    "longitude",
                    models.FloatField(
                        blank=True,
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(-180),
                            django.core.validators.MaxValueValidator(180),
                        ],
                        verbose_name="longitude",
                    ),
                ),
                ("time_zone", models.CharField(max_length=64, verbose_name="time zone")),
                (
                    "day_starts_at",
                    models.TimeField(
                        default=datetime.time(4, 0),
                        help_text="What is sold out today comes back then, and daily limits begin anew.",
                        verbose_name="business day begins at",
                    ),
                ),
                (
                    "methods",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("pickup", "pickup"),
                                ("ship", "shipping"),
                                ("deliver", "delivery"),
                                ("in_store", "in store"),
                            ],
                            max_length=20,
                        ),
                        blank=True,
                        default=list,
                        size=None,
                        verbose_name="hands over by",
                    ),
                ),
                (
                    "daily_order_capacity",
                    models.PositiveIntegerField(blank=True, null=True, verbose_name="orders a day at most"),
                ),
                (
                    "preparation_minutes",
                    models.PositiveSmallIntegerField(default=30, verbose_name="minutes to prepare an order"),
                ),
                (
                    "pickup_days",
                    models.PositiveSmallIntegerField(
                        default=3,
                        help_text="Afterwards the goods go back into stock.",
                        verbose_name="days that a pickup waits",
                    ),
                ),
                (
                    "pickup_extension_days",
                    models.PositiveSmallIntegerField(default=2, verbose_name="days by which a pickup can be extended"),
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
                        to="stores.stocklocation",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="NumberSeries",
            fields=[
                (
                    "id",
                    models.UUIDField(default=o2o.kit.models.uuid7, editable=False, primary_key=True, serialize=False),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("kind", models.CharField(max_length=20)),
                ("last", models.PositiveBigIntegerField(default=0)),
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
                "verbose_name": "number series",
                "verbose_name_plural": "number series",
                "constraints": [models.UniqueConstraint(fields=("merchant", "kind"), name="numberseries_one_per_kind")],
            },
        ),
        migrations.AddConstraint(
            model_name="saleschannel",
            constraint=models.UniqueConstraint(fields=("merchant", "code"), name="channel_one_per_code"),
        ),
        migrations.AddConstraint(
            model_name="saleschannel",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind__in", ["own_shop", "mini_program", "marketplace", "delivery_platform", "pos", "other"])
                ),
                name="channel_known_kind",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="saleschannel",
            trigger=pgtrigger.compiler.Trigger(
                name="created_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "stores_saleschannelevent" ("code", "created_at", "currency", "id", "is_active", "kind", "merchant_id", "name", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "updated_at") VALUES (NEW."code", NEW."created_at", NEW."currency", NEW."id", NEW."is_active", NEW."kind", NEW."merchant_id", NEW."name", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'created\', NEW."id", NEW."updated_at"); RETURN NULL;',
                    hash="8efa2b5bf195053545d78f9ec9adbbd9b35793f6",
                    operation="INSERT",
                    pgid="pgtrigger_created_insert_52abc",
                    table="stores_saleschannel",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="saleschannel",
            trigger=pgtrigger.compiler.Trigger(
                name="changed_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func='INSERT INTO "stores_saleschannelevent" ("code", "created_at", "currency", "id", "is_active", "kind", "merchant_id", "name", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "updated_at") VALUES (NEW."code", NEW."created_at", NEW."currency", NEW."id", NEW."is_active", NEW."kind", NEW."merchant_id", NEW."name", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'changed\', NEW."id", NEW."updated_at"); RETURN NULL;',
                    hash="647ee3f760251fb6e7d1c5ee0d742efd54cde83e",
                    operation="UPDATE",
                    pgid="pgtrigger_changed_update_3c0c1",
                    table="stores_saleschannel",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="saleschannel",
            trigger=pgtrigger.compiler.Trigger(
                name="deleted_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "stores_saleschannelevent" ("code", "created_at", "currency", "id", "is_active", "kind", "merchant_id", "name", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "updated_at") VALUES (OLD."code", OLD."created_at", OLD."currency", OLD."id", OLD."is_active", OLD."kind", OLD."merchant_id", OLD."name", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'deleted\', OLD."id", OLD."updated_at"); RETURN NULL;',
                    hash="041986eeeea41cf80f8d37c118327b6aec148209",
                    operation="DELETE",
                    pgid="pgtrigger_deleted_delete_e1603",
                    table="stores_saleschannel",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddIndex(
            model_name="saleschannelevent",
            index=models.Index(fields=["merchant", "-pgh_created_at", "-pgh_id"], name="audit_stores_saleschannel"),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="saleschannelevent",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="12ec61eac4dcf87efa12308a3117d4b9a3b12e72",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_a36fe",
                    table="stores_saleschannelevent",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="stocklocation",
            constraint=models.UniqueConstraint(fields=("merchant", "code"), name="location_one_per_code"),
        ),
        migrations.AddConstraint(
            model_name="stocklocation",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["store", "warehouse"])), name="location_known_kind"
            ),
        ),
        migrations.AddConstraint(
            model_name="stocklocation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("latitude", None), ("longitude", None)),
                    models.Q(("latitude__range", (-90, 90)), ("longitude__range", (-180, 180))),
                    _connector="OR",
                ),
                name="location_whole_coordinates",
                violation_error_message="Give both latitude and longitude, or neither.",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="stocklocation",
            trigger=pgtrigger.compiler.Trigger(
                name="created_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "stores_stocklocationevent" ("city", "code", "country", "created_at", "daily_order_capacity", "day_starts_at", "id", "is_active", "kind", "latitude", "longitude", "merchant_id", "methods", "name", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone", "pickup_days", "pickup_extension_days", "postal_code", "preparation_minutes", "region", "street", "time_zone", "updated_at") VALUES (NEW."city", NEW."code", NEW."country", NEW."created_at", NEW."daily_order_capacity", NEW."day_starts_at", NEW."id", NEW."is_active", NEW."kind", NEW."latitude", NEW."longitude", NEW."merchant_id", NEW."methods", NEW."name", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'created\', NEW."id", NEW."phone", NEW."pickup_days", NEW."pickup_extension_days", NEW."postal_code", NEW."preparation_minutes", NEW."region", NEW."street", NEW."time_zone", NEW."updated_at"); RETURN NULL;',
                    hash="2255a7c7d4e1f9552cd1d9e823acde45bda0cabc",
                    operation="INSERT",
                    pgid="pgtrigger_created_insert_10115",
                    table="stores_stocklocation",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="stocklocation",
            trigger=pgtrigger.compiler.Trigger(
                name="changed_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func='INSERT INTO "stores_stocklocationevent" ("city", "code", "country", "created_at", "daily_order_capacity", "day_starts_at", "id", "is_active", "kind", "latitude", "longitude", "merchant_id", "methods", "name", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone", "pickup_days", "pickup_extension_days", "postal_code", "preparation_minutes", "region", "street", "time_zone", "updated_at") VALUES (NEW."city", NEW."code", NEW."country", NEW."created_at", NEW."daily_order_capacity", NEW."day_starts_at", NEW."id", NEW."is_active", NEW."kind", NEW."latitude", NEW."longitude", NEW."merchant_id", NEW."methods", NEW."name", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'changed\', NEW."id", NEW."phone", NEW."pickup_days", NEW."pickup_extension_days", NEW."postal_code", NEW."preparation_minutes", NEW."region", NEW."street", NEW."time_zone", NEW."updated_at"); RETURN NULL;',
                    hash="843a0a18ed298ff7bcdc5dd208cb88b4a88bda6c",
                    operation="UPDATE",
                    pgid="pgtrigger_changed_update_6170c",
                    table="stores_stocklocation",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="stocklocation",
            trigger=pgtrigger.compiler.Trigger(
                name="deleted_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "stores_stocklocationevent" ("city", "code", "country", "created_at", "daily_order_capacity", "day_starts_at", "id", "is_active", "kind", "latitude", "longitude", "merchant_id", "methods", "name", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone", "pickup_days", "pickup_extension_days", "postal_code", "preparation_minutes", "region", "street", "time_zone", "updated_at") VALUES (OLD."city", OLD."code", OLD."country", OLD."created_at", OLD."daily_order_capacity", OLD."day_starts_at", OLD."id", OLD."is_active", OLD."kind", OLD."latitude", OLD."longitude", OLD."merchant_id", OLD."methods", OLD."name", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'deleted\', OLD."id", OLD."phone", OLD."pickup_days", OLD."pickup_extension_days", OLD."postal_code", OLD."preparation_minutes", OLD."region", OLD."street", OLD."time_zone", OLD."updated_at"); RETURN NULL;',
                    hash="17578f6a3a28cb5d090f5f09b3150fb2f903763f",
                    operation="DELETE",
                    pgid="pgtrigger_deleted_delete_83123",
                    table="stores_stocklocation",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddIndex(
            model_name="specialdayevent",
            index=models.Index(fields=["merchant", "-pgh_created_at", "-pgh_id"], name="audit_stores_specialday"),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="specialdayevent",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="57cfd735e5eb3e2d548885b7dc3741edd319652c",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_6d0ad",
                    table="stores_specialdayevent",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="specialday",
            constraint=models.UniqueConstraint(
                fields=("merchant", "location", "on"), name="specialday_one_per_date", nulls_distinct=False
            ),
        ),
        migrations.AddConstraint(
            model_name="specialday",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("closes_at", None), ("opens_at", None)),
                    models.Q(
                        ("closes_at__isnull", False),
                        ("opens_at__isnull", False),
                        models.Q(("opens_at", models.F("closes_at")), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="specialday_whole_hours",
                violation_error_message="Give both hours, or neither for a closed day.",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="specialday",
            trigger=pgtrigger.compiler.Trigger(
                name="created_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "stores_specialdayevent" ("closes_at", "created_at", "id", "location_id", "merchant_id", "name", "on", "opens_at", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "updated_at") VALUES (NEW."closes_at", NEW."created_at", NEW."id", NEW."location_id", NEW."merchant_id", NEW."name", NEW."on", NEW."opens_at", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'created\', NEW."id", NEW."updated_at"); RETURN NULL;',
                    hash="c7f31a2b1e71d091f73883f8ee953d205a5194bb",
                    operation="INSERT",
                    pgid="pgtrigger_created_insert_17cee",
                    table="stores_specialday",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="specialday",
            trigger=pgtrigger.compiler.Trigger(
                name="changed_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func='INSERT INTO "stores_specialdayevent" ("closes_at", "created_at", "id", "location_id", "merchant_id", "name", "on", "opens_at", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "updated_at") VALUES (NEW."closes_at", NEW."created_at", NEW."id", NEW."location_id", NEW."merchant_id", NEW."name", NEW."on", NEW."opens_at", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'changed\', NEW."id", NEW."updated_at"); RETURN NULL;',
                    hash="e70f36ca2ca43544d6aed3204e25775fad83b0f4",
                    operation="UPDATE",
                    pgid="pgtrigger_changed_update_b7d64",
                    table="stores_specialday",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="specialday",
            trigger=pgtrigger.compiler.Trigger(
                name="deleted_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "stores_specialdayevent" ("closes_at", "created_at", "id", "location_id", "merchant_id", "name", "on", "opens_at", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "updated_at") VALUES (OLD."closes_at", OLD."created_at", OLD."id", OLD."location_id", OLD."merchant_id", OLD."name", OLD."on", OLD."opens_at", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'deleted\', OLD."id", OLD."updated_at"); RETURN NULL;',
                    hash="1ef4992acc94f57c5a3ed28f890393fd887486cf",
                    operation="DELETE",
                    pgid="pgtrigger_deleted_delete_b99ec",
                    table="stores_specialday",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddIndex(
            model_name="openingperiodevent",
            index=models.Index(fields=["merchant", "-pgh_created_at", "-pgh_id"], name="audit_stores_openingperiod"),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="openingperiodevent",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="ec4039bef9d3d4096ffc3bd7655759455e798499",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_b7d02",
                    table="stores_openingperiodevent",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="openingperiod",
            constraint=models.UniqueConstraint(
                fields=("merchant", "location", "weekday", "opens_at"), name="openingperiod_one_per_begin"
            ),
        ),
        migrations.AddConstraint(
            model_name="openingperiod",
            constraint=models.CheckConstraint(
                condition=models.Q(("weekday__in", [0, 1, 2, 3, 4, 5, 6])), name="openingperiod_known_weekday"
            ),
        ),
        migrations.AddConstraint(
            model_name="openingperiod",
            constraint=models.CheckConstraint(
                condition=models.Q(("opens_at", models.F("closes_at")), _negated=True), name="openingperiod_not_empty"
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="openingperiod",
            trigger=pgtrigger.compiler.Trigger(
                name="created_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "stores_openingperiodevent" ("closes_at", "created_at", "id", "location_id", "merchant_id", "opens_at", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "updated_at", "weekday") VALUES (NEW."closes_at", NEW."created_at", NEW."id", NEW."location_id", NEW."merchant_id", NEW."opens_at", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'created\', NEW."id", NEW."updated_at", NEW."weekday"); RETURN NULL;',
                    hash="1a8e8896351c59a94ba08579edd55230d8fa5a65",
                    operation="INSERT",
                    pgid="pgtrigger_created_insert_25e55",
                    table="stores_openingperiod",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="openingperiod",
            trigger=pgtrigger.compiler.Trigger(
                name="changed_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func='INSERT INTO "stores_openingperiodevent" ("closes_at", "created_at", "id", "location_id", "merchant_id", "opens_at", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "updated_at", "weekday") VALUES (NEW."closes_at", NEW."created_at", NEW."id", NEW."location_id", NEW."merchant_id", NEW."opens_at", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'changed\', NEW."id", NEW."updated_at", NEW."weekday"); RETURN NULL;',
                    hash="0a5541aa98fc72666a13aa48eb57128b4a2eee12",
                    operation="UPDATE",
                    pgid="pgtrigger_changed_update_d668f",
                    table="stores_openingperiod",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="openingperiod",
            trigger=pgtrigger.compiler.Trigger(
                name="deleted_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "stores_openingperiodevent" ("closes_at", "created_at", "id", "location_id", "merchant_id", "opens_at", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "updated_at", "weekday") VALUES (OLD."closes_at", OLD."created_at", OLD."id", OLD."location_id", OLD."merchant_id", OLD."opens_at", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'deleted\', OLD."id", OLD."updated_at", OLD."weekday"); RETURN NULL;',
                    hash="6668f7c82692b16d23c8b9ae44f074874276105b",
                    operation="DELETE",
                    pgid="pgtrigger_deleted_delete_da714",
                    table="stores_openingperiod",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddIndex(
            model_name="channellocationevent",
            index=models.Index(fields=["merchant", "-pgh_created_at", "-pgh_id"], name="audit_stores_channellocation"),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="channellocationevent",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="2ebf016cf2308105f309ac29aa4ed63108a519d7",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_b7092",
                    table="stores_channellocationevent",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="channellocation",
            constraint=models.UniqueConstraint(fields=("merchant", "channel", "location"), name="channellocation_once"),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="channellocation",
            trigger=pgtrigger.compiler.Trigger(
                name="created_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "stores_channellocationevent" ("channel_id", "created_at", "id", "location_id", "merchant_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "priority", "updated_at") VALUES (NEW."channel_id", NEW."created_at", NEW."id", NEW."location_id", NEW."merchant_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'created\', NEW."id", NEW."priority", NEW."updated_at"); RETURN NULL;',
                    hash="3a9a1313f0a208d64f754d6adb88d2dbaaf5845f",
                    operation="INSERT",
                    pgid="pgtrigger_created_insert_0309b",
                    table="stores_channellocation",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="channellocation",
            trigger=pgtrigger.compiler.Trigger(
                name="changed_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func='INSERT INTO "stores_channellocationevent" ("channel_id", "created_at", "id", "location_id", "merchant_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "priority", "updated_at") VALUES (NEW."channel_id", NEW."created_at", NEW."id", NEW."location_id", NEW."merchant_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'changed\', NEW."id", NEW."priority", NEW."updated_at"); RETURN NULL;',
                    hash="934c81d1782b03774bb9af09e16af04f456be4fd",
                    operation="UPDATE",
                    pgid="pgtrigger_changed_update_a56d6",
                    table="stores_channellocation",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="channellocation",
            trigger=pgtrigger.compiler.Trigger(
                name="deleted_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "stores_channellocationevent" ("channel_id", "created_at", "id", "location_id", "merchant_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "priority", "updated_at") VALUES (OLD."channel_id", OLD."created_at", OLD."id", OLD."location_id", OLD."merchant_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'deleted\', OLD."id", OLD."priority", OLD."updated_at"); RETURN NULL;',
                    hash="09a9c075a9e11db321e355c936697ddcd2c57022",
                    operation="DELETE",
                    pgid="pgtrigger_deleted_delete_8b761",
                    table="stores_channellocation",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddIndex(
            model_name="stocklocationevent",
            index=models.Index(fields=["merchant", "-pgh_created_at", "-pgh_id"], name="audit_stores_stocklocation"),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="stocklocationevent",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="796362b566675c4dda31f1b8831ca5e3e1df9b21",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_12723",
                    table="stores_stocklocationevent",
                    when="BEFORE",
                ),
            ),
        ),
        EnableRowLevelSecurity("OpeningPeriod"),
        EnableRowLevelSecurity("SalesChannel"),
        EnableRowLevelSecurity("ChannelLocation"),
        EnableRowLevelSecurity("SalesChannelEvent"),
        MakeAppendOnly("SalesChannelEvent"),
        EnableRowLevelSecurity("SpecialDay"),
        EnableRowLevelSecurity("StockLocation"),
        EnableRowLevelSecurity("SpecialDayEvent"),
        MakeAppendOnly("SpecialDayEvent"),
        EnableRowLevelSecurity("OpeningPeriodEvent"),
        MakeAppendOnly("OpeningPeriodEvent"),
        EnableRowLevelSecurity("ChannelLocationEvent"),
        MakeAppendOnly("ChannelLocationEvent"),
        EnableRowLevelSecurity("StockLocationEvent"),
        MakeAppendOnly("StockLocationEvent"),
        EnableRowLevelSecurity("NumberSeries"),
    ]
