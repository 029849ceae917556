"""Loading of lines in batches. Each batch is committed whole, and each line is loaded or reported as rejected."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from operator import attrgetter

from django.core.exceptions import ValidationError
from django.db import connection, transaction

from smsreports.accounts.models import Account
from smsreports.counters.squash import squash_counters
from smsreports.ingest.analyze import refresh_statistics
from smsreports.ingest.merge import merge_staged
from smsreports.ingest.parsing import LineContent, build_staging_row, read_record
from smsreports.ingest.staging import copy_rows, prepare_tables
from smsreports.records.field_parsers import InvalidRecord
from smsreports.records.merge_steps import RejectedLine

# Large enough to spread a batch's fixed cost, small enough for little memory and a short transaction.
BATCH_LINES = 10_000
# Batches between two squashes of the counters, so that a long load does not slow their readers.
SQUASH_EVERY_BATCHES = 20
# The line's number and its content.
NumberedLine = tuple[int, LineContent]
# Default countries of accounts by the name in a record, which is None where the record leaves the account out.
DefaultCountries = Mapping[str | None, str]


@dataclass
class BatchResult:
    """Result of a batch: counts of new and of known lines, and the rejected lines with their errors."""

    accepted: int = 0
    duplicates: int = 0
    rejected: list[RejectedLine] = field(default_factory=list)


@dataclass
class LoadTotals:
    """Line counts summed over batches."""

    accepted: int = 0
    duplicates: int = 0
    rejected: int = 0

    def add_batch(self, result: BatchResult) -> None:
        self.accepted += result.accepted
        self.duplicates += result.duplicates
        self.rejected += len(result.rejected)

    def __str__(self) -> str:
        return f"{self.accepted} accepted, {self.duplicates} duplicates, {self.rejected} rejected"


class AccountResolver:
    """Lookup of accounts by name: their ids, which are cached, and their default countries.

    With `create`, unknown accounts are created.
    """

    def __init__(self, *, create: bool = False) -> None:
        self._create = create
        self._ids: dict[str, int] = {}

    def resolve_id(self, name: object) -> int:
        """Return the account's id. Raises InvalidRecord for a name that is missing, not text or unknown."""
        if not isinstance(name, str):
            raise InvalidRecord("account: is missing" if name is None else "account: must be text")
        if name not in self._ids:
            self._ids[name] = self._find_or_create(name)
        return self._ids[name]

    def get_default_countries(self) -> DefaultCountries:
        """Return the countries of all accounts that have one: lines are parsed without the database."""
        return dict(Account.objects.exclude(default_country="").values_list("name", "default_country"))

    def _find_or_create(self, name: str) -> int:
        account = Account.objects.filter(name=name).first() if "\0" not in name else None
        if account is None and self._create:
            account = self._create_account(name)
        if account is None:
            raise InvalidRecord(f"account: {name!r} is not known")
        return int(account.pk)

    def _create_account(self, name: str) -> Account:
        try:
            Account(name=name).full_clean()
        except ValidationError:
            raise InvalidRecord(f"account: {name!r} is not a valid name; use letters, digits and . _ -") from None
        return Account.objects.get_or_create(name=name)[0]


@dataclass
class ParsedBatch:
    """Parsed lines of a batch.

    Each row is the line's number, its staging table, the account's name and the values in COPY's text format.
    """

    rows: list[tuple[int, str, object, str]] = field(default_factory=list)
    rejected: list[RejectedLine] = field(default_factory=list)


def load_lines(lines: Iterable[NumberedLine], accounts: AccountResolver) -> Iterator[BatchResult]:
    """Load numbered lines and yield one result per batch.

    A batch is loaded whole or not at all. It is committed before its result is yielded.
    """
    default_countries = accounts.get_default_countries()
    with ThreadPoolExecutor(1) as reader:
        for number, batch in enumerate(_prefetch_batches(reader, lines, default_countries), start=1):
            yield _store_batch(batch, accounts)
            if number % SQUASH_EVERY_BATCHES == 0:
                squash_counters()
    squash_counters()


def load_batch(lines: Sequence[NumberedLine], accounts: AccountResolver) -> BatchResult:
    return _store_batch(_parse_batch(lines, accounts.get_default_countries()), accounts)


def _prefetch_batches(
    reader: Executor, lines: Iterable[NumberedLine], default_countries: DefaultCountries
) -> Iterator[ParsedBatch]:
    """Yield parsed batches. The next batch is parsed in another thread while the database loads this one."""
    remaining, pending = iter(lines), None
    while batch := list(islice(remaining, BATCH_LINES)):
        parsing = reader.submit(_parse_batch, batch, default_countries)
        if pending is not None:
            yield pending.result()
        pending = parsing
    if pending is not None:
        yield pending.result()


def _parse_batch(lines: Sequence[NumberedLine], default_countries: DefaultCountries) -> ParsedBatch:
    """Parse lines without using the database: this runs in a thread with a connection of its own."""
    batch = ParsedBatch()
    for number, content in lines:
        try:
            record = read_record(content)
            account = record.get("account")
            table, values = build_staging_row(record, _get_default_country(default_countries, account))
        except InvalidRecord as error:
            batch.rejected.append(RejectedLine(number, str(error)))
            continue
        batch.rows.append((number, table, account, values))
    return batch


def _get_default_country(default_countries: DefaultCountries, account: object) -> str:
    """Return the default country of the account that a record names, or "". The name may be anything."""
    return default_countries.get(account, "") if account is None or isinstance(account, str) else ""


def _store_batch(batch: ParsedBatch, accounts: AccountResolver) -> BatchResult:
    rows, unknown, account_ids = _resolve_accounts(batch, accounts)
    rejected = batch.rejected + unknown
    staged_count = sum(len(staged_rows) for staged_rows in rows.values())
    if not staged_count:
        return BatchResult(rejected=sorted(rejected, key=attrgetter("line")))
    refresh_statistics()
    with transaction.atomic(), connection.cursor() as cursor:
        prepare_tables(cursor)
        for table, staged_rows in rows.items():
            copy_rows(cursor, table, staged_rows)
        merged = merge_staged(cursor, account_ids, rows.keys())
    duplicates = staged_count - merged.accepted - sum(not conflict.waited for conflict in merged.rejected)
    return BatchResult(merged.accepted, duplicates, sorted(rejected + merged.rejected, key=attrgetter("line")))


def _resolve_accounts(
    batch: ParsedBatch, accounts: AccountResolver
) -> tuple[dict[str, list[str]], list[RejectedLine], set[int]]:
    """Return rows by staging table, rejected lines of unknown accounts, and the ids of the rows' accounts."""
    rows: dict[str, list[str]] = defaultdict(list)
    rejected, account_ids = [], set()
    for number, table, name, values in batch.rows:
        try:
            account = accounts.resolve_id(name)
        except InvalidRecord as error:
            rejected.append(RejectedLine(number, str(error)))
            continue
        rows[table].append(f"{number}\t{account}\t{values}")
        account_ids.add(account)
    return rows, rejected, account_ids
