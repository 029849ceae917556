"""Triggers that keep the counters: the SQL that creates each, and its definition in PostgreSQL's catalog."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from django.db import connection

STATES = {"O": "enabled", "D": "disabled", "R": "enabled on replicas only", "A": "enabled always"}
# Bits of `pg_trigger.tgtype`.
ROW_BIT, BEFORE_BIT, INSTEAD_BIT = 1, 2, 64


class TriggerEvent(Enum):
    """Statement that fires a trigger, with its bit in `pg_trigger.tgtype`."""

    INSERT = 4
    DELETE = 8
    UPDATE = 16
    TRUNCATE = 32


class TriggerDefinition(NamedTuple):
    """Everything that decides what a trigger does. White space in the function's body has no meaning."""

    timing: str
    state: str
    old_rows: str | None
    new_rows: str | None
    # True for a condition, a list of columns, or arguments.
    is_restricted: bool
    function: str
    language: str
    is_security_definer: bool
    settings: str
    body: str


@dataclass(frozen=True)
class CounterTrigger:
    """Trigger of a counted table. It runs once after each statement of one kind, by a function of the same name."""

    table: str
    event: TriggerEvent
    # Statements in PL/pgSQL, which may read the transition tables `old_rows` and `new_rows`.
    statements: str

    @property
    def name(self) -> str:
        return f"{self.table}_counted_{self.event.name.lower()}"

    @property
    def old_rows(self) -> str | None:
        return "old_rows" if self.event in (TriggerEvent.UPDATE, TriggerEvent.DELETE) else None

    @property
    def new_rows(self) -> str | None:
        return "new_rows" if self.event in (TriggerEvent.INSERT, TriggerEvent.UPDATE) else None

    def create_sql(self) -> str:
        """Return SQL that creates the trigger and its function, or replaces those of the same name.

        The function sets the search_path, because a restore runs with an empty one.
        """
        return f"""
            CREATE OR REPLACE FUNCTION {self.name}() RETURNS trigger LANGUAGE plpgsql AS $body${self._body}$body$;
            DO $pin$ BEGIN
                EXECUTE format(
                    'ALTER FUNCTION {self.name}() SET search_path = pg_catalog, %I, pg_temp', current_schema()
                );
            END $pin$;
            CREATE OR REPLACE TRIGGER {self.name} AFTER {self.event.name} ON {self.table} {self._referencing_sql}
            FOR EACH STATEMENT EXECUTE FUNCTION {self.name}();
        """

    def drop_sql(self) -> str:
        return f"DROP TRIGGER {self.name} ON {self.table}; DROP FUNCTION {self.name}();"

    def build_definition(self, schema: str) -> TriggerDefinition:
        """Return the definition that `create_sql` gives the trigger of the table in `schema`, a quoted name."""
        return TriggerDefinition(
            timing=f"AFTER {self.event.name} FOR EACH STATEMENT",
            state=STATES["O"],
            old_rows=self.old_rows,
            new_rows=self.new_rows,
            is_restricted=False,
            function=f"{schema}.{self.name}",
            language="plpgsql",
            is_security_definer=False,
            settings=f"search_path=pg_catalog, {schema}, pg_temp",
            body=_normalize_space(self._body),
        )

    @property
    def _body(self) -> str:
        return f"""
            BEGIN
                {self.statements}
                RETURN NULL;
            END """

    @property
    def _referencing_sql(self) -> str:
        """Return the clause that names the transition tables."""
        tables = [("OLD", self.old_rows), ("NEW", self.new_rows)]
        names = " ".join(f"{kind} TABLE AS {name}" for kind, name in tables if name)
        return f"REFERENCING {names}" if names else ""


def load_trigger_definitions(tables: Sequence[str]) -> Mapping[tuple[str, str], tuple[str, TriggerDefinition]]:
    """Return the triggers of these tables in the database: schema and definition by table and name.

    The triggers of constraints are left out. The catalog is read itself, because the definitions that PostgreSQL
    prints differ between its versions.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT w.name, t.tgname, c.relnamespace::regnamespace::text, t.tgtype, t.tgenabled, t.tgoldtable,
                t.tgnewtable, t.tgqual IS NOT NULL OR t.tgattr::text <> '' OR t.tgnargs > 0,
                format('%%s.%%I', p.pronamespace::regnamespace, p.proname), l.lanname, p.prosecdef,
                coalesce(array_to_string(p.proconfig, '; '), ''), p.prosrc
            FROM unnest(%s::text[]) AS w (name)
            JOIN pg_class c ON c.oid = to_regclass(w.name)
            JOIN pg_trigger t ON t.tgrelid = c.oid AND NOT t.tgisinternal
            JOIN pg_proc p ON p.oid = t.tgfoid
            JOIN pg_language l ON l.oid = p.prolang
            ORDER BY w.name, t.tgname
            """,
            [list(tables)],
        )
        rows = cursor.fetchall()
    definitions = {}
    for table, name, schema, kind, enabled, *attributes, body in rows:
        fields = (_describe_timing(kind), STATES[enabled], *attributes, _normalize_space(body))
        definitions[table, name] = schema, TriggerDefinition._make(fields)
    return definitions


def _describe_timing(bits: int) -> str:
    """Return the timing of a trigger in words, from `pg_trigger.tgtype`."""
    time = "BEFORE" if bits & BEFORE_BIT else "INSTEAD OF" if bits & INSTEAD_BIT else "AFTER"
    events = " OR ".join(event.name for event in TriggerEvent if bits & event.value)
    return f"{time} {events} FOR EACH {'ROW' if bits & ROW_BIT else 'STATEMENT'}"


def _normalize_space(text: str) -> str:
    return " ".join(text.split())
