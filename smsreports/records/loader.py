"""Loader of a source: all that ingest needs to know to load its records."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from smsreports.accounts.models import Account
from smsreports.records.merge_steps import MergeStep
from smsreports.records.record_kinds import RecordKind
from smsreports.records.sms_table import SmsTable

# A row of an export, by our names of the columns of the unified list. A column without a value is null.
ExportRow = Mapping[str, object]
# A record as it is built here, for the caller to add the account.
RecordDict = dict[str, object]
# Returns the records of a row, in the order in which they are loaded. Raises InvalidRecord.
RowImporter = Callable[[ExportRow], Iterable[RecordDict]]


@dataclass(frozen=True, eq=False)
class Loader:
    """Records of a source, and how they become its rows.

    The SMS of a plain source have all they need in `kinds` and `sms`: new rows are inserted, repeated ones must agree
    with them and act as reports, receipts apply by the references, and a row of an export is one record.
    """

    # Records by their type.
    kinds: Mapping[str, RecordKind]
    sms: SmsTable
    # Steps that replace the merge of `sms`.
    steps: Sequence[MergeStep] = ()
    # Temporary tables of these steps, with their columns.
    work_tables: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    # Tables that these steps write, besides that of the SMS.
    other_tables: Sequence[str] = ()
    # Returns the importer of one account's exports; without it each row becomes one record by `build_export_record`.
    start_import: Callable[[Account], RowImporter] | None = None

    def get_steps(self) -> Sequence[MergeStep]:
        return self.steps or [MergeStep(self.sms.merge, frozenset([self.sms.stage.name]))]

    def get_row_importer(self, account: Account) -> RowImporter:
        """Return a function that turns rows of the account's own exports into records again."""
        if self.start_import is not None:
            return self.start_import(account)
        return lambda row: [self.build_export_record(row)]

    @cached_property
    def sms_kind(self) -> str:
        """The type of the records that are SMS."""
        [name] = [name for name, kind in self.kinds.items() if kind.stage is self.sms.stage]
        return name

    def build_export_record(self, row: ExportRow) -> RecordDict:
        """Return the record of an SMS from its row in an export, where `sent_at` is the time of the SMS."""
        columns = {key: field.column or key for key, field in self.kinds[self.sms_kind].fields.items()}
        exported = {key: row[column] for key, column in columns.items() if column in row and column != "sent_at"}
        return {"type": self.sms_kind, **exported, self.sms.time: row["sent_at"]}
