"""Trigger functions carry their search_path: a restore, which has none, finds the counters too."""

from django.db import migrations

# The schema is the one that the tables were made in, whatever its name. `pg_temp` comes last, so that no temporary
# table can stand in for one of ours.
PIN = """
    DO $pin$
    DECLARE
        name text;
    BEGIN
        FOREACH name IN ARRAY ARRAY[
            'broadcasts_app_broadcastsend_counted_insert',
            'broadcasts_app_broadcastsend_counted_update',
            'broadcasts_app_broadcastsend_counted_delete',
            'broadcasts_app_broadcastsend_counted_truncate',
            'broadcasts_app_broadcast_counted_insert',
            'broadcasts_app_broadcast_counted_update',
            'broadcasts_app_broadcast_counted_delete',
            'broadcasts_app_broadcast_counted_truncate'
        ] LOOP
            EXECUTE format(
                'ALTER FUNCTION %1$I.%2$I() SET search_path = pg_catalog, %1$I, pg_temp', current_schema(), name
            );
        END LOOP;
    END $pin$;
"""
UNPIN = """
    DO $pin$
    DECLARE
        name text;
    BEGIN
        FOREACH name IN ARRAY ARRAY[
            'broadcasts_app_broadcastsend_counted_insert',
            'broadcasts_app_broadcastsend_counted_update',
            'broadcasts_app_broadcastsend_counted_delete',
            'broadcasts_app_broadcastsend_counted_truncate',
            'broadcasts_app_broadcast_counted_insert',
            'broadcasts_app_broadcast_counted_update',
            'broadcasts_app_broadcast_counted_delete',
            'broadcasts_app_broadcast_counted_truncate'
        ] LOOP
            EXECUTE format('ALTER FUNCTION %I.%I() RESET search_path', current_schema(), name);
        END LOOP;
    END $pin$;
"""


class Migration(migrations.Migration):
    dependencies = [("broadcasts_app", "0004_newest_of_broadcast")]

    operations = [migrations.RunSQL(PIN, UNPIN)]
