"""An event that comes again is counted; those that are there came once, as far as anybody knows."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ingest", "0002_events_of_an_account")]

    operations = [
        migrations.AddField("event", "times_received", models.PositiveIntegerField(db_default=1, default=1)),
        migrations.AddField("event", "repeated_at", models.DateTimeField(null=True)),
    ]
