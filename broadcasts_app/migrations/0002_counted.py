"""Broadcasts and sends are counted from here on, whoever writes them."""

from django.db import migrations

from broadcasts_app.counters import COUNTER_SPECS


class Migration(migrations.Migration):
    dependencies = [("broadcasts_app", "0001_initial"), ("counters", "0001_initial")]

    operations = [
        migrations.RunSQL(counted.create_triggers_sql(), counted.drop_triggers_sql()) for counted in COUNTER_SPECS
    ]
