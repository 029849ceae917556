"""Where a staff list's rows come from, newest first: each way reads an index, and none counts or sorts a table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from django.db import connection
from django.db.models import Q, QuerySet

from smsreports.accounts.models import Account
from smsreports.database.compiled import CompiledQuery
from smsreports.queries.listing import Listing

# What no counter knows is counted up to here, and pages without a day to jump to end here: skipping so many rows of
# an index takes milliseconds.
MAX_OFFSET = 10_000
# Rows that a search shows; nobody reads further.
MAX_SEARCH_RESULTS = 1_000


@dataclass(frozen=True)
class Total:
    """How many rows there are: exactly, or more than `number`; `reach` of them can be paged to."""

    number: int
    reachable: int
    is_exact: bool = True


class ResultSet(Protocol):
    """Rows of which a page can be cut."""

    def get_page(self, first: int, size: int) -> tuple[Total, Sequence[int]]:
        """How many rows there are, and the primary keys of those from number `first` on; none past the reach."""


@dataclass(frozen=True)
class AccountRows:
    """The list that the API shows for the same filters: counters say how many, and where a page begins."""

    listing: Listing

    def get_page(self, first: int, size: int) -> tuple[Total, Sequence[int]]:
        if self.listing.scope:
            number, rows = self.listing.get_page(first, size)
            return Total(number, reachable=number), [row["id"] for row in rows]
        number, rows = self.listing.get_page(first, size) if first < MAX_OFFSET else (self.listing.count_rows(), [])
        return Total(number, reachable=min(number, MAX_OFFSET)), [row["id"] for row in rows]


@dataclass(frozen=True)
class LatestRows:
    """Rows by descending id, as an index has them: of every account, or of one broadcast. `counted` gives their
    number from the counters, where they know it."""

    rows: QuerySet[Any]
    count_rows: Callable[[], int] | None = None

    def get_page(self, first: int, size: int) -> tuple[Total, Sequence[int]]:
        total = self._get_total()
        if first >= total.reachable:
            return total, []
        return total, list(self.rows.order_by("-pk").values_list("pk", flat=True)[first : first + size])

    def _get_total(self) -> Total:
        if self.count_rows:
            number = self.count_rows()
            return Total(number, reachable=min(number, MAX_OFFSET))
        return _count_up_to_max(CompiledQuery.from_queryset(self.rows.order_by().values("pk")))


class SearchResults:
    """What a word finds, by each of several conditions: at most MOST_FOUND rows, the newest by id.

    Every condition is asked for apart, because an OR of them reads the whole table.
    """

    def __init__(self, rows: QuerySet[Any], conditions: Iterable[Q], account: Account | None) -> None:
        # The indexes begin with the account: a look into each account's part of them.
        own = rows.filter(account__in=[account] if account else Account.objects.order_by().values("pk"))
        first, *others = (
            own.filter(condition).order_by("-pk").values("pk")[: MAX_SEARCH_RESULTS + 1] for condition in conditions
        )
        union = first.union(*others) if others else first
        found = sorted((row["pk"] for row in union), reverse=True)
        self._keys, self._more = found[:MAX_SEARCH_RESULTS], len(found) > MAX_SEARCH_RESULTS

    def get_page(self, first: int, size: int) -> tuple[Total, Sequence[int]]:
        number = len(self._keys)
        return Total(number, reachable=number, is_exact=not self._more), self._keys[first : first + size]


def _count_up_to_max(rows: CompiledQuery) -> Total:
    """Counts up to REACH. Raw SQL around what the ORM made, which would compile the number into the text."""
    ((number,),) = CompiledQuery(
        f"SELECT count(*) FROM (SELECT FROM ({rows.sql}) AS r LIMIT %s) AS c", [*rows.params, MAX_OFFSET + 1]
    ).fetch_all()
    return Total(min(number, MAX_OFFSET), min(number, MAX_OFFSET), is_exact=number <= MAX_OFFSET)


def set_statement_timeout(seconds: int) -> None:
    """For the rest of the transaction, a query that takes longer is cancelled. The ORM has no word for it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [f"{seconds}s"])
