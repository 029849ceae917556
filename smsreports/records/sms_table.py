"""Merge of staged SMS: new rows are inserted, and what is new about known ones is staged as reports and events.

The statements are raw SQL for the reasons in `keyed_table`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.db.backends.utils import CursorWrapper

from smsreports.records.keyed_table import KeyedTable
from smsreports.records.merge_steps import MergeResult, RejectedLine
from smsreports.records.staging import EVENTS, REPORT_COLUMNS, REPORTS_TABLE

# The reference by the carrier's id. Clicks and actions have no other.
CARRIER_REFERENCE = "message_id"
# Clicks and actions are stored as events, including those of the record of an SMS.
RESPONSE_COLUMNS = ("clicked_at", "action_type", "action_at")


@dataclass(frozen=True, eq=False)
class SmsTable(KeyedTable):
    """The table of a source's SMS. Receipts refer to its rows and update them."""

    # The columns by which events find a row, which are also the kinds of reference: `client_message_id` and
    # `message_id`. One that is not the key may come later, but not change.
    references: Sequence[str] = ()
    # The column of the SMS's time, which an export calls `sent_at`.
    time: str = "created_at"
    # The column that gets the time of the earliest report that the SMS was submitted. None if that time is constant.
    submitted_at: str | None = None
    # True if clicks and actions apply to a row. The table then has `RESPONSE_COLUMNS`, `click_count` and
    # `action_count`, and its `message_id` is never null.
    has_responses: bool = False

    def merge(
        self, cursor: CursorWrapper, insert_new_rows: Callable[[CursorWrapper], None] | None = None
    ) -> MergeResult:
        """Merge the staged rows. `insert_new_rows` replaces the insert of a table with columns that are not staged."""
        accepted = self.mark_new_rows(cursor)
        (insert_new_rows or self.insert_new_rows)(cursor)
        # The order matters: a line that is rejected anyway must not reject another one by its reference.
        rejected = self.reject_conflicts(cursor)
        late_references = [column for column in self.references if column != self.key]
        for column in late_references:
            rejected += self._reject_other_references(cursor, column)
        self._stage_reports(cursor)
        for column in late_references:
            self._fill_reference(cursor, column)
        if self.has_responses:
            self._stage_responses(cursor)
        return MergeResult(accepted, rejected)

    def _reject_other_references(self, cursor: CursorWrapper, column: str) -> list[RejectedLine]:
        """Delete and return staged rows that change a known reference. In a batch the first line with one counts."""
        cursor.execute(f"""
            WITH known AS (
                SELECT DISTINCT ON (account_id, {self.key}) account_id, {self.key}, {column}
                FROM (
                    SELECT t.account_id, t.{self.key}, t.{column}, 0 AS n
                    FROM {self.table} t JOIN {self.stage.name} s ON {self.key_match_sql} WHERE NOT s.is_new
                    UNION ALL
                    SELECT account_id, {self.key}, {column}, n FROM {self.stage.name}
                    WHERE (account_id, {self.key}) IN (
                        SELECT account_id, {self.key} FROM {self.stage.name} WHERE NOT is_new
                    )
                ) known_references
                WHERE {column} IS NOT NULL ORDER BY account_id, {self.key}, n
            )
            DELETE FROM {self.stage.name} s USING known t WHERE {self.key_match_sql} AND s.{column} <> t.{column}
            RETURNING s.line, 'conflicts with what is known: {column}', false
        """)
        return [RejectedLine(*row) for row in cursor.fetchall()]

    def _stage_reports(self, cursor: CursorWrapper) -> None:
        """Stage the status and times of known SMS as reports, as for a receipt."""
        submitted_at = f"s.{self.submitted_at}" if self.submitted_at else "NULL"
        cursor.execute(f"""
            INSERT INTO {REPORTS_TABLE} ({", ".join(REPORT_COLUMNS)})
            SELECT '{self.table}', t.id, s.status, s.status_code, s.status_at, {submitted_at}, s.delivered_at
            FROM {self.stage.name} s JOIN {self.table} t ON {self.key_match_sql} WHERE NOT s.is_new
        """)

    def _fill_reference(self, cursor: CursorWrapper, column: str) -> None:
        """Set a reference that a known SMS lacked."""
        cursor.execute(f"""
            WITH updated AS (
                UPDATE {self.table} t SET {column} = s.{column} FROM {self.stage.name} s
                WHERE {self.key_match_sql} AND NOT s.is_new AND t.{column} IS NULL AND s.{column} IS NOT NULL
                RETURNING s.n
            )
            UPDATE {self.stage.name} s SET got_reference = true FROM updated WHERE s.n = updated.n
        """)

    def _stage_responses(self, cursor: CursorWrapper) -> None:
        """Stage the click and the action of each record as events."""
        for kind, action_type, at in (("click", "''", "clicked_at"), ("action", "action_type", "action_at")):
            if at not in self.stage.columns:
                continue
            cursor.execute(f"""
                INSERT INTO {EVENTS.name}
                    (account_id, kind, reference_kind, reference, status, status_code, action_type, at, is_replay)
                SELECT account_id, '{kind}', '{CARRIER_REFERENCE}', {CARRIER_REFERENCE}, '', '', {action_type},
                       {at}, true
                FROM {self.stage.name} WHERE {at} IS NOT NULL
            """)
