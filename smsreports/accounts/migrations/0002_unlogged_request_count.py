"""Counting requests writes nothing to the log: losing the counts in a crash costs a caller nothing."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE accounts_requestcount SET UNLOGGED", "ALTER TABLE accounts_requestcount SET LOGGED"
        ),
    ]
