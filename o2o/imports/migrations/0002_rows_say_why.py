import django.db.models.deletion
from django.db import migrations, models

import o2o.tenancy.scope


class Migration(migrations.Migration):
    dependencies = [
        ("imports", "0001_initial"),
        ("tenancy", "0001_initial"),
    ]

    operations = [
        migrations.AddConstraint(
            model_name="importrow",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("action", "reject"), ("outcome", "rejected"), _connector="OR", _negated=True),
                    models.Q(("reason", ""), _negated=True),
                    _connector="OR",
                ),
                name="import_row_says_why",
            ),
        ),
        migrations.AlterField(
            model_name="importrow",
            name="merchant",
            field=models.ForeignKey(
                db_index=False,
                default=o2o.tenancy.scope.current_merchant_id,
                editable=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="tenancy.merchant",
                verbose_name="merchant",
            ),
        ),
        # A row is written three times: room on its page keeps the next version off the indexes.
        migrations.RunSQL(
            "ALTER TABLE imports_importrow SET (fillfactor = 50)", "ALTER TABLE imports_importrow RESET (fillfactor)"
        ),
    ]
