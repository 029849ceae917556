"""The database no longer checks the account of each event: the loader has looked it up."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_unlogged_request_count"), ("ingest", "0003_repetitions_counted")]

    operations = [
        migrations.AlterField(
            "event",
            "account",
            models.ForeignKey(
                "accounts.account",
                django.db.models.deletion.PROTECT,
                db_constraint=False,
                db_index=False,
                related_name="+",
            ),
        ),
    ]
