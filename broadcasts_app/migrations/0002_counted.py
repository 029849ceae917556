"""Broadcasts and sends are counted from here on, whoever writes them."""

from django.db import migrations

from broadcasts_app.counters import COUNTED


class Migration(migrations.Migration):
    dependencies = [("broadcasts_app", "0001_initial"), ("counters", "0001_initial")]

    operations = [migrations.RunSQL(counted.create_triggers(), counted.drop_triggers()) for counted in COUNTED]
