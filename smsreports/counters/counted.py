"""What of a table is counted, and the triggers that keep it so."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from smsreports.counters.models import COLUMNS, DIMENSIONS, MEASURES, Grain

# The dimensions that a grain keeps apart.
KEPT = {
    Grain.DAY: ("status_group",),
    Grain.ROUTE: ("status_group", "sender_id", "country"),
    Grain.BROADCAST: ("status_group", "broadcast_id"),
}
TABLE = "counters_counter"
INTO = f"INSERT INTO {TABLE} ({', '.join(COLUMNS)}, squashed)"
# Squashing and truncating both replace rows that others have written: one at a time.
LOCK = int.from_bytes(b"cntr", "big")


@dataclass(frozen=True)
class Counted:
    """A table whose rows are counted: SQL over a row `t` for each dimension and measure that it has."""

    source: str
    table: str
    time: str
    dimensions: Mapping[str, str]
    measures: Mapping[str, str]
    grains: Sequence[Grain] = (Grain.DAY,)

    def contributions(self, rows: str, sign: str = "") -> str:
        """SQL: what each of `rows` adds to its counters (or takes away, with `sign` -)."""
        shown = [f"{self.dimensions.get(name, _nothing(name))} AS {name}" for name in DIMENSIONS]
        shown += [f"{sign}({self.measures.get(name, '0')}) AS {name}" for name in MEASURES]
        day = f"(t.{self.time} AT TIME ZONE 'UTC')::date AS day"
        return f"SELECT t.account_id, '{self.source}' AS source, {day}, {', '.join(shown)} FROM {rows} t"

    def totals(self, contributions: str) -> str:
        """SQL: the rows of the counters' table, in the order of COLUMNS, that `contributions` add up to."""
        every = {name for grain in self.grains for name in KEPT[grain]}
        shown = [f"coalesce(c.{name}, {_nothing(name)})" if name in every else _nothing(name) for name in DIMENSIONS]
        sums = ", ".join(f"sum(c.{name})" for name in MEASURES)
        sets = ", ".join(f"(account_id, source, day, {', '.join(KEPT[grain])})" for grain in self.grains)
        return f"""
            SELECT account_id, source, {self._grain()}, day, {", ".join(shown)}, {sums}
            FROM ({contributions}) c GROUP BY GROUPING SETS ({sets})
            HAVING {" OR ".join(f"sum(c.{name}) <> 0" for name in MEASURES)}
        """

    def _grain(self) -> str:
        """SQL: which of the grouping sets a row belongs to, told by a dimension that only it keeps."""
        told = {Grain.ROUTE: "sender_id", Grain.BROADCAST: "broadcast_id"}
        cases = [f"WHEN grouping({told[grain]}) = 0 THEN {grain.value}" for grain in self.grains if grain in told]
        return f"CASE {' '.join(cases)} ELSE {Grain.DAY.value} END" if cases else str(Grain.DAY.value)

    def create_triggers(self) -> str:
        """SQL for a migration. Statement-level: one insert of differences, however many rows a statement writes."""
        new, old = self.contributions("new_rows"), self.contributions("old_rows", "-")
        return "".join(
            (
                self._trigger("insert", "REFERENCING NEW TABLE AS new_rows", self._write(new)),
                self._trigger(
                    "update",
                    "REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows",
                    self._write(f"{new} UNION ALL {old}"),
                ),
                self._trigger("delete", "REFERENCING OLD TABLE AS old_rows", self._write(old)),
                self._trigger("truncate", "", self._forget()),
            )
        )

    def drop_triggers(self) -> str:
        return "".join(
            f"DROP TRIGGER {self._name(event)} ON {self.table}; DROP FUNCTION {self._name(event)}();"
            for event in ("insert", "update", "delete", "truncate")
        )

    def _write(self, contributions: str) -> str:
        return f"{INTO} SELECT w.*, false FROM ({self.totals(contributions)}) w;"

    def _forget(self) -> str:
        """What this table added is gone; another table of the same source keeps its part."""
        mine = " OR ".join(f"{name} <> 0" for name in self.measures)
        return f"""
            PERFORM pg_advisory_xact_lock({LOCK});
            DELETE FROM {TABLE} WHERE source = '{self.source}' AND ({mine});
        """

    def _name(self, event: str) -> str:
        return f"{self.table}_counted_{event}"

    def _trigger(self, event: str, tables: str, body: str) -> str:
        """SQL: a trigger whose function carries its search_path, as a restore has none."""
        name = self._name(event)
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


def _nothing(name: str) -> str:
    """SQL: what stands in a dimension that is not kept apart."""
    return "0" if name == "broadcast_id" else "''"
