"""Waiting sends, whose table comes from the app of ingest, with its rows."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_unlogged_request_count"),
        ("broadcasts_app", "0005_search_path_of_functions"),
        ("ingest", "0006_waiting_sends_move"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.CreateModel(
                    "WaitingSend",
                    [
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("broadcast_key", models.CharField(max_length=128)),
                        ("message_id", models.CharField(max_length=128)),
                        ("staged", models.JSONField()),
                        ("digest", models.CharField(max_length=32)),
                        (
                            "account",
                            models.ForeignKey(
                                "accounts.account",
                                django.db.models.deletion.PROTECT,
                                db_index=False,
                                related_name="+",
                            ),
                        ),
                    ],
                    options={
                        "default_manager_name": "unscoped",
                        "constraints": [
                            models.UniqueConstraint(
                                models.F("account"),
                                models.F("broadcast_key"),
                                models.F("message_id"),
                                models.F("digest"),
                                name="waiting_send_once",
                            )
                        ],
                    },
                    managers=[("unscoped", models.Manager())],
                ),
            ],
        ),
    ]
