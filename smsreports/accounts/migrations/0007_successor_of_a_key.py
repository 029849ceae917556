"""A key may take over from another."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0006_signed_requests")]

    operations = [
        migrations.AddField(
            model_name="apikey",
            name="replaces",
            field=models.OneToOneField(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="successor",
                to="accounts.apikey",
            ),
        ),
    ]
