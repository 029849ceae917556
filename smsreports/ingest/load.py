"""Loading: lines in, whole batches committed, every line loaded or named."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count, islice

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
Line = tuple[int, bytes]


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
            raise Refused(f"account: {name!r} cannot be a name: letters, digits, . _ - alone") from None
        return Account.objects.get_or_create(name=name)[0]


def load(lines: Iterable[Line], accounts: Accounts) -> Iterator[Outcome]:
    """Loads numbered lines of NDJSON, batch by batch; blank lines are passed over.

    Each outcome is on disk when it is given out. A batch is loaded whole or not at all.
    """
    rest = iter(lines)
    for number in count(1):
        batch = list(islice(rest, BATCH_LINES))
        if not batch or number % SQUASH_EVERY == 0:
            squash()
        if not batch:
            return
        yield load_batch(batch, accounts)


def load_batch(batch: Sequence[Line], accounts: Accounts) -> Outcome:
    rows, rejected, touched = _read(batch, accounts)
    read = sum(len(staged_rows) for staged_rows in rows.values())
    if not read:
        return Outcome(rejected=rejected)
    refresh_statistics()
    with transaction.atomic(), connection.cursor() as cursor:
        prepare(cursor)
        for table, staged_rows in rows.items():
            copy_in(cursor, table, staged_rows)
        accepted, refused = merge(cursor, touched, rows.keys())
    known = read - accepted - sum(not one.waited for one in refused)
    return Outcome(accepted, known, sorted(rejected + refused, key=lambda one: one.line))


def _read(batch: Sequence[Line], accounts: Accounts) -> tuple[dict[str, list[str]], list[Rejected], set[int]]:
    """Rows by staging table, the lines that are none, and the accounts that the rows belong to."""
    rows: dict[str, list[str]] = defaultdict(list)
    rejected, touched = [], set()
    for number, line in batch:
        try:
            record = parse(line)
            table, values = staged(record)
            account = accounts.id(record.get("account"))
        except Refused as fault:
            rejected.append(Rejected(number, str(fault)))
            continue
        rows[table].append(f"{number}\t{account}\t{values}")
        touched.add(account)
    return rows, rejected, touched
