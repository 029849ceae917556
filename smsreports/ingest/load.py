"""Loading: lines in, whole batches committed, every line loaded or named."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction

from smsreports.accounts.models import Account
from smsreports.counters.squash import squash
from smsreports.ingest.fields import Refused
from smsreports.ingest.merge import Rejected, merge
from smsreports.ingest.records import parse, staged
from smsreports.ingest.staging import copy_in, prepare
from smsreports.ingest.statistics import refresh_statistics

# Large enough that a batch's fixed cost is spread thin, small enough for its memory and for a short transaction.
BATCH_LINES = 10_000
# Batches after which the counters' differences are squashed, so that a long load does not slow its readers.
SQUASH_EVERY = 20
# A numbered line, and how it becomes a record, raising Refused: a line of NDJSON, unless the caller says otherwise.
Line = tuple[int, Any]
Parse = Callable[[Any], Mapping[str, Any]]


@dataclass
class Outcome:
    """What became of a batch: `accepted` lines are new, `duplicates` were known, `rejected` are named."""

    accepted: int = 0
    duplicates: int = 0
    rejected: list[Rejected] = field(default_factory=list)


@dataclass
class Counts:
    """What became of many batches, in numbers."""

    accepted: int = 0
    duplicates: int = 0
    rejected: int = 0

    def add(self, outcome: Outcome) -> None:
        self.accepted += outcome.accepted
        self.duplicates += outcome.duplicates
        self.rejected += len(outcome.rejected)

    def __str__(self) -> str:
        return f"{self.accepted} accepted, {self.duplicates} duplicates, {self.rejected} rejected"


class Accounts:
    """Account ids by name, remembered; with `create` an unknown one is made."""

    def __init__(self, *, create: bool = False) -> None:
        self._create = create
        self._ids: dict[str, int] = {}

    def id(self, name: object) -> int:
        """Raises Refused."""
        if not isinstance(name, str):
            raise Refused("account: is missing" if name is None else "account: must be text")
        if name not in self._ids:
            self._ids[name] = self._find(name)
        return self._ids[name]

    def _find(self, name: str) -> int:
        found = Account.objects.filter(name=name).first() if "\0" not in name else None
        if found is None and self._create:
            found = self._made(name)
        if found is None:
            raise Refused(f"account: {name!r} is not known")
        return int(found.pk)

    def _made(self, name: str) -> Account:
        try:
            Account(name=name).full_clean()
        except ValidationError:
            raise Refused(f"account: {name!r} is not a valid name; use letters, digits and . _ -") from None
        return Account.objects.get_or_create(name=name)[0]


@dataclass
class Batch:
    """Lines as they were read: rows of a staging table with the account's name, and those that are none."""

    rows: list[tuple[int, str, object, str]] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)


def load(lines: Iterable[Line], accounts: Accounts, parse: Parse = parse) -> Iterator[Outcome]:
    """Loads numbered lines, batch by batch.

    Each outcome is on disk when it is given out. A batch is loaded whole or not at all.
    """
    with ThreadPoolExecutor(1) as reader:
        for number, batch in enumerate(_ahead(reader, lines, parse), start=1):
            yield _store(batch, accounts)
            if number % SQUASH_EVERY == 0:
                squash()
    squash()


def load_batch(lines: Sequence[Line], accounts: Accounts, parse: Parse = parse) -> Outcome:
    return _store(_read(lines, parse), accounts)


def _ahead(reader: Executor, lines: Iterable[Line], parse: Parse) -> Iterator[Batch]:
    """Each batch, read. The next one is read, on another core, while the database has this one to do."""
    rest, before = iter(lines), None
    while batch := list(islice(rest, BATCH_LINES)):
        reading = reader.submit(_read, batch, parse)
        if before is not None:
            yield before.result()
        before = reading
    if before is not None:
        yield before.result()


def _read(lines: Sequence[Line], parse: Parse) -> Batch:
    """Nothing here asks the database: another thread has no part in this one's transactions."""
    batch = Batch()
    for number, line in lines:
        try:
            record = parse(line)
            table, values = staged(record)
        except Refused as fault:
            batch.rejected.append(Rejected(number, str(fault)))
            continue
        batch.rows.append((number, table, record.get("account"), values))
    return batch


def _store(batch: Batch, accounts: Accounts) -> Outcome:
    rows, unknown, touched = _owned(batch, accounts)
    rejected = batch.rejected + unknown
    read = sum(len(staged_rows) for staged_rows in rows.values())
    if not read:
        return Outcome(rejected=sorted(rejected, key=_line))
    refresh_statistics()
    with transaction.atomic(), connection.cursor() as cursor:
        prepare(cursor)
        for table, staged_rows in rows.items():
            copy_in(cursor, table, staged_rows)
        accepted, refused = merge(cursor, touched, rows.keys())
    known = read - accepted - sum(not one.waited for one in refused)
    return Outcome(accepted, known, sorted(rejected + refused, key=_line))


def _owned(batch: Batch, accounts: Accounts) -> tuple[dict[str, list[str]], list[Rejected], set[int]]:
    """Rows by staging table, the lines of accounts that are not known, and the accounts that the rows belong to."""
    rows: dict[str, list[str]] = defaultdict(list)
    rejected, touched = [], set()
    for number, table, name, values in batch.rows:
        try:
            account = accounts.id(name)
        except Refused as fault:
            rejected.append(Rejected(number, str(fault)))
            continue
        rows[table].append(f"{number}\t{account}\t{values}")
        touched.add(account)
    return rows, rejected, touched


def _line(rejected: Rejected) -> int:
    return rejected.line
