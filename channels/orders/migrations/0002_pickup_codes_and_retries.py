import django.db.models.deletion
from django.db import migrations, models

import o2o.kit.models
import o2o.tenancy.scope
from o2o.tenancy.rls import EnableRowLevelSecurity


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0001_initial"),
        ("stores", "0001_initial"),
        ("tenancy", "0005_audit_newest_first"),
    ]

    operations = [
        migrations.CreateModel(
            name="PickupCode",
            fields=[
                (
                    "id",
                    models.UUIDField(default=o2o.kit.models.uuid7, editable=False, primary_key=True, serialize=False),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("digest", models.CharField(editable=False, max_length=64)),
                ("serial", models.UUIDField(default=o2o.kit.models.uuid7, editable=False)),
                ("wrong_tries", models.PositiveSmallIntegerField(default=0, verbose_name="wrong tries")),
                ("issued_at", models.DateTimeField(verbose_name="issued at")),
                ("used_at", models.DateTimeField(blank=True, null=True, verbose_name="used at")),
            ],
            options={
                "verbose_name": "pickup code",
                "verbose_name_plural": "pickup codes",
                "ordering": ("-pk",),
            },
        ),
        migrations.AddField(
            model_name="fulfillmentorder",
            name="routed_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="routed at"),
        ),
        migrations.AddField(
            model_name="fulfillmentorder",
            name="tried_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="last tried at"),
        ),
        migrations.AddIndex(
            model_name="fulfillmentorder",
            index=models.Index(
                condition=models.Q(("location", None), ("state", "open")),
                fields=["merchant", "tried_at", "id"],
                name="fulfillment_retry",
            ),
        ),
        migrations.AddIndex(
            model_name="fulfillmentorder",
            index=models.Index(
                condition=models.Q(("routed_at__isnull", False)),
                fields=["location", "routed_at"],
                name="fulfillment_load",
            ),
        ),
        migrations.AddField(
            model_name="pickupcode",
            name="fulfillment",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="pickup_code",
                to="orders.fulfillmentorder",
                verbose_name="fulfilment",
            ),
        ),
        migrations.AddField(
            model_name="pickupcode",
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
        migrations.AddConstraint(
            model_name="pickupcode",
            constraint=models.CheckConstraint(
                condition=models.Q(("wrong_tries__lte", 5)), name="pickupcode_tries_limited"
            ),
        ),
        migrations.AddIndex(
            model_name="routingdecision",
            index=models.Index(fields=["merchant", "decided_at", "id"], name="routing_replay"),
        ),
        EnableRowLevelSecurity("PickupCode"),
    ]
