"""Result sets of staff lists, newest first. Each reads an index; none counts or sorts a whole table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol, cast

from django.db import connection
from django.db.models import Model, Q, QuerySet

from smsreports.accounts.models import Account
from smsreports.database.compiled import CompiledQuery
from smsreports.queries.listing import Listing

# Rows without counters are counted up to this number, and lists that cannot seek by day end at it. Skipping so many
# rows of an index takes milliseconds.
MAX_OFFSET = 10_000
# Maximum number of rows that a search shows.
MAX_SEARCH_RESULTS = 1_000


@dataclass(frozen=True)
class Total:
    """Number of rows; if it is not exact, there are more. The first `reachable` of them can be paged to."""

    number: int
    reachable: int
    is_exact: bool = True


class ResultSet(Protocol):
    """Rows that can be read a page at a time."""

    def get_page(self, first: int, size: int) -> tuple[Total, Sequence[int]]:
        """Return the total, and up to `size` primary keys from offset `first` on; none beyond `reachable`."""


@dataclass(frozen=True)
class AccountRows:
    """Rows of an account: the same list as the API's. Its counters give the total and the day of each page."""

    listing: Listing

    def get_page(self, first: int, size: int) -> tuple[Total, Sequence[int]]:
        if self.listing.scope:
            number, rows = self.listing.get_page(first, size)
            return Total(number, reachable=number), [cast(int, row["id"]) for row in rows]
        number, rows = self.listing.get_page(first, size) if first < MAX_OFFSET else (self.listing.count_rows(), [])
        return Total(number, reachable=min(number, MAX_OFFSET)), [cast(int, row["id"]) for row in rows]


@dataclass(frozen=True)
class LatestRows:
    """Rows of every account or of one broadcast, by descending id. `count_rows`, if any, counts them by counters."""

    rows: QuerySet[Model]
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
        # Count up to MAX_OFFSET. Raw SQL around the ORM's query, because the ORM would compile the limit into the text.
        query = CompiledQuery.from_queryset(self.rows.order_by().values("pk"))
        ((number,),) = CompiledQuery(
            f"SELECT count(*) FROM (SELECT FROM ({query.sql}) AS r LIMIT %s) AS c", [*query.params, MAX_OFFSET + 1]
        ).fetch_all()
        return Total(min(number, MAX_OFFSET), min(number, MAX_OFFSET), is_exact=number <= MAX_OFFSET)


class SearchResults:
    """Rows that match any of several conditions: at most MAX_SEARCH_RESULTS, the newest by id.

    Every condition is a query of its own in a UNION, because an OR of them would read the whole table.
    """

    def __init__(self, rows: QuerySet[Model], conditions: Iterable[Q], account: Account | None) -> None:
        # The indexes begin with the account, so a search of all accounts looks up each of them.
        rows = rows.filter(account__in=[account] if account else Account.objects.order_by().values("pk"))
        first, *others = (
            rows.filter(condition).order_by("-pk").values("pk")[: MAX_SEARCH_RESULTS + 1] for condition in conditions
        )
        union = first.union(*others) if others else first
        keys = sorted((row["pk"] for row in union), reverse=True)
        self._keys, self._has_more = keys[:MAX_SEARCH_RESULTS], len(keys) > MAX_SEARCH_RESULTS

    def get_page(self, first: int, size: int) -> tuple[Total, Sequence[int]]:
        number = len(self._keys)
        return Total(number, reachable=number, is_exact=not self._has_more), self._keys[first : first + size]


def limit_statement_time(seconds: int) -> None:
    """Cancel slower queries for the rest of the transaction. The ORM has no such setting."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [f"{seconds}s"])
