"""Merge of staged rows by a unique key: finds new rows, and rows that conflict with stored ones."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.backends.utils import CursorWrapper

# Line, error, and True if the row had waited for that line.
Rejections = list[tuple[int, str, bool]]


@dataclass(frozen=True)
class KeyedTable:
    """A staging table, its target table, the key within an account, and the columns that never change."""

    stage: str
    table: str
    key: str
    # The column's name, and its key in the record.
    constant_columns: Mapping[str, str]

    @property
    def key_match_sql(self) -> str:
        return f"t.account_id = s.account_id AND t.{self.key} = s.{self.key}"

    def mark_new_rows(self, cursor: CursorWrapper) -> int:
        """Set `is_new` to false except for the first staged row of each unknown key; return the number of new lines.

        Rows that waited come before rows of this batch. Most rows are new, so updating the others is cheaper.
        """
        cursor.execute(f"""
            UPDATE {self.stage} SET is_new = false WHERE n IN (
                SELECT n FROM {self.stage} s WHERE EXISTS (SELECT FROM {self.table} t WHERE {self.key_match_sql})
                UNION ALL
                SELECT n FROM (
                    SELECT n,
                           row_number() OVER (PARTITION BY account_id, {self.key} ORDER BY is_replay DESC, n) AS rank
                    FROM {self.stage}
                ) ranked WHERE rank > 1
            )
        """)
        cursor.execute(f"SELECT count(*) FROM {self.stage} WHERE is_new AND NOT is_replay")
        new_lines: int = cursor.fetchone()[0]
        return new_lines

    def reject_conflicts(self, cursor: CursorWrapper) -> Rejections:
        """Delete and return staged rows whose constant columns differ from the stored row. Call it after the insert."""
        differs = ", ".join(
            f"CASE WHEN s.{column} IS DISTINCT FROM t.{column} THEN '{name}' END"
            for column, name in self.constant_columns.items()
        )
        cursor.execute(f"""
            WITH compared AS (
                SELECT s.n, concat_ws(', ', {differs}) AS differs
                FROM {self.stage} s JOIN {self.table} t ON {self.key_match_sql} WHERE NOT s.is_new
            )
            DELETE FROM {self.stage} s USING compared c WHERE c.n = s.n AND c.differs <> ''
            RETURNING s.line,
                CASE WHEN s.is_replay THEN 'the send ' || s.{self.key} || ', which waited for this, ' ELSE '' END
                || 'conflicts with what is known: ' || c.differs, s.is_replay
        """)
        rejected: Rejections = cursor.fetchall()
        return rejected
