"""Staging tables: temporary tables that hold the parsed rows of a batch until they are merged."""

from collections.abc import Mapping
from dataclasses import dataclass, field

# `is_new` marks the rows to insert; the others update known rows. `got_reference` marks rows that gave a known SMS the
# reference that it lacked. `is_replay` marks rows that come from another line, such as events taken from the record of
# an SMS: their lines are counted elsewhere.
MARK_COLUMNS: Mapping[str, str] = {
    "n": "bigint GENERATED ALWAYS AS IDENTITY",
    "is_new": "boolean DEFAULT true",
    "got_reference": "boolean DEFAULT false",
    "is_replay": "boolean DEFAULT false",
}


@dataclass(frozen=True, eq=False)
class StagingTable:
    """One staging table. Each row has the line's number, the account's id, its values and the marks of the merge."""

    name: str
    # Columns and their types, in the order of the values of a row.
    columns: Mapping[str, str]
    # Columns that the merge fills.
    filled_columns: Mapping[str, str] = field(default_factory=dict)

    @property
    def definitions(self) -> Mapping[str, str]:
        """All columns with their types."""
        return {"line": "bigint", "account_id": "bigint", **self.columns, **MARK_COLUMNS, **self.filled_columns}


# Receipts, clicks and actions, each with the kind of id by which it refers to an SMS.
EVENTS = StagingTable(
    "stage_event",
    {
        "kind": "text",
        "reference_kind": "text",
        "reference": "text",
        "status": "text",
        "status_code": "text",
        "action_type": "text",
        "at": "timestamptz",
    },
)
# Reports on known rows, to be applied at the end of the merge. `target` is the table of the row.
REPORTS_TABLE = "stage_report"
REPORT_COLUMNS: Mapping[str, str] = {
    "target": "text",
    "row_id": "bigint",
    "status": "text",
    "status_code": "text",
    "at": "timestamptz",
    "submitted_at": "timestamptz",
    "delivered_at": "timestamptz",
}
