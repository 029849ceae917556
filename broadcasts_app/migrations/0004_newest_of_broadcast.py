"""Lists a broadcast's sends, newest first; built while traffic goes on."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import F, Q

BY = ("account", "broadcast", F("sent_at").desc(), F("id").desc())


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("broadcasts_app", "0003_part_of_number")]

    operations = [
        AddIndexConcurrently("broadcastsend", models.Index(*BY, condition=which, name=name))
        for name, which in (
            ("send_newest_of_broadcast", None),
            ("send_clicked_of_broadcast", Q(clicked_at__isnull=False)),
            ("send_acted_of_broadcast", Q(action_at__isnull=False)),
        )
    ]
