"""Sums are read from indexes alone; built while traffic goes on."""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("accounts", "0002_unlogged_request_count"),
        ("counters", "0002_squashed_once"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="counter",
            index=models.Index(
                condition=models.Q(("grain", 0)),
                fields=["account", "day", "source"],
                include=("status_group", "sms", "requests", "segments", "cost", "clicks", "unique_clicks", "actions"),
                name="counter_of_days",
            ),
        ),
        AddIndexConcurrently(
            model_name="counter",
            index=models.Index(
                condition=models.Q(("grain", 1)),
                fields=["account", "day", "source"],
                include=(
                    "status_group",
                    "sender_id",
                    "country",
                    "sms",
                    "requests",
                    "segments",
                    "cost",
                    "clicks",
                    "unique_clicks",
                    "actions",
                ),
                name="counter_of_routes",
            ),
        ),
        AddIndexConcurrently(
            model_name="counter",
            index=models.Index(
                condition=models.Q(("grain", 1)),
                fields=["account", "sender_id", "day", "source"],
                include=(
                    "status_group",
                    "country",
                    "sms",
                    "requests",
                    "segments",
                    "cost",
                    "clicks",
                    "unique_clicks",
                    "actions",
                ),
                name="counter_of_sender",
            ),
        ),
        AddIndexConcurrently(
            model_name="counter",
            index=models.Index(
                condition=models.Q(("grain", 1)),
                fields=["account", "country", "day", "source"],
                include=(
                    "status_group",
                    "sender_id",
                    "sms",
                    "requests",
                    "segments",
                    "cost",
                    "clicks",
                    "unique_clicks",
                    "actions",
                ),
                name="counter_of_country",
            ),
        ),
        RemoveIndexConcurrently(
            model_name="counter",
            name="counter_by_day",
        ),
        RemoveIndexConcurrently(
            model_name="counter",
            name="counter_by_sender",
        ),
        RemoveIndexConcurrently(
            model_name="counter",
            name="counter_by_country",
        ),
    ]
