import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0001_initial"),
        ("orders", "0001_initial"),
        ("stores", "0001_initial"),
        ("tenancy", "0005_audit_newest_first"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="fulfillmentorder",
            name="fulfillment_of_location",
        ),
        migrations.AlterField(
            model_name="fulfillmentline",
            name="order_line",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="fulfillment_lines",
                to="orders.orderline",
                verbose_name="line",
            ),
        ),
        migrations.AlterField(
            model_name="fulfillmentorder",
            name="location",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="fulfillments",
                to="stores.stocklocation",
                verbose_name="location",
            ),
        ),
        migrations.AlterField(
            model_name="fulfillmentorder",
            name="order",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="fulfillments",
                to="orders.order",
                verbose_name="order",
            ),
        ),
        migrations.AlterField(
            model_name="order",
            name="channel",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="orders",
                to="stores.saleschannel",
                verbose_name="channel",
            ),
        ),
        migrations.AlterField(
            model_name="order",
            name="location",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                help_text="Where it was bought, or where it is to be picked up.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="stores.stocklocation",
                verbose_name="store",
            ),
        ),
        migrations.AlterField(
            model_name="orderline",
            name="variant",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="catalog.variant",
                verbose_name="variant",
            ),
        ),
        migrations.AlterField(
            model_name="routingdecision",
            name="order",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="routing",
                to="orders.order",
                verbose_name="order",
            ),
        ),
        migrations.AddIndex(
            model_name="fulfillmentorder",
            index=models.Index(
                fields=["location", "state", "-id"], include=("order", "merchant"), name="fulfillment_of_location"
            ),
        ),
        migrations.AddIndex(
            model_name="fulfillmentorder",
            index=models.Index(
                condition=models.Q(("queue", ""), _negated=True),
                fields=["merchant", "queue", "-id"],
                name="fulfillment_by_queue",
            ),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                condition=models.Q(("payment_state", "paid"), _negated=True),
                fields=["merchant", "payment_state", "-placed_at", "-id"],
                name="order_by_payment",
            ),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(fields=["merchant", "is_historical", "-placed_at", "-id"], name="order_by_origin"),
        ),
    ]
