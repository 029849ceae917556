"""Finds part of a number in an index; built while traffic goes on."""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.operations import AddIndexConcurrently, BtreeGinExtension, TrigramExtension
from django.db import migrations


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("broadcasts_app", "0002_counted")]

    operations = [
        TrigramExtension(),
        BtreeGinExtension(),
        AddIndexConcurrently(
            "broadcastsend",
            GinIndex(
                fields=["account", "recipient"], opclasses=["int8_ops", "gin_trgm_ops"], name="send_by_part_of_number"
            ),
        ),
    ]
