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
        ("catalog", "0001_initial"),
        ("stores", "0001_initial"),
        ("tenancy", "0005_audit_newest_first"),
    ]

    operations = [
        migrations.CreateModel(
            name="AcceptancePolicy",
            fields=[
                (
                    "id",
                    models.UUIDField(default=o2o.kit.models.uuid7, editable=False, primary_key=True, serialize=False),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "remind_minutes",
                    models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="minutes until the reminder"),
                ),
                (
                    "escalate_minutes",
                    models.PositiveSmallIntegerField(
                        blank=True, null=True, verbose_name="minutes until the backup store"
                    ),
                ),
                ("accept_minutes", models.PositiveSmallIntegerField(verbose_name="minutes to accept")),
                ("accepts_automatically", models.BooleanField(default=False, verbose_name="accepts by itself")),
                (
                    "backup_location",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="stores.stocklocation",
                        verbose_name="backup store",
                    ),
                ),
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
                    "location",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="stores.stocklocation",
                        verbose_name="store",
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
                "verbose_name": "time to accept",
                "verbose_name_plural": "times to accept",
                "ordering": ("pk",),
            },
        ),
        migrations.CreateModel(
            name="AcceptancePolicyEvent",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("pgh_context", pghistory.utils.JSONField(null=True)),
                ("id", models.UUIDField(default=o2o.kit.models.uuid7, editable=False, serialize=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "remind_minutes",
                    models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="minutes until the reminder"),
                ),
                (
                    "escalate_minutes",
                    models.PositiveSmallIntegerField(
                        blank=True, null=True, verbose_name="minutes until the backup store"
                    ),
                ),
                ("accept_minutes", models.PositiveSmallIntegerField(verbose_name="minutes to accept")),
                ("accepts_automatically", models.BooleanField(default=False, verbose_name="accepts by itself")),
                (
                    "backup_location",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="stores.stocklocation",
                        verbose_name="backup store",
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
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="stores.stocklocation",
                        verbose_name="store",
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
                        to="orders.acceptancepolicy",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Order",
            fields=[
                (
                    "id",
                    models.UUIDField(default=o2o.kit.models.uuid7, editable=False, primary_key=True, serialize=False),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("number", models.CharField(max_length=60, verbose_name="number")),
                ("connection_id", models.UUIDField(blank=True, editable=False, null=True, verbose_name="connection")),
                ("external_id", models.CharField(blank=True, max_length=100, verbose_name="id in the channel")),
                ("external_version", models.BigIntegerField(default=0, editable=False)),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "open"), ("completed", "completed"), ("cancelled", "cancelled")],
                        default="open",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                (
                    "payment_state",
                    models.CharField(
                        choices=[
                            ("unpaid", "unpaid"),
                            ("partially_paid", "partly paid"),
                            ("paid", "paid"),
                            ("partially_refunded", "partly refunded"),
                            ("refunded", "refunded"),
                        ],
                        default="unpaid",
                        max_length=20,
                        verbose_name="payment",
                    ),
                ),
                (
                    "method",
                    models.CharField(
                        choices=[
                            ("pickup", "pickup"),
                            ("ship", "shipping"),
                            ("deliver", "delivery"),
                            ("in_store", "in store"),
                        ],
                        max_length=10,
                        verbose_name="method",
                    ),
                ),
                ("member_id", models.UUIDField(blank=True, null=True, verbose_name="member")),
                (
                    "customer_reference",
                    models.CharField(blank=True, max_length=100, verbose_name="customer in the channel"),
                ),
                ("currency", models.CharField(max_length=3, verbose_name="currency")),
                ("subtotal", models.DecimalField(decimal_places=3, max_digits=16, verbose_name="list total")),
                (
                    "discount_total",
                    models.DecimalField(decimal_places=3, default=0, max_digits=16, verbose_name="discounts"),
                ),
                (
                    "shipping_total",
                    models.DecimalField(decimal_places=3, default=0, max_digits=16, verbose_name="shipping"),
                ),
                (
                    "tax_total",
                    models.DecimalField(decimal_places=3, default=0, max_digits=16, verbose_name="tax on top"),
                ),
                ("total", models.DecimalField(decimal_places=3, max_digits=16, verbose_name="total")),
                ("paid_total", models.DecimalField(decimal_places=3, default=0, max_digits=16, verbose_name="paid")),
                (
                    "cancelled_total",
                    models.DecimalField(decimal_places=3, default=0, max_digits=16, verbose_name="cancelled"),
                ),
                (
                    "refunded_total",
                    models.DecimalField(decimal_places=3, default=0, max_digits=16, verbose_name="refunded"),
                ),
                ("recipient", models.TextField(blank=True, editable=False, verbose_name="recipient")),
                ("latitude", models.FloatField(blank=True, null=True, verbose_name="latitude")),
                ("longitude", models.FloatField(blank=True, null=True, verbose_name="longitude")),
                ("note", models.TextField(blank=True, verbose_name="note")),
                ("placed_at", models.DateTimeField(verbose_name="placed at")),
                ("promised_at", models.DateTimeField(blank=True, null=True, verbose_name="promised for")),
                ("completed_at", models.DateTimeField(blank=True, null=True, verbose_name="completed at")),
                ("cancelled_at", models.DateTimeField(blank=True, null=True, verbose_name="cancelled at")),
                (
                    "is_historical",
                    models.BooleanField(
                        default=False,
                        help_text="It was taken over from another system and moved no stock here.",
                        verbose_name="historical",
                    ),
                ),
                (
                    "channel",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="orders",
                        to="stores.saleschannel",
                        verbose_name="channel",
                    ),
                ),
                (
                    "location",
                    models.ForeignKey(
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
                "verbose_name": "order",
                "verbose_name_plural": "orders",
                "ordering": ("-placed_at", "-pk"),
            },
        ),
        migrations.CreateModel(
            name="FulfillmentOrder",
            fields=[
                (
                    "id",
                    models.UUIDField(default=o2o.kit.models.uuid7, editable=False, primary_key=True, serialize=False),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "method",
                    models.CharField(
                        choices=[
                            ("pickup", "pickup"),
                            ("ship", "shipping"),
                            ("deliver", "delivery"),
                            ("in_store", "in store"),
                        ],
                        max_length=10,
                        verbose_name="method",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "open"),
                            ("accepted", "accepted"),
                            ("ready", "ready"),
                            ("handed_over", "handed over"),
                            ("shipped", "shipped"),
                            ("closed", "closed"),
                            ("rejected", "rejected"),
                            ("cancelled", "cancelled"),
                        ],
                        default="open",
                        max_length=12,
                        verbose_name="state",
                    ),
                ),
                (
                    "queue",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("no_stock", "no stock"),
                            ("no_location_serves", "no location serves the channel"),
                            ("all_excluded", "every location has refused"),
                            ("too_far", "too far away"),
                            ("closed", "closed"),
                            ("capacity", "no capacity left"),
                            ("unknown_item", "unknown item"),
                        ],
                        max_length=20,
                        verbose_name="waits because",
                    ),
                ),
                ("attempt", models.PositiveSmallIntegerField(default=1, verbose_name="attempt")),
                ("accept_by", models.DateTimeField(blank=True, null=True, verbose_name="accept by")),
                ("remind_at", models.DateTimeField(blank=True, null=True, verbose_name="remind at")),
                ("escalate_at", models.DateTimeField(blank=True, null=True, verbose_name="pass to the backup at")),
                ("accepted_at", models.DateTimeField(blank=True, null=True, verbose_name="accepted at")),
                ("ready_at", models.DateTimeField(blank=True, null=True, verbose_name="ready at")),
                ("pickup_by", models.DateTimeField(blank=True, null=True, verbose_name="pick up by")),
                (
                    "pickup_remind_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="remind of the pickup at"),
                ),
                ("is_pickup_extended", models.BooleanField(default=False, verbose_name="pickup extended")),
                ("handed_over_at", models.DateTimeField(blank=True, null=True, verbose_name="handed over at")),
                ("ended_at", models.DateTimeField(blank=True, null=True, verbose_name="ended at")),
                (
                    "rejection_reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("not_found", "cannot find it"),
                            ("damaged", "damaged"),
                            ("sold_out", "sold out"),
                            ("too_busy", "too busy"),
                            ("closed", "closed"),
                            ("expired", "nobody answered in time"),
                            ("other", "other"),
                        ],
                        max_length=12,
                        verbose_name="reason of the rejection",
                    ),
                ),
                ("carrier", models.CharField(blank=True, max_length=60, verbose_name="carrier")),
                ("tracking_number", models.CharField(blank=True, max_length=100, verbose_name="tracking number")),
                (
                    "location",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="fulfillments",
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
                    "order",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="fulfillments",
                        to="orders.order",
                        verbose_name="order",
                    ),
                ),
            ],
            options={
                "verbose_name": "fulfilment",
                "verbose_name_plural": "fulfilments",
                "ordering": ("-pk",),
            },
        ),
        migrations.CreateModel(
            name="OrderLine",
            fields=[
                (
                    "id",
                    models.UUIDField(default=o2o.kit.models.uuid7, editable=False, primary_key=True, serialize=False),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("position", models.PositiveSmallIntegerField(verbose_name="position")),
                ("external_id", models.CharField(blank=True, max_length=100, verbose_name="id in the channel")),
                ("sku", models.CharField(max_length=60, verbose_name="SKU")),
                ("name", models.CharField(blank=True, max_length=300, verbose_name="name")),
                ("quantity", models.PositiveIntegerField(verbose_name="units")),
                ("unit_price", models.DecimalField(decimal_places=6, max_digits=18, verbose_name="list price")),
                ("subtotal", models.DecimalField(decimal_places=3, max_digits=16, verbose_name="list total")),
                ("discount", models.DecimalField(decimal_places=3, default=0, max_digits=16, verbose_name="discount")),
                ("total", models.DecimalField(decimal_places=3, max_digits=16, verbose_name="total")),
                ("cancelled", models.PositiveIntegerField(default=0, verbose_name="cancelled")),
                (
                    "cancelled_in_channel",
                    models.PositiveIntegerField(default=0, verbose_name="cancelled in the channel"),
                ),
                ("fulfilled", models.PositiveIntegerField(default=0, verbose_name="fulfilled")),
                ("returned", models.PositiveIntegerField(default=0, verbose_name="returned")),
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
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="lines",
                        to="orders.order",
                        verbose_name="order",
                    ),
                ),
                (
                    "variant",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.variant",
                        verbose_name="variant",
                    ),
                ),
            ],
            options={
                "verbose_name": "line of an order",
                "verbose_name_plural": "lines of orders",
                "ordering": ("order", "position"),
            },
        ),
        migrations.CreateModel(
            name="LineAdjustment",
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
                            ("promotion", "promotion"),
                            ("voucher", "coupon"),
                            ("points", "points"),
                            ("manual", "by hand"),
                        ],
                        max_length=12,
                        verbose_name="kind",
                    ),
                ),
                ("reference", models.CharField(blank=True, max_length=100, verbose_name="offer, coupon or programme")),
                ("amount", models.DecimalField(decimal_places=3, max_digits=16, verbose_name="amount")),
                ("points", models.PositiveIntegerField(default=0, verbose_name="points")),
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
                    "line",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="adjustments",
                        to="orders.orderline",
                        verbose_name="line",
                    ),
                ),
            ],
            options={
                "verbose_name": "discount of a line",
                "verbose_name_plural": "discounts of lines",
                "ordering": ("pk",),
            },
        ),
        migrations.CreateModel(
            name="FulfillmentLine",
            fields=[
                (
                    "id",
                    models.UUIDField(default=o2o.kit.models.uuid7, editable=False, primary_key=True, serialize=False),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("quantity", models.PositiveIntegerField(verbose_name="units")),
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
                    "fulfillment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="lines",
                        to="orders.fulfillmentorder",
                        verbose_name="fulfilment",
                    ),
                ),
                (
                    "order_line",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="fulfillment_lines",
                        to="orders.orderline",
                        verbose_name="line",
                    ),
                ),
            ],
            options={
                "verbose_name": "line of a fulfilment",
                "verbose_name_plural": "lines of fulfilments",
                "ordering": ("pk",),
            },
        ),
        migrations.CreateModel(
            name="PickupCode",
            fields=[
                (
                    "id",
                    models.UUIDField(default=o2o.kit.models.uuid7, editable=False, primary_key=True, serialize=False),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("code_hash", models.CharField(editable=False, max_length=64)),
                ("tries", models.PositiveSmallIntegerField(default=0, verbose_name="wrong tries")),
                ("used_at", models.DateTimeField(blank=True, null=True, verbose_name="used at")),
                (
                    "fulfillment",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="pickup_code",
                        to="orders.fulfillmentorder",
                        verbose_name="fulfilment",
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
                "verbose_name": "pickup code",
                "verbose_name_plural": "pickup codes",
            },
        ),
        migrations.CreateModel(
            name="Return",
            fields=[
                (
                    "id",
                    models.UUIDField(default=o2o.kit.models.uuid7, editable=False, primary_key=True, serialize=False),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("number", models.CharField(max_length=60, verbose_name="number")),
                ("external_id", models.CharField(blank=True, max_length=100, verbose_name="id in the channel")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("requested", "requested"),
                            ("approved", "approved"),
                            ("received", "received"),
                            ("refunded", "refunded"),
                            ("refused", "refused"),
                        ],
                        default="requested",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=200, verbose_name="reason")),
                ("refund_total", models.DecimalField(decimal_places=3, max_digits=16, verbose_name="refund")),
                ("requested_at", models.DateTimeField(verbose_name="requested at")),
                ("approved_at", models.DateTimeField(blank=True, null=True, verbose_name="approved at")),
                ("received_at", models.DateTimeField(blank=True, null=True, verbose_name="received at")),
                ("refunded_at", models.DateTimeField(blank=True, null=True, verbose_name="refunded at")),
                ("refused_at", models.DateTimeField(blank=True, null=True, verbose_name="refused at")),
                (
                    "location",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="returns",
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
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="returns",
                        to="orders.order",
                        verbose_name="order",
                    ),
                ),
            ],
            options={
                "verbose_name": "return",
                "verbose_name_plural": "returns",
                "ordering": ("-pk",),
            },
        ),
        migrations.CreateModel(
            name="Payment",
            fields=[
                (
                    "id",
                    models.UUIDField(default=o2o.kit.models.uuid7, editable=False, primary_key=True, serialize=False),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[("payment", "payment"), ("refund", "refund")], max_length=10, verbose_name="kind"
                    ),
                ),
                (
                    "method",
                    models.CharField(
                        help_text="Such as wechat_pay, alipay, cash, card.", max_length=40, verbose_name="paid by"
                    ),
                ),
                ("amount", models.DecimalField(decimal_places=3, max_digits=16, verbose_name="amount")),
                ("external_id", models.CharField(blank=True, max_length=100, verbose_name="id of the payment")),
                ("note", models.CharField(blank=True, max_length=200, verbose_name="note")),
                ("paid_at", models.DateTimeField(verbose_name="paid at")),
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
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="payments",
                        to="orders.order",
                        verbose_name="order",
                    ),
                ),
                (
                    "return_order",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="refunds",
                        to="orders.return",
                        verbose_name="return",
                    ),
                ),
            ],
            options={
                "verbose_name": "payment",
                "verbose_name_plural": "payments",
                "ordering": ("pk",),
            },
        ),
        migrations.CreateModel(
            name="ReturnLine",
            fields=[
                (
                    "id",
                    models.UUIDField(default=o2o.kit.models.uuid7, editable=False, primary_key=True, serialize=False),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("quantity", models.PositiveIntegerField(verbose_name="units")),
                ("received", models.PositiveIntegerField(blank=True, null=True, verbose_name="received")),
                (
                    "disposition",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("restock", "back on the shelf"),
                            ("damaged", "damaged"),
                            ("write_off", "written off"),
                        ],
                        max_length=10,
                        verbose_name="disposition",
                    ),
                ),
                ("refund", models.DecimalField(decimal_places=3, max_digits=16, verbose_name="refund")),
                ("points", models.PositiveIntegerField(default=0, verbose_name="points given back")),
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
                    "order_line",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="return_lines",
                        to="orders.orderline",
                        verbose_name="line",
                    ),
                ),
                (
                    "return_order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="lines",
                        to="orders.return",
                        verbose_name="return",
                    ),
                ),
            ],
            options={
                "verbose_name": "line of a return",
                "verbose_name_plural": "lines of returns",
                "ordering": ("pk",),
            },
        ),
        migrations.CreateModel(
            name="RoutingDecision",
            fields=[
                (
                    "id",
                    models.UUIDField(default=o2o.kit.models.uuid7, editable=False, primary_key=True, serialize=False),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("rule_name", models.CharField(blank=True, max_length=100, verbose_name="rule")),
                ("cause", models.CharField(blank=True, max_length=40, verbose_name="cause")),
                ("decision", models.JSONField(verbose_name="decision")),
                ("decided_at", models.DateTimeField(verbose_name="decided at")),
                (
                    "fulfillment",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="routing",
                        to="orders.fulfillmentorder",
                        verbose_name="fulfilment that was routed anew",
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
                    "order",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="routing",
                        to="orders.order",
                        verbose_name="order",
                    ),
                ),
            ],
            options={
                "verbose_name": "routing decision",
                "verbose_name_plural": "routing decisions",
                "ordering": ("-pk",),
            },
        ),
        migrations.CreateModel(
            name="RoutingRule",
            fields=[
                (
                    "id",
                    models.UUIDField(default=o2o.kit.models.uuid7, editable=False, primary_key=True, serialize=False),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("name", models.CharField(max_length=100, verbose_name="name")),
                ("position", models.PositiveSmallIntegerField(default=100, verbose_name="position")),
                ("definition", models.JSONField(default=dict, verbose_name="definition")),
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
                "verbose_name": "routing rule",
                "verbose_name_plural": "routing rules",
                "ordering": ("position", "pk"),
            },
        ),
        migrations.CreateModel(
            name="RoutingRuleEvent",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("pgh_context", pghistory.utils.JSONField(null=True)),
                ("id", models.UUIDField(default=o2o.kit.models.uuid7, editable=False, serialize=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("name", models.CharField(max_length=100, verbose_name="name")),
                ("position", models.PositiveSmallIntegerField(default=100, verbose_name="position")),
                ("definition", models.JSONField(default=dict, verbose_name="definition")),
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
                        to="orders.routingrule",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="TimelineEntry",
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
                            ("placed", "placed"),
                            ("updated", "changed by the channel"),
                            ("outdated", "outdated message left aside"),
                            ("paid", "payment"),
                            ("routed", "routed"),
                            ("unrouted", "waits for a location"),
                            ("reminded", "store reminded"),
                            ("escalated", "passed to the backup store"),
                            ("accepted", "accepted"),
                            ("rejected", "rejected"),
                            ("ready", "ready"),
                            ("handed_over", "handed over"),
                            ("shipped", "shipped"),
                            ("pickup_reminded", "customer reminded of the pickup"),
                            ("pickup_extended", "pickup extended"),
                            ("pickup_released", "pickup released"),
                            ("cancelled", "cancelled"),
                            ("return_requested", "return requested"),
                            ("return_approved", "return approved"),
                            ("return_refused", "return refused"),
                            ("return_received", "return received"),
                            ("refunded", "refunded"),
                            ("note", "note"),
                            ("completed", "completed"),
                        ],
                        max_length=20,
                        verbose_name="kind",
                    ),
                ),
                ("details", models.JSONField(default=dict, verbose_name="details")),
                ("actor_label", models.CharField(blank=True, max_length=200, verbose_name="by")),
                (
                    "origin",
                    models.CharField(
                        choices=[("console", "console"), ("api", "API"), ("background", "background")],
                        max_length=20,
                        verbose_name="from",
                    ),
                ),
                ("occurred_at", models.DateTimeField(verbose_name="occurred at")),
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
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="timeline",
                        to="orders.order",
                        verbose_name="order",
                    ),
                ),
            ],
            options={
                "verbose_name": "entry of the timeline",
                "verbose_name_plural": "timeline",
                "ordering": ("pk",),
            },
        ),
        migrations.AddConstraint(
            model_name="acceptancepolicy",
            constraint=models.UniqueConstraint(
                fields=("merchant", "channel", "location"), name="acceptance_one_per_place", nulls_distinct=False
            ),
        ),
        migrations.AddConstraint(
            model_name="acceptancepolicy",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("remind_minutes", None), ("remind_minutes__lt", models.F("accept_minutes")), _connector="OR"
                    ),
                    models.Q(
                        ("escalate_minutes", None),
                        ("escalate_minutes__lt", models.F("accept_minutes")),
                        _connector="OR",
                    ),
                ),
                name="acceptance_in_order",
                violation_error_message="Reminder and backup come before the time to accept is over.",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="acceptancepolicy",
            trigger=pgtrigger.compiler.Trigger(
                name="created_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "orders_acceptancepolicyevent" ("accept_minutes", "accepts_automatically", "backup_location_id", "channel_id", "created_at", "escalate_minutes", "id", "location_id", "merchant_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "remind_minutes", "updated_at") VALUES (NEW."accept_minutes", NEW."accepts_automatically", NEW."backup_location_id", NEW."channel_id", NEW."created_at", NEW."escalate_minutes", NEW."id", NEW."location_id", NEW."merchant_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'created\', NEW."id", NEW."remind_minutes", NEW."updated_at"); RETURN NULL;',
                    hash="77fa27468681290146a365a198f39c34b6954113",
                    operation="INSERT",
                    pgid="pgtrigger_created_insert_45810",
                    table="orders_acceptancepolicy",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="acceptancepolicy",
            trigger=pgtrigger.compiler.Trigger(
                name="changed_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func='INSERT INTO "orders_acceptancepolicyevent" ("accept_minutes", "accepts_automatically", "backup_location_id", "channel_id", "created_at", "escalate_minutes", "id", "location_id", "merchant_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "remind_minutes", "updated_at") VALUES (NEW."accept_minutes", NEW."accepts_automatically", NEW."backup_location_id", NEW."channel_id", NEW."created_at", NEW."escalate_minutes", NEW."id", NEW."location_id", NEW."merchant_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'changed\', NEW."id", NEW."remind_minutes", NEW."updated_at"); RETURN NULL;',
                    hash="0feb1ca84945c486f15df500610f27228fb18430",
                    operation="UPDATE",
                    pgid="pgtrigger_changed_update_0b253",
                    table="orders_acceptancepolicy",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="acceptancepolicy",
            trigger=pgtrigger.compiler.Trigger(
                name="deleted_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "orders_acceptancepolicyevent" ("accept_minutes", "accepts_automatically", "backup_location_id", "channel_id", "created_at", "escalate_minutes", "id", "location_id", "merchant_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "remind_minutes", "updated_at") VALUES (OLD."accept_minutes", OLD."accepts_automatically", OLD."backup_location_id", OLD."channel_id", OLD."created_at", OLD."escalate_minutes", OLD."id", OLD."location_id", OLD."merchant_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'deleted\', OLD."id", OLD."remind_minutes", OLD."updated_at"); RETURN NULL;',
                    hash="02a0597c1a595b9f682d174b8303978515f3c6b2",
                    operation="DELETE",
                    pgid="pgtrigger_deleted_delete_6a82e",
                    table="orders_acceptancepolicy",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddIndex(
            model_name="acceptancepolicyevent",
            index=models.Index(fields=["merchant", "-pgh_created_at", "-pgh_id"], name="audit_orders_acceptancepolicy"),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="acceptancepolicyevent",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="ffd0c0b1ddd6ab480fc3db15e8021cd55205a3e9",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_a8f33",
                    table="orders_acceptancepolicyevent",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(fields=["merchant", "-placed_at", "-id"], name="order_list"),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(fields=["merchant", "state", "-placed_at", "-id"], name="order_by_state"),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(fields=["channel", "-placed_at", "-id"], name="order_by_channel"),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(fields=["location", "-placed_at", "-id"], name="order_by_location"),
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
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                condition=models.Q(("external_id", ""), _negated=True),
                fields=["merchant", "external_id"],
                name="order_external",
            ),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                condition=models.Q(("member_id__isnull", False)),
                fields=["member_id", "-placed_at"],
                name="order_by_member",
            ),
        ),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.UniqueConstraint(fields=("merchant", "number"), name="order_one_per_number"),
        ),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.UniqueConstraint(
                condition=models.Q(("external_id", ""), _negated=True),
                fields=("merchant", "channel", "connection_id", "external_id"),
                name="order_one_per_external_id",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["open", "completed", "cancelled"])), name="order_known_state"
            ),
        ),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("payment_state__in", ["unpaid", "partially_paid", "paid", "partially_refunded", "refunded"])
                ),
                name="order_known_payment",
            ),
        ),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.CheckConstraint(
                condition=models.Q(("method__in", ["pickup", "ship", "deliver", "in_store"])), name="order_known_method"
            ),
        ),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "total",
                        django.db.models.expressions.CombinedExpression(
                            django.db.models.expressions.CombinedExpression(
                                django.db.models.expressions.CombinedExpression(
                                    models.F("subtotal"), "-", models.F("discount_total")
                                ),
                                "+",
                                models.F("shipping_total"),
                            ),
                            "+",
                            models.F("tax_total"),
                        ),
                    ),
                    ("total__gte", 0),
                ),
                name="order_total_is_the_sum",
            ),
        ),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.CheckConstraint(
                condition=models.Q(("refunded_total__gte", 0), ("refunded_total__lte", models.F("paid_total"))),
                name="order_refunds_within_paid",
            ),
        ),
        migrations.AddIndex(
            model_name="fulfillmentorder",
            index=models.Index(fields=["order", "id"], name="fulfillment_of_order"),
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
                condition=models.Q(("location", None), ("state", "open")),
                fields=["merchant", "queue", "id"],
                name="fulfillment_queue",
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
            model_name="fulfillmentorder",
            index=models.Index(
                condition=models.Q(("accept_by__isnull", False), ("state", "open")),
                fields=["accept_by"],
                name="fulfillment_accept_by",
            ),
        ),
        migrations.AddIndex(
            model_name="fulfillmentorder",
            index=models.Index(
                condition=models.Q(("remind_at__isnull", False), ("state", "open")),
                fields=["remind_at"],
                name="fulfillment_remind_at",
            ),
        ),
        migrations.AddIndex(
            model_name="fulfillmentorder",
            index=models.Index(
                condition=models.Q(("escalate_at__isnull", False), ("state", "open")),
                fields=["escalate_at"],
                name="fulfillment_escalate_at",
            ),
        ),
        migrations.AddIndex(
            model_name="fulfillmentorder",
            index=models.Index(
                condition=models.Q(("pickup_by__isnull", False), ("state", "ready")),
                fields=["pickup_by"],
                name="fulfillment_pickup_by",
            ),
        ),
        migrations.AddIndex(
            model_name="fulfillmentorder",
            index=models.Index(
                condition=models.Q(("pickup_remind_at__isnull", False), ("state", "ready")),
                fields=["pickup_remind_at"],
                name="fulfillment_pickup_remind",
            ),
        ),
        migrations.AddConstraint(
            model_name="fulfillmentorder",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "state__in",
                        ["open", "accepted", "ready", "handed_over", "shipped", "closed", "rejected", "cancelled"],
                    )
                ),
                name="fulfillment_known_state",
            ),
        ),
        migrations.AddConstraint(
            model_name="fulfillmentorder",
            constraint=models.CheckConstraint(
                condition=models.Q(("location__isnull", False), ("state__in", ("open", "cancelled")), _connector="OR"),
                name="fulfillment_done_somewhere",
            ),
        ),
        migrations.AddConstraint(
            model_name="fulfillmentorder",
            constraint=models.CheckConstraint(
                condition=models.Q(("queue", ""), ("location", None), _connector="OR"),
                name="fulfillment_waits_or_has_a_place",
            ),
        ),
        migrations.AddIndex(
            model_name="orderline",
            index=models.Index(fields=["variant", "-id"], name="orderline_variant"),
        ),
        migrations.AddConstraint(
            model_name="orderline",
            constraint=models.UniqueConstraint(
                fields=("merchant", "order", "position"), name="orderline_one_per_position"
            ),
        ),
        migrations.AddConstraint(
            model_name="orderline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("cancelled__gte", models.F("cancelled_in_channel")),
                    ("fulfilled__gte", models.F("returned")),
                    (
                        "quantity__gte",
                        django.db.models.expressions.CombinedExpression(
                            models.F("cancelled"), "+", models.F("fulfilled")
                        ),
                    ),
                ),
                name="orderline_units_add_up",
            ),
        ),
        migrations.AddConstraint(
            model_name="orderline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "total",
                        django.db.models.expressions.CombinedExpression(
                            models.F("subtotal"), "-", models.F("discount")
                        ),
                    ),
                    ("total__gte", 0),
                ),
                name="orderline_total_is_the_sum",
            ),
        ),
        migrations.AddConstraint(
            model_name="orderline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "subtotal__gte",
                        django.db.models.expressions.CombinedExpression(
                            django.db.models.expressions.CombinedExpression(
                                models.F("quantity"), "*", models.F("unit_price")
                            ),
                            "-",
                            models.Value(1),
                        ),
                    ),
                    (
                        "subtotal__lte",
                        django.db.models.expressions.CombinedExpression(
                            django.db.models.expressions.CombinedExpression(
                                models.F("quantity"), "*", models.F("unit_price")
                            ),
                            "+",
                            models.Value(1),
                        ),
                    ),
                ),
                name="orderline_subtotal_is_the_product",
            ),
        ),
        migrations.AddConstraint(
            model_name="lineadjustment",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["promotion", "voucher", "points", "manual"])),
                name="adjustment_known_kind",
            ),
        ),
        migrations.AddIndex(
            model_name="fulfillmentline",
            index=models.Index(fields=["order_line"], name="fulfillmentline_line"),
        ),
        migrations.AddConstraint(
            model_name="fulfillmentline",
            constraint=models.UniqueConstraint(
                fields=("merchant", "fulfillment", "order_line"), name="fulfillmentline_once"
            ),
        ),
        migrations.AddIndex(
            model_name="return",
            index=models.Index(fields=["merchant", "state", "-id"], name="return_list"),
        ),
        migrations.AddIndex(
            model_name="return",
            index=models.Index(fields=["order", "-id"], name="return_of_order"),
        ),
        migrations.AddIndex(
            model_name="return",
            index=models.Index(fields=["location", "-id"], name="return_of_location"),
        ),
        migrations.AddConstraint(
            model_name="return",
            constraint=models.UniqueConstraint(fields=("merchant", "number"), name="return_one_per_number"),
        ),
        migrations.AddConstraint(
            model_name="return",
            constraint=models.UniqueConstraint(
                condition=models.Q(("external_id", ""), _negated=True),
                fields=("merchant", "order", "external_id"),
                name="return_one_per_id",
            ),
        ),
        migrations.AddConstraint(
            model_name="return",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["requested", "approved", "received", "refunded", "refused"])),
                name="return_known_state",
            ),
        ),
        migrations.AddConstraint(
            model_name="return",
            constraint=models.CheckConstraint(
                condition=models.Q(("refund_total__gte", 0)), name="return_refund_not_negative"
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.CheckConstraint(condition=models.Q(("amount__gt", 0)), name="payment_of_something"),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["payment", "refund"])), name="payment_known_kind"
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.UniqueConstraint(
                condition=models.Q(("external_id", ""), _negated=True),
                fields=("merchant", "order", "kind", "external_id"),
                name="payment_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="returnline",
            constraint=models.UniqueConstraint(
                fields=("merchant", "return_order", "order_line"), name="returnline_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="returnline",
            constraint=models.CheckConstraint(condition=models.Q(("quantity__gt", 0)), name="returnline_of_something"),
        ),
        migrations.AddIndex(
            model_name="routingdecision",
            index=models.Index(fields=["order", "-id"], name="routing_of_order"),
        ),
        migrations.AddConstraint(
            model_name="routingrule",
            constraint=models.UniqueConstraint(fields=("merchant", "name"), name="routingrule_one_per_name"),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="routingrule",
            trigger=pgtrigger.compiler.Trigger(
                name="created_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "orders_routingruleevent" ("created_at", "definition", "id", "is_active", "merchant_id", "name", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "position", "updated_at") VALUES (NEW."created_at", NEW."definition", NEW."id", NEW."is_active", NEW."merchant_id", NEW."name", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'created\', NEW."id", NEW."position", NEW."updated_at"); RETURN NULL;',
                    hash="b13aba9ce9b4acdccce85dd999ea0288e8f0470a",
                    operation="INSERT",
                    pgid="pgtrigger_created_insert_ec646",
                    table="orders_routingrule",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="routingrule",
            trigger=pgtrigger.compiler.Trigger(
                name="changed_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func='INSERT INTO "orders_routingruleevent" ("created_at", "definition", "id", "is_active", "merchant_id", "name", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "position", "updated_at") VALUES (NEW."created_at", NEW."definition", NEW."id", NEW."is_active", NEW."merchant_id", NEW."name", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'changed\', NEW."id", NEW."position", NEW."updated_at"); RETURN NULL;',
                    hash="b1d1751dee1823643a9c936d43cb60ddb4fbb6a1",
                    operation="UPDATE",
                    pgid="pgtrigger_changed_update_f473d",
                    table="orders_routingrule",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="routingrule",
            trigger=pgtrigger.compiler.Trigger(
                name="deleted_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "orders_routingruleevent" ("created_at", "definition", "id", "is_active", "merchant_id", "name", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "position", "updated_at") VALUES (OLD."created_at", OLD."definition", OLD."id", OLD."is_active", OLD."merchant_id", OLD."name", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'deleted\', OLD."id", OLD."position", OLD."updated_at"); RETURN NULL;',
                    hash="24dfc68b3b6ec7316c631876ce03b05b61568ead",
                    operation="DELETE",
                    pgid="pgtrigger_deleted_delete_a0660",
                    table="orders_routingrule",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddIndex(
            model_name="routingruleevent",
            index=models.Index(fields=["merchant", "-pgh_created_at", "-pgh_id"], name="audit_orders_routingrule"),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="routingruleevent",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="76a6bbb9886deff843d32fcb145e55fa50c178b7",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_1c5f2",
                    table="orders_routingruleevent",
                    when="BEFORE",
                ),
            ),
        ),
        EnableRowLevelSecurity("AcceptancePolicy"),
        EnableRowLevelSecurity("AcceptancePolicyEvent"),
        MakeAppendOnly("AcceptancePolicyEvent"),
        EnableRowLevelSecurity("Order"),
        EnableRowLevelSecurity("FulfillmentOrder"),
        EnableRowLevelSecurity("OrderLine"),
        EnableRowLevelSecurity("LineAdjustment"),
        EnableRowLevelSecurity("FulfillmentLine"),
        EnableRowLevelSecurity("PickupCode"),
        EnableRowLevelSecurity("Return"),
        EnableRowLevelSecurity("Payment"),
        MakeAppendOnly("Payment"),
        EnableRowLevelSecurity("ReturnLine"),
        EnableRowLevelSecurity("RoutingDecision"),
        MakeAppendOnly("RoutingDecision"),
        EnableRowLevelSecurity("RoutingRule"),
        EnableRowLevelSecurity("RoutingRuleEvent"),
        MakeAppendOnly("RoutingRuleEvent"),
        EnableRowLevelSecurity("TimelineEntry"),
        MakeAppendOnly("TimelineEntry"),
    ]
