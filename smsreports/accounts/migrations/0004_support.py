"""The role of those who answer customers: they look at traffic, masked, and reveal one SMS for a reason."""

from typing import Any

from django.db import migrations

ROLE = "support"
# App, model, permission: what Django will make of each model anyway, once all migrations have run.
PERMISSIONS = (
    ("accounts", "account", "view"),
    ("accounts", "reveal", "add"),
    ("messages_app", "message", "view"),
    ("broadcasts_app", "broadcast", "view"),
    ("broadcasts_app", "broadcastsend", "view"),
    ("ingest", "event", "view"),
)
NAMES = {"broadcastsend": "broadcast send"}


def make_role(apps: Any, schema_editor: Any) -> None:
    """A role of this name that is already there keeps what it has."""
    role, _ = apps.get_model("auth", "Group").objects.get_or_create(name=ROLE)
    for app, model, action in PERMISSIONS:
        kind, _ = apps.get_model("contenttypes", "ContentType").objects.get_or_create(app_label=app, model=model)
        permission, _ = apps.get_model("auth", "Permission").objects.get_or_create(
            content_type=kind,
            codename=f"{action}_{model}",
            defaults={"name": f"Can {action} {NAMES.get(model, model)}"},
        )
        role.permissions.add(permission)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_reveal"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [
        # Going back leaves the role: people may be in it.
        migrations.RunPython(make_role, migrations.RunPython.noop),
    ]
