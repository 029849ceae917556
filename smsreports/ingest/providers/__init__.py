"""Message logs of other systems: each module here reads one provider's exports into our records.

A module says, as `PROVIDER`, what the files hold and how a row becomes records; its name is the word for `--from`.
Its page in `docs/operators/providers/` names the source of each mapping.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, BinaryIO

from smsreports.accounts.models import Account
from smsreports.ingest.field_parsers import InvalidRecord, is_final
from smsreports.ingest.readers import FileLayout, FileRow, FileRows, Notes, read_rows

RecordDict = dict[str, Any]
NumberedRecords = Iterator[tuple[int, RecordDict | InvalidRecord]]
PROVIDER_NAMES = tuple(sorted(module.name for module in iter_modules(__path__)))
SAFE_WORD_PATTERN = re.compile("[A-Za-z_-]{0,32}")


@dataclass
class ImportRun:
    """Files of one provider on their way into one account."""

    account: Account
    notes: Notes = field(default_factory=Notes)

    def check_currency(self, name: str, value: Any) -> None:
        """Every cost of an account is in its currency. Raises InvalidRecord."""
        account_currency = self.account.currency
        if value in (None, ""):
            self.notes.add_remark(
                f"{name} is missing: costs are assumed to be in {account_currency}, the account's currency"
            )
        elif str(value).upper() != account_currency:
            raise InvalidRecord(f"{name}: {safe_repr(value)}is not {account_currency}, the account's currency")

    def has_price(self, name: str, value: Any, status: str) -> bool:
        """Whether there is a price. A stored cost never changes, so one that is still to come is waited for.

        Raises InvalidRecord.
        """
        if value not in (None, ""):
            return True
        if not is_final(status):
            raise InvalidRecord(f"{name}: is not known yet; import the message when its status is final")
        self.notes.add_remark(f"{name} is missing for some final messages: their cost is set to 0")
        return False


@dataclass(frozen=True)
class Provider:
    """How a provider's files become records, each with the number of its row."""

    layout: FileLayout
    build_records: Callable[[FileRows, ImportRun], NumberedRecords]

    def read_records(self, file: BinaryIO, run: ImportRun) -> NumberedRecords:
        for number, record in self.build_records(read_rows(file, self.layout, run.notes), run):
            if isinstance(record, dict):
                record["account"] = run.account.name
            yield number, record


def get_provider(name: str) -> Provider:
    provider: Provider = import_module(f"{__name__}.{name}").PROVIDER
    return provider


def raise_if_invalid(record: RecordDict | InvalidRecord) -> RecordDict:
    """What a provider read, as the loader wants it. Raises InvalidRecord."""
    if isinstance(record, InvalidRecord):
        raise record
    return record


def build_row_by_row(
    build_record: Callable[[FileRow, ImportRun], RecordDict],
) -> Callable[[FileRows, ImportRun], NumberedRecords]:
    """For a provider whose rows are one message each; those that were received, by `direction`, are skipped."""

    def build_records(rows: FileRows, run: ImportRun) -> NumberedRecords:
        for number, row in rows:
            if isinstance(row, InvalidRecord):
                yield number, row
            elif row["direction"] == "inbound":
                run.notes.skipped += 1
            else:
                try:
                    yield number, build_record(row, run)
                except InvalidRecord as error:
                    yield number, error

    return build_records


def translate_word(name: str, value: Any, translations: Mapping[str, str]) -> str:
    """Our word for a provider's. Raises InvalidRecord."""
    if not isinstance(value, str) or value not in translations:
        raise InvalidRecord(f"{name}: {safe_repr(value)}is not known")
    return translations[value]


def parse_whole_number(value: Any) -> Any:
    """A whole number that may be written as text; anything else as it is, for the record's reader to refuse."""
    return int(value) if isinstance(value, str) and re.fullmatch(r"[0-9]{1,9}", value) else value


def safe_repr(value: Any) -> str:
    """A word, for a refusal to name. Where no word stands it may be anyone's number or text, which nobody repeats."""
    text = str(value)
    return f"{text!r} " if SAFE_WORD_PATTERN.fullmatch(text) else ""
