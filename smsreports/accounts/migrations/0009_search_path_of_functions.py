"""The function that keeps the record carries its search_path."""

from django.db import migrations

# The schema is the one that the tables were made in, whatever its name. `pg_temp` comes last, so that no temporary
# table can stand in for one of ours.
PIN = """
    DO $pin$
    DECLARE
        name text;
    BEGIN
        FOREACH name IN ARRAY ARRAY['accounts_reveal_stays'] LOOP
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
        FOREACH name IN ARRAY ARRAY['accounts_reveal_stays'] LOOP
            EXECUTE format('ALTER FUNCTION %I.%I() RESET search_path', current_schema(), name);
        END LOOP;
    END $pin$;
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0008_reveal_address")]

    operations = [migrations.RunSQL(PIN, UNPIN)]
