"""Waiting sends move to the app of broadcasts. The table is renamed with its rows."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("ingest", "0005_demo_load")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.AlterModelTable("WaitingSend", "broadcasts_app_waitingsend")],
            state_operations=[migrations.DeleteModel("WaitingSend")],
        ),
    ]
