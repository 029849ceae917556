"""A key may demand signed requests, each of which comes once."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_rate_limit")]

    operations = [
        migrations.AddField(
            model_name="apikey",
            name="requires_signature",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.CreateModel(
            name="UsedSignature",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "signed_at", "signature", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("signed_at", models.DateTimeField()),
                ("signature", models.BinaryField()),
            ],
        ),
    ]
