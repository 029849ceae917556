"""Specifications of the counted tables: what is counted of a row, in SQL that triggers and recounts share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from smsreports.counters.models import COLUMNS, DIMENSIONS, MEASURES, Grain
from smsreports.counters.triggers import CounterTrigger, TriggerEvent

# Dimensions of each grain.
GRAIN_DIMENSIONS = {
    Grain.DAY: ("status_group",),
    Grain.ROUTE: ("status_group", "sender_id", "country"),
    Grain.BROADCAST: ("status_group", "broadcast_id"),
}
TABLE = "counters_counter"
INSERT_INTO = f"INSERT INTO {TABLE} ({', '.join(COLUMNS)}, squashed)"
# Acquired before rows of other transactions are replaced or deleted, as by squashing and truncating.
ADVISORY_LOCK = int.from_bytes(b"cntr", "big")


@dataclass(frozen=True)
class CounterSpec:
    """Table whose rows are counted, with an SQL expression over a row `t` for each of its dimensions and measures."""

    source: str
    table: str
    time: str
    dimensions: Mapping[str, str]
    measures: Mapping[str, str]
    grains: Sequence[Grain] = (Grain.DAY,)

    def deltas_sql(self, rows: str, sign: str = "") -> str:
        """Return SQL for the amounts that each of `rows` adds to its counters, or subtracts if `sign` is "-"."""
        columns = [f"{self.dimensions.get(name, _empty_value_sql(name))} AS {name}" for name in DIMENSIONS]
        columns += [f"{sign}({self.measures.get(name, '0')}) AS {name}" for name in MEASURES]
        day = f"(t.{self.time} AT TIME ZONE 'UTC')::date AS day"
        return f"SELECT t.account_id, '{self.source}' AS source, {day}, {', '.join(columns)} FROM {rows} t"

    def totals_sql(self, deltas: str) -> str:
        """Return SQL for the sums of `deltas`: rows of the counters' table, in the order of COLUMNS."""
        used = {name for grain in self.grains for name in GRAIN_DIMENSIONS[grain]}
        dimensions = [
            f"coalesce(c.{name}, {_empty_value_sql(name)})" if name in used else _empty_value_sql(name)
            for name in DIMENSIONS
        ]
        sums = ", ".join(f"sum(c.{name})" for name in MEASURES)
        sets = ", ".join(f"(account_id, source, day, {', '.join(GRAIN_DIMENSIONS[grain])})" for grain in self.grains)
        return f"""
            SELECT account_id, source, {self._grain_sql()}, day, {", ".join(dimensions)}, {sums}
            FROM ({deltas}) c GROUP BY GROUPING SETS ({sets})
            HAVING {" OR ".join(f"sum(c.{name}) <> 0" for name in MEASURES)}
        """

    def _grain_sql(self) -> str:
        """Return SQL for the grain of a row, recognised by a dimension that only this grain has."""
        own_dimension = {Grain.ROUTE: "sender_id", Grain.BROADCAST: "broadcast_id"}
        cases = [
            f"WHEN grouping({own_dimension[grain]}) = 0 THEN {grain.value}"
            for grain in self.grains
            if grain in own_dimension
        ]
        return f"CASE {' '.join(cases)} ELSE {Grain.DAY.value} END" if cases else str(Grain.DAY.value)

    @property
    def triggers(self) -> Sequence[CounterTrigger]:
        """Triggers of the table. Each runs once per statement and inserts one set of deltas."""
        new, old = self.deltas_sql("new_rows"), self.deltas_sql("old_rows", "-")
        statements = {
            TriggerEvent.INSERT: self._insert_sql(new),
            TriggerEvent.UPDATE: self._insert_sql(f"{new} UNION ALL {old}"),
            TriggerEvent.DELETE: self._insert_sql(old),
            TriggerEvent.TRUNCATE: self._truncate_sql(),
        }
        return [CounterTrigger(self.table, event, text) for event, text in statements.items()]

    def create_triggers_sql(self) -> str:
        """Return SQL for a migration, which creates the triggers and their functions or replaces them."""
        return "".join(trigger.create_sql() for trigger in self.triggers)

    def drop_triggers_sql(self) -> str:
        """Return SQL for a migration that removes the triggers and their functions."""
        return "".join(trigger.drop_sql() for trigger in self.triggers)

    def _insert_sql(self, deltas: str) -> str:
        return f"{INSERT_INTO} SELECT w.*, false FROM ({self.totals_sql(deltas)}) w;"

    def _truncate_sql(self) -> str:
        """Return SQL that deletes the counters of this table, but not those of other tables of the same source."""
        has_own_measure = " OR ".join(f"{name} <> 0" for name in self.measures)
        return f"""
            PERFORM pg_advisory_xact_lock({ADVISORY_LOCK});
            DELETE FROM {TABLE} WHERE source = '{self.source}' AND ({has_own_measure});
        """


def _empty_value_sql(name: str) -> str:
    """Return SQL for the value of a dimension that a table or a grain does not have."""
    return "0" if name == "broadcast_id" else "''"
