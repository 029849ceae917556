"""Merge of staged rows by a unique key: finds new rows, and rows that conflict with stored ones.

The statements are raw SQL because the ORM supports neither temporary tables nor INSERT … SELECT. They are built from
our own names only; a client's values are in the staging tables.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.backends.utils import CursorWrapper

from smsreports.records.merge_steps import RejectedLine
from smsreports.records.staging import StagingTable


@dataclass(frozen=True, eq=False)
class KeyedTable:
    """A table with a key within the account, and the staging table of its rows."""

    stage: StagingTable
    table: str
    key: str
    # Columns that never change, and their keys in the record.
    constant_columns: Mapping[str, str]
    # Staged columns that the table lacks.
    staged_only: frozenset[str] = frozenset()
    # Names a row that waited, in the error of the line that it waited for.
    row_name: str = "row"

    @property
    def inserted_columns(self) -> str:
        """The columns of a new row, separated by commas."""
        staged = [*self.stage.columns, *self.stage.filled_columns]
        return ", ".join(["account_id", *(column for column in staged if column not in self.staged_only)])

    @property
    def key_match_sql(self) -> str:
        return f"t.account_id = s.account_id AND t.{self.key} = s.{self.key}"

    def mark_new_rows(self, cursor: CursorWrapper) -> int:
        """Set `is_new` to false except for the first staged row of each unknown key; return the number of new lines.

        Rows that waited come before rows of this batch. Most rows are new, so updating the others is cheaper.
        """
        cursor.execute(f"""
            UPDATE {self.stage.name} SET is_new = false WHERE n IN (
                SELECT n FROM {self.stage.name} s WHERE EXISTS (SELECT FROM {self.table} t WHERE {self.key_match_sql})
                UNION ALL
                SELECT n FROM (
                    SELECT n,
                           row_number() OVER (PARTITION BY account_id, {self.key} ORDER BY is_replay DESC, n) AS rank
                    FROM {self.stage.name}
                ) ranked WHERE rank > 1
            )
        """)
        cursor.execute(f"SELECT count(*) FROM {self.stage.name} WHERE is_new AND NOT is_replay")
        new_lines: int = cursor.fetchone()[0]
        return new_lines

    def insert_new_rows(self, cursor: CursorWrapper) -> None:
        """Insert the rows that `mark_new_rows` left marked, in the order of their lines."""
        cursor.execute(f"""
            INSERT INTO {self.table} ({self.inserted_columns})
            SELECT {self.inserted_columns} FROM {self.stage.name} WHERE is_new ORDER BY n
        """)

    def reject_conflicts(self, cursor: CursorWrapper) -> list[RejectedLine]:
        """Delete and return staged rows whose constant columns differ from the stored row. Call it after the insert."""
        differs = ", ".join(
            f"CASE WHEN s.{column} IS DISTINCT FROM t.{column} THEN '{name}' END"
            for column, name in self.constant_columns.items()
        )
        cursor.execute(f"""
            WITH compared AS (
                SELECT s.n, concat_ws(', ', {differs}) AS differs
                FROM {self.stage.name} s JOIN {self.table} t ON {self.key_match_sql} WHERE NOT s.is_new
            )
            DELETE FROM {self.stage.name} s USING compared c WHERE c.n = s.n AND c.differs <> ''
            RETURNING s.line,
                CASE WHEN s.is_replay
                    THEN 'the {self.row_name} ' || s.{self.key} || ', which waited for this, ' ELSE ''
                END || 'conflicts with what is known: ' || c.differs, s.is_replay
        """)
        return [RejectedLine(*row) for row in cursor.fetchall()]
