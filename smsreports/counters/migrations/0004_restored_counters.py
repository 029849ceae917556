"""Counters of a data-only restore are left out: the triggers count its rows, and would count them twice."""

from django.db import migrations

# pg_dump and pg_restore work without a search_path; nobody else who writes counters does.
SKIP = """
    CREATE FUNCTION counters_skip_restored() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $body$
    BEGIN
        RETURN NULL;
    END $body$;
    CREATE TRIGGER counters_skip_restored BEFORE INSERT ON counters_counter FOR EACH ROW
    WHEN (pg_catalog.current_setting('search_path') IN ('', '""')) EXECUTE FUNCTION counters_skip_restored();
"""
TAKE = """
    DROP TRIGGER counters_skip_restored ON counters_counter;
    DROP FUNCTION counters_skip_restored();
"""


class Migration(migrations.Migration):
    # Only triggers whose functions bring a search_path may write counters while there is none.
    dependencies = [
        ("counters", "0003_sums_within_indexes"),
        ("messages_app", "0004_search_path_of_functions"),
        ("broadcasts_app", "0005_search_path_of_functions"),
    ]

    operations = [migrations.RunSQL(SKIP, TAKE)]
