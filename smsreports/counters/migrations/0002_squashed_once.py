"""Squashing adds to the one squashed row of a key."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_unlogged_request_count"),
        ("counters", "0001_initial"),
    ]

    operations = [
        migrations.AddConstraint(
            model_name="counter",
            constraint=models.UniqueConstraint(
                models.F("account"),
                models.F("source"),
                models.F("grain"),
                models.F("day"),
                models.F("status_group"),
                models.F("sender_id"),
                models.F("country"),
                models.F("broadcast_id"),
                condition=models.Q(("squashed", True)),
                name="counter_squashed_once",
            ),
        ),
    ]
