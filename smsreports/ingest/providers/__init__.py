"""Importers of other systems' message logs. Each module here turns one provider's exports into our records.

A module defines `PROVIDER`: the columns of the files and the function that builds records from rows. The module's name
is the value of `--from`. Its page in `docs/operators/providers/` names the source of each mapping.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pkgutil import iter_modules
from typing import BinaryIO

from smsreports.accounts.models import Account
from smsreports.ingest.readers import FileLayout, FileRow, FileRows, Notes, read_rows
from smsreports.records.field_parsers import InvalidRecord, is_final
from smsreports.records.loader import RecordDict
from smsreports.sms.phone_numbers import InvalidNumber, canonicalize_number

NumberedRecords = Iterator[tuple[int, RecordDict | InvalidRecord]]
PROVIDER_NAMES = tuple(sorted(module.name for module in iter_modules(__path__)))
SAFE_WORD_PATTERN = re.compile("[A-Za-z_-]{0,32}")


@dataclass
class ImportRun:
    """Import of one provider's files into one account."""

    account: Account
    notes: Notes = field(default_factory=Notes)

    def canonicalize_recipient(self, name: str, value: object) -> object:
        """Return the canonical form of a number, which providers write with its calling code, with or without `+`.

        Anything but text is unchanged; the loader rejects it. Raises InvalidRecord.
        """
        if not isinstance(value, str):
            return value
        try:
            return canonicalize_number(value, self.account.default_country, is_international=True)
        except InvalidNumber as error:
            raise InvalidRecord(f"{name}: {error}") from None

    def check_currency(self, name: str, value: object) -> None:
        """Check that a cost is in the account's currency; a missing one is assumed to be. Raises InvalidRecord."""
        account_currency = self.account.currency
        if value in (None, ""):
            self.notes.add_remark(
                f"{name} is missing: costs are assumed to be in {account_currency}, the account's currency"
            )
        elif str(value).upper() != account_currency:
            raise InvalidRecord(f"{name}: {safe_repr(value)}is not {account_currency}, the account's currency")

    def has_price(self, name: str, value: object, status: str) -> bool:
        """Return True if the row has a price, and False if a final message has none.

        Raises InvalidRecord for a message without a price whose status is not final: a stored cost never changes, so
        the message has to be imported later.
        """
        if value not in (None, ""):
            return True
        if not is_final(status):
            raise InvalidRecord(f"{name}: is not known yet; import the message when its status is final")
        self.notes.add_remark(f"{name} is missing for some final messages: their cost is set to 0")
        return False


@dataclass(frozen=True)
class Provider:
    """File layout of a provider, and the function that builds its numbered records."""

    layout: FileLayout
    build_records: Callable[[FileRows, ImportRun], NumberedRecords]

    def read_records(self, file: BinaryIO, run: ImportRun) -> NumberedRecords:
        """Yield the records of a file, each with its row number and with the name of the account."""
        for number, record in self.build_records(read_rows(file, self.layout, run.notes), run):
            if isinstance(record, dict):
                record["account"] = run.account.name
            yield number, record


def get_provider(name: str) -> Provider:
    provider: Provider = import_module(f"{__name__}.{name}").PROVIDER
    return provider


def build_row_by_row(
    build_record: Callable[[FileRow, ImportRun], RecordDict],
) -> Callable[[FileRows, ImportRun], NumberedRecords]:
    """Return a `build_records` for a provider that has one message per row. Inbound messages are skipped."""

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


def translate_word(name: str, value: object, translations: Mapping[str, str]) -> str:
    """Return our word for a provider's word. Raises InvalidRecord if it is not among the `translations`."""
    if not isinstance(value, str) or value not in translations:
        raise InvalidRecord(f"{name}: {safe_repr(value)}is not known")
    return translations[value]


def parse_whole_number(value: object) -> object:
    """Convert a whole number that is written as text. Return anything else unchanged; the loader rejects it."""
    return int(value) if isinstance(value, str) and re.fullmatch(r"[0-9]{1,9}", value) else value


def safe_repr(value: object) -> str:
    """Return a word with quotes and a space, for an error message; "" for anything else.

    A value that is not a plain word may be a telephone number or a text, which must not appear in messages.
    """
    text = str(value)
    return f"{text!r} " if SAFE_WORD_PATTERN.fullmatch(text) else ""
