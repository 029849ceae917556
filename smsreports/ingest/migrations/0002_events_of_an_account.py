"""Events are asked for by account, as traffic is. Nothing changes in the database."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ingest", "0001_initial")]

    operations = [
        operation
        for name in ("event", "waitingsend")
        for operation in (
            migrations.AlterModelOptions(name, {"default_manager_name": "unscoped"}),
            migrations.AlterModelManagers(name, [("unscoped", models.Manager())]),
        )
    ]
