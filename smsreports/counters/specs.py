"""What of a table is counted, and the triggers that keep it so."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from smsreports.counters.models import COLUMNS, DIMENSIONS, MEASURES, Grain

# The dimensions that a grain keeps apart.
GRAIN_DIMENSIONS = {
    Grain.DAY: ("status_group",),
    Grain.ROUTE: ("status_group", "sender_id", "country"),
    Grain.BROADCAST: ("status_group", "broadcast_id"),
}
TABLE = "counters_counter"
INSERT_INTO = f"INSERT INTO {TABLE} ({', '.join(COLUMNS)}, squashed)"
# Squashing and truncating both replace rows that others have written: one at a time.
ADVISORY_LOCK = int.from_bytes(b"cntr", "big")


@dataclass(frozen=True)
class CounterSpec:
    """A table whose rows are counted: SQL over a row `t` for each dimension and measure that it has."""

    source: str
    table: str
    time: str
    dimensions: Mapping[str, str]
    measures: Mapping[str, str]
    grains: Sequence[Grain] = (Grain.DAY,)

    def deltas_sql(self, rows: str, sign: str = "") -> str:
        """SQL: what each of `rows` adds to its counters (or takes away, with `sign` -)."""
        shown = [f"{self.dimensions.get(name, _empty_value_sql(name))} AS {name}" for name in DIMENSIONS]
        shown += [f"{sign}({self.measures.get(name, '0')}) AS {name}" for name in MEASURES]
        day = f"(t.{self.time} AT TIME ZONE 'UTC')::date AS day"
        return f"SELECT t.account_id, '{self.source}' AS source, {day}, {', '.join(shown)} FROM {rows} t"

    def totals_sql(self, deltas: str) -> str:
        """SQL: the rows of the counters' table, in the order of COLUMNS, that `contributions` add up to."""
        every = {name for grain in self.grains for name in GRAIN_DIMENSIONS[grain]}
        shown = [
            f"coalesce(c.{name}, {_empty_value_sql(name)})" if name in every else _empty_value_sql(name)
            for name in DIMENSIONS
        ]
        sums = ", ".join(f"sum(c.{name})" for name in MEASURES)
        sets = ", ".join(f"(account_id, source, day, {', '.join(GRAIN_DIMENSIONS[grain])})" for grain in self.grains)
        return f"""
            SELECT account_id, source, {self._grain_sql()}, day, {", ".join(shown)}, {sums}
            FROM ({deltas}) c GROUP BY GROUPING SETS ({sets})
            HAVING {" OR ".join(f"sum(c.{name}) <> 0" for name in MEASURES)}
        """

    def _grain_sql(self) -> str:
        """SQL: which of the grouping sets a row belongs to, told by a dimension that only it keeps."""
        told = {Grain.ROUTE: "sender_id", Grain.BROADCAST: "broadcast_id"}
        cases = [f"WHEN grouping({told[grain]}) = 0 THEN {grain.value}" for grain in self.grains if grain in told]
        return f"CASE {' '.join(cases)} ELSE {Grain.DAY.value} END" if cases else str(Grain.DAY.value)

    def create_triggers_sql(self) -> str:
        """SQL for a migration. Statement-level: one insert of differences, however many rows a statement writes."""
        new, old = self.deltas_sql("new_rows"), self.deltas_sql("old_rows", "-")
        return "".join(
            (
                self._trigger_sql("insert", "REFERENCING NEW TABLE AS new_rows", self._insert_sql(new)),
                self._trigger_sql(
                    "update",
                    "REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows",
                    self._insert_sql(f"{new} UNION ALL {old}"),
                ),
                self._trigger_sql("delete", "REFERENCING OLD TABLE AS old_rows", self._insert_sql(old)),
                self._trigger_sql("truncate", "", self._truncate_sql()),
            )
        )

    def drop_triggers_sql(self) -> str:
        return "".join(
            f"DROP TRIGGER {self._trigger_name(event)} ON {self.table}; DROP FUNCTION {self._trigger_name(event)}();"
            for event in ("insert", "update", "delete", "truncate")
        )

    def _insert_sql(self, deltas: str) -> str:
        return f"{INSERT_INTO} SELECT w.*, false FROM ({self.totals_sql(deltas)}) w;"

    def _truncate_sql(self) -> str:
        """What this table added is gone; another table of the same source keeps its part."""
        mine = " OR ".join(f"{name} <> 0" for name in self.measures)
        return f"""
            PERFORM pg_advisory_xact_lock({ADVISORY_LOCK});
            DELETE FROM {TABLE} WHERE source = '{self.source}' AND ({mine});
        """

    def _trigger_name(self, event: str) -> str:
        return f"{self.table}_counted_{event}"

    def _trigger_sql(self, event: str, tables: str, body: str) -> str:
        """SQL: a trigger whose function carries its search_path, as a restore has none."""
        name = self._trigger_name(event)
        return f"""
            CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $body$
            BEGIN
                {body}
                RETURN NULL;
            END $body$;
            DO $pin$ BEGIN
                EXECUTE format(
                    'ALTER FUNCTION {name}() SET search_path = pg_catalog, %I, pg_temp', current_schema()
                );
            END $pin$;
            CREATE TRIGGER {name} AFTER {event.upper()} ON {self.table} {tables}
            FOR EACH STATEMENT EXECUTE FUNCTION {name}();
        """


def _empty_value_sql(name: str) -> str:
    """SQL: what stands in a dimension that is not kept apart."""
    return "0" if name == "broadcast_id" else "''"
