"""Comparison of the counters with the rows and of the triggers with the specs, and the repair of both."""

from collections.abc import Iterable, Iterator

from django.db import connection, transaction

from smsreports.counters.models import COLUMNS, KEY, MEASURES
from smsreports.counters.specs import ADVISORY_LOCK, TABLE, CounterSpec
from smsreports.counters.triggers import TriggerDefinition, load_trigger_definitions

# Differences that are listed. If there are more, the counters are wrong throughout.
MAX_DIFFERENCES = 100


def find_differences(specs: Iterable[CounterSpec]) -> Iterator[str]:
    """Describe the counters that differ from the rows, at most MAX_DIFFERENCES, all in one snapshot."""
    with transaction.atomic(), connection.cursor() as cursor:
        if len(connection.savepoint_ids) == 0:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute(_differences_sql(specs), [MAX_DIFFERENCES])
        for *key, kept, recounted in cursor.fetchall():
            yield f"{dict(zip(KEY, key, strict=True))}: kept {kept}, rows say {recounted}"


def _differences_sql(specs: Iterable[CounterSpec]) -> str:
    """Return SQL for a full join of two groupings, which the ORM cannot express."""
    key = ", ".join(KEY)
    sums = ", ".join(f"sum({name}) AS {name}" for name in MEASURES)
    not_zero = " OR ".join(f"sum({name}) <> 0" for name in MEASURES)
    kept, recounted = (f"ROW({', '.join(f'{side}.{name}' for name in MEASURES)})" for side in ("kept", "recounted"))
    return f"""
        SELECT {key}, {kept}::text, {recounted}::text
        FROM (SELECT {key}, {sums} FROM {TABLE} GROUP BY {key} HAVING {not_zero}) kept
        FULL JOIN (SELECT {key}, {sums} FROM ({_recount_sql(specs)}) r GROUP BY {key}) recounted USING ({key})
        WHERE {kept} IS DISTINCT FROM {recounted}
        ORDER BY {key} LIMIT %s
    """


def _recount_sql(specs: Iterable[CounterSpec]) -> str:
    columns = ", ".join(COLUMNS)
    totals = (spec.totals_sql(spec.deltas_sql(spec.table)) for spec in specs)
    return " UNION ALL ".join(f"SELECT * FROM ({total}) AS t ({columns})" for total in totals)


def find_trigger_differences(specs: Iterable[CounterSpec]) -> list[str]:
    """Describe how the triggers of the counted tables differ from those that the specs define.

    Each must be there, enabled and do the same by the same function, and the tables must have no others.
    """
    triggers = {(trigger.table, trigger.name): trigger for spec in specs for trigger in spec.triggers}
    found = load_trigger_definitions(sorted({table for table, _ in triggers}))
    differences = [f"trigger {name} of {table} is missing" for table, name in triggers if (table, name) not in found]
    for (table, name), (schema, definition) in found.items():
        if (table, name) not in triggers:
            differences.append(f"trigger {name} of {table} belongs to no counter spec")
        elif fields := _describe_changes(definition, triggers[table, name].build_definition(schema)):
            differences.append(f"trigger {name} of {table} differs: {fields}")
    return differences


def _describe_changes(found: TriggerDefinition, defined: TriggerDefinition) -> str:
    """Return the fields that differ. The texts of two bodies would be too long to show."""
    changes = zip(defined._fields, found, defined, strict=True)
    return "; ".join(
        "body is another" if field == "body" else f"{field} is {there!r}, not {expected!r}"
        for field, there, expected in changes
        if there != expected
    )


def restore_triggers(specs: Iterable[CounterSpec]) -> None:
    """Create the triggers that are missing or differ from the specs. Those that belong to no spec stay.

    Only the owner of a table may do so; nothing is run where no trigger differs.
    """
    triggers = [trigger for spec in specs for trigger in spec.triggers]
    found = load_trigger_definitions(sorted({trigger.table for trigger in triggers}))
    with connection.cursor() as cursor:
        for trigger in triggers:
            schema, definition = found.get((trigger.table, trigger.name), ("", None))
            if definition != trigger.build_definition(schema):
                cursor.execute(trigger.create_sql())


def rebuild_counters(specs: Iterable[CounterSpec]) -> None:
    """Restore the triggers, recount all rows and replace the counters.

    Writers wait; readers see the old counters until the end.
    """
    all_specs = list(specs)
    with transaction.atomic(), connection.cursor() as cursor:
        restore_triggers(all_specs)
        for spec in all_specs:
            cursor.execute(f"LOCK TABLE {spec.table} IN SHARE MODE")
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ADVISORY_LOCK])
        cursor.execute(f"DELETE FROM {TABLE}")
        cursor.execute(
            f"INSERT INTO {TABLE} ({', '.join(COLUMNS)}, squashed) SELECT r.*, true FROM ({_recount_sql(all_specs)}) r"
        )
