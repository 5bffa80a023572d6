from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("tenancy", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="merchant",
            name="requires_second_factor",
            field=models.BooleanField(
                default=False,
                help_text="Staff come in only after they have set up an authenticator app or a passkey.",
                verbose_name="second factor required",
            ),
        ),
    ]
