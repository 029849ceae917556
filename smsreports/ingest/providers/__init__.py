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
from smsreports.ingest.fields import Refused, is_final
from smsreports.ingest.readers import Layout, Notes, Row, Rows, rows

Record = dict[str, Any]
Records = Iterator[tuple[int, Record | Refused]]
NAMES = tuple(sorted(module.name for module in iter_modules(__path__)))
WORD = re.compile("[A-Za-z_-]{0,32}")


@dataclass
class Import:
    """Files of one provider on their way into one account."""

    account: Account
    notes: Notes = field(default_factory=Notes)

    def currency(self, name: str, value: Any) -> None:
        """Every cost of an account is in its currency. Raises Refused."""
        own = self.account.currency
        if value in (None, ""):
            self.notes.remark(f"{name} is missing: costs are assumed to be in {own}, the account's currency")
        elif str(value).upper() != own:
            raise Refused(f"{name}: {shown(value)}is not {own}, the account's currency")

    def priced(self, name: str, value: Any, status: str) -> bool:
        """Whether there is a price. A stored cost never changes, so one that is still to come is waited for.

        Raises Refused.
        """
        if value not in (None, ""):
            return True
        if not is_final(status):
            raise Refused(f"{name}: is not known yet; import the message when its status is final")
        self.notes.remark(f"{name} is missing for some final messages: their cost is set to 0")
        return False


@dataclass(frozen=True)
class Provider:
    """How a provider's files become records, each with the number of its row."""

    layout: Layout
    records: Callable[[Rows, Import], Records]

    def read(self, file: BinaryIO, imported: Import) -> Records:
        for number, record in self.records(rows(file, self.layout, imported.notes), imported):
            if isinstance(record, dict):
                record["account"] = imported.account.name
            yield number, record


def named(name: str) -> Provider:
    provider: Provider = import_module(f"{__name__}.{name}").PROVIDER
    return provider


def taken(record: Record | Refused) -> Record:
    """What a provider read, as the loader wants it. Raises Refused."""
    if isinstance(record, Refused):
        raise record
    return record


def each(record: Callable[[Row, Import], Record]) -> Callable[[Rows, Import], Records]:
    """For a provider whose rows are one message each; those that were received, by `direction`, are skipped."""

    def records(found: Rows, imported: Import) -> Records:
        for number, row in found:
            if isinstance(row, Refused):
                yield number, row
            elif row["direction"] == "inbound":
                imported.notes.skipped += 1
            else:
                try:
                    yield number, record(row, imported)
                except Refused as fault:
                    yield number, fault

    return records


def word(name: str, value: Any, words: Mapping[str, str]) -> str:
    """Our word for a provider's. Raises Refused."""
    if not isinstance(value, str) or value not in words:
        raise Refused(f"{name}: {shown(value)}is not known")
    return words[value]


def whole(value: Any) -> Any:
    """A whole number that may be written as text; anything else as it is, for the record's reader to refuse."""
    return int(value) if isinstance(value, str) and re.fullmatch(r"[0-9]{1,9}", value) else value


def shown(value: Any) -> str:
    """A word, for a refusal to name. Where no word stands it may be anyone's number or text, which nobody repeats."""
    text = str(value)
    return f"{text!r} " if WORD.fullmatch(text) else ""
