import datetime

import django.db.models.deletion
import django.db.models.expressions
import django.utils.timezone
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

import o2o.kit.models
import o2o.tenancy.scope
from o2o.tenancy.rls import EnableRowLevelSecurity


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0001_initial"),
        ("stores", "0001_initial"),
        ("tenancy", "0005_audit_newest_first"),
    ]

    operations = [
        migrations.CreateModel(
            name="ConsistencyMark",
            fields=[
                (
                    "id",
                    models.UUIDField(default=o2o.kit.models.uuid7, editable=False, primary_key=True, serialize=False),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("product_id", models.UUIDField(verbose_name="product")),
            ],
            options={
                "verbose_name": "mark of the monitor",
                "verbose_name_plural": "marks of the monitor",
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
            ],
            options={
                "verbose_name": "clock of prices",
                "verbose_name_plural": "clocks of prices",
            },
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="channellisting",
            name="created_insert",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="channellisting",
            name="changed_update",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="channellisting",
            name="deleted_delete",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="pricechangerequest",
            name="created_insert",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="pricechangerequest",
            name="changed_update",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="pricechangerequest",
            name="deleted_delete",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="pricecycle",
            name="created_insert",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="pricecycle",
            name="changed_update",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="pricecycle",
            name="deleted_delete",
        ),
        migrations.RemoveConstraint(
            model_name="pricechangerequest",
            name="pricerequest_known_state",
        ),
        migrations.RemoveIndex(
            model_name="priceinterval",
            name="priceinterval_winner",
        ),
        migrations.AddField(
            model_name="channellisting",
            name="awaits_price",
            field=models.BooleanField(default=False, editable=False, verbose_name="waits for its first price"),
        ),
        migrations.AddField(
            model_name="channellistingevent",
            name="awaits_price",
            field=models.BooleanField(default=False, editable=False, verbose_name="waits for its first price"),
        ),
        migrations.AddField(
            model_name="deviation",
            name="accepted_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="accepted at"),
        ),
        migrations.AddField(
            model_name="deviation",
            name="accepted_by",
            field=models.CharField(blank=True, max_length=200, verbose_name="accepted by"),
        ),
        migrations.AddField(
            model_name="deviation",
            name="accepted_until",
            field=models.DateTimeField(blank=True, null=True, verbose_name="accepted until"),
        ),
        migrations.AddField(
            model_name="deviation",
            name="fix",
            field=models.JSONField(blank=True, null=True, verbose_name="fix"),
        ),
        migrations.AddField(
            model_name="deviation",
            name="fixed_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="put right at"),
        ),
        migrations.AddField(
            model_name="deviation",
            name="fixed_by",
            field=models.CharField(blank=True, max_length=200, verbose_name="put right by"),
        ),
        migrations.AddField(
            model_name="deviation",
            name="note",
            field=models.CharField(blank=True, max_length=200, verbose_name="note"),
        ),
        migrations.AddField(
            model_name="deviation",
            name="undone_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="undone at"),
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
        migrations.AddField(
            model_name="pricechangerequest",
            name="expires_at",
            field=models.DateTimeField(default=django.utils.timezone.now, verbose_name="expires at"),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="pricechangerequest",
            name="makes_visible",
            field=models.BooleanField(default=False, editable=False),
        ),
        migrations.AddField(
            model_name="pricechangerequest",
            name="requester_id",
            field=models.UUIDField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="pricechangerequestevent",
            name="cycle",
            field=models.ForeignKey(
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
        migrations.AddField(
            model_name="pricechangerequestevent",
            name="expires_at",
            field=models.DateTimeField(default=django.utils.timezone.now, verbose_name="expires at"),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="pricechangerequestevent",
            name="makes_visible",
            field=models.BooleanField(default=False, editable=False),
        ),
        migrations.AddField(
            model_name="pricechangerequestevent",
            name="requester_id",
            field=models.UUIDField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="pricecycle",
            name="is_held",
            field=models.BooleanField(default=False, editable=False, verbose_name="waits for approval"),
        ),
        migrations.AddField(
            model_name="pricecycleevent",
            name="is_held",
            field=models.BooleanField(default=False, editable=False, verbose_name="waits for approval"),
        ),
        migrations.AddField(
            model_name="priceinterval",
            name="is_approved",
            field=models.BooleanField(default=False, verbose_name="approved by a colleague"),
        ),
        migrations.AddField(
            model_name="pricewithdrawal",
            name="withdrawn_at",
            field=models.DateTimeField(default=django.utils.timezone.now, verbose_name="withdrawn at"),
            preserve_default=False,
        ),
        migrations.AlterField(
            model_name="pricechangerequest",
            name="state",
            field=models.CharField(
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
        migrations.AlterField(
            model_name="pricechangerequestevent",
            name="state",
            field=models.CharField(
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
        migrations.AddIndex(
            model_name="deviation",
            index=models.Index(
                condition=models.Q(("accepted_until__isnull", False)),
                fields=["accepted_until"],
                name="deviation_accepted",
            ),
        ),
        migrations.AddIndex(
            model_name="pricechangerequest",
            index=models.Index(
                condition=models.Q(("state", "held")), fields=["expires_at"], name="pricerequest_expiring"
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
        migrations.AddConstraint(
            model_name="channellisting",
            constraint=models.CheckConstraint(
                condition=models.Q(("awaits_price", False), ("is_visible", False), _connector="OR"),
                name="listing_hidden_without_price",
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
            model_name="pricechangerequest",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["held", "approved", "refused", "expired", "superseded"])),
                name="pricerequest_known_state",
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
        migrations.AddField(
            model_name="consistencymark",
            name="merchant",
            field=models.ForeignKey(
                default=o2o.tenancy.scope.current_merchant_id,
                editable=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="tenancy.merchant",
                verbose_name="merchant",
            ),
        ),
        migrations.AddField(
            model_name="priceclock",
            name="merchant",
            field=models.ForeignKey(
                default=o2o.tenancy.scope.current_merchant_id,
                editable=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="tenancy.merchant",
                verbose_name="merchant",
            ),
        ),
        migrations.AddIndex(
            model_name="consistencymark",
            index=models.Index(fields=["merchant", "created_at"], name="consistencymark_oldest"),
        ),
        migrations.AddConstraint(
            model_name="priceclock",
            constraint=models.UniqueConstraint(fields=("merchant",), name="priceclock_one_per_merchant"),
        ),
        EnableRowLevelSecurity("ConsistencyMark"),
        EnableRowLevelSecurity("PriceClock"),
    ]
