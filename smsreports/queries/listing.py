"""Lists: rows of one or several sources, newest first. All pages cost about the same, however deep.

The total and the number of rows of each day come from the counters. They say on which day row number 1,000,000
falls, so a deep page starts reading at that day. Rows of that day before the page are skipped in an index and never
fetched.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import cast

from django.conf import settings

from smsreports.accounts.models import Account
from smsreports.concurrency.slots import query_slots
from smsreports.counters.queries import CounterScope, build_total_query, totals_by_day
from smsreports.database.compiled import CompiledQuery, ResultRow
from smsreports.database.snapshot import FetchRows, read_snapshot, time_limit
from smsreports.queries.cursor import Position
from smsreports.queries.filters import build_counter_scope, clean_filters
from smsreports.queries.list_request import ListRequest
from smsreports.queries.rows import Row
from smsreports.queries.slow_pages import slow_pages
from smsreports.queries.source_query import ALIAS_PREFIX, Order, SourceQuery
from smsreports.sms.windows import ONE_DAY, utc_midnight
from smsreports.sources import SourceTable

# Up to this many rows, fetching and dropping them is cheaper than finding the position of the page first.
MAX_OFFSET_SCAN = 200
# PostgreSQL takes LIMIT and OFFSET as bigint; callers may ask for a page beyond it.
MAX_ROWS = 2**63 - 1
# Filters for which there is an index. It finds the rows of one of these filters; the others drop some of what it found.
SELECTIVE_FILTERS = frozenset({"status", "sender", "country", "no_country", "broadcast"})
Page = list[dict[str, object]]


class Listing:
    """The rows of one or several source queries as one list, newest first by (time, source, id).

    Each source query is read in the order of an index, and PostgreSQL merges them. Nothing is sorted.

    Methods that return a total are limited to `settings.LIST_SECONDS`, and take one of the account's slots if they may
    read many rows. They raise TooSlow, and ServiceUnavailable or Throttled if no slot comes free.
    """

    def __init__(
        self,
        source_queries: Sequence[SourceQuery],
        *,
        time_column: str,
        scope: CounterScope | None,
        measure: str = "sms",
    ) -> None:
        """Build the list.

        `time_column` is the column that orders the list. `scope` is what the counters must add up to count its rows,
        or None if they do not cover its filters. `measure` is the counters' measure that counts one for each row.
        """
        self.source_queries = list(source_queries)
        self.time_column = time_column
        self.scope = scope
        self.measure = measure
        self.columns = list(source_queries[0].table.columns)

    @property
    def _needs_slot(self) -> bool:
        """True if a page may need many more rows than it shows.

        That is so if the rows must be counted, and if there are several selective filters: an index finds the rows of
        one of them, and few of those may pass the others.
        """
        return self.scope is None or len(self.source_queries[0].values.keys() & SELECTIVE_FILTERS) > 1

    def get_page(self, first: int, size: int) -> tuple[int, Page]:
        """Return the total and up to `size` rows from row number `first` on. Row 0 is the newest."""
        if first < MAX_OFFSET_SCAN:
            return self._fetch_with_total(self._union_all(self.source_queries, self.columns, first, first + size))
        if self.scope is None:
            with slow_pages.watch_page(self._cache_key, first):
                return self._fetch_with_total(self._union_all(self.source_queries, self.columns, first, first + size))
        with self._limit_reading() as fetch, read_snapshot():
            days = totals_by_day(self.scope, self.measure)
            total = sum(count for _, count in days)
            return total, self._fetch_page_by_day(fetch, days, first, size) if first < total else []

    def get_page_after(self, position: Position, size: int) -> tuple[int, Page]:
        """Return the total and the `size` rows that follow `position`, which are older."""
        source_queries = [source_query.after_position(position) for source_query in self.source_queries]
        return self._fetch_with_total(self._union_all(source_queries, self.columns, 0, size))

    def get_page_before(self, position: Position, size: int) -> tuple[int, Page]:
        """Return the total and the `size` rows that precede `position`, newest first."""
        source_queries = [source_query.before_position(position) for source_query in self.source_queries]
        total, rows = self._fetch_with_total(self._union_all(source_queries, self.columns, 0, size, order=""))
        return total, rows[::-1]

    def get_first(self) -> dict[str, object] | None:
        """Return the newest row, or None, without counting. If a key narrows the list, it is the only row."""
        rows = self._as_dicts(self._union_all(self.source_queries, self.columns, 0, 1).fetch_all())
        return rows[0] if rows else None

    def count_rows(self) -> int:
        """Return the total alone."""
        with self._limit_reading() as fetch:
            (((total,),),) = fetch(self.build_count_query())
        return int(total)

    def get_position(self, row: Row) -> Position:
        """Return the position of one of the list's rows."""
        source = row.get("source", self.source_queries[0].table.source_label)
        return Position(cast(datetime, row[self.time_column]), cast(str, source), cast(int, row["id"]))

    def select_rows(self, limit: int, columns: Sequence[str]) -> CompiledQuery:
        """Return the query of the first `limit` rows, as tuples of these columns.

        They must be among those of the list, and hold those that order it.
        """
        return self._union_all(self.source_queries, columns, 0, limit)

    def build_count_query(self) -> CompiledQuery:
        """Return the query of the total, which may run on any connection."""
        if self.scope:
            return build_total_query(self.scope, self.measure)
        counts = [source_query.count_rows() for source_query in self.source_queries]
        sql = " + ".join(f"({count.sql})" for count in counts)
        return CompiledQuery(f"SELECT {sql}", [param for count in counts for param in count.params])

    def _fetch_with_total(self, page_query: CompiledQuery) -> tuple[int, Page]:
        with self._limit_reading() as fetch:
            ((total,),), rows = fetch(self.build_count_query(), page_query)
        return int(total), self._as_dicts(rows)

    @contextmanager
    def _limit_reading(self) -> Iterator[FetchRows]:
        """Yield the function that runs the queries of one answer, within its time limit and the account's slots."""
        slot = query_slots.acquire_slot(self.source_queries[0].values["account"]) if self._needs_slot else nullcontext()
        with slot, time_limit(settings.LIST_SECONDS) as fetch:
            yield fetch

    @property
    def _cache_key(self) -> Hashable:
        return tuple(
            (source_query.table.source_label, frozenset(source_query.values.items()))
            for source_query in self.source_queries
        )

    def _fetch_page_by_day(self, fetch: FetchRows, days: Sequence[tuple[date, int]], first: int, size: int) -> Page:
        """Return a deep page. `days` are (day, number of rows), newest first."""
        day, day_total, offset = _find_day(days, first)
        up_to_day = self.source_queries
        if day < date.max:
            end = utc_midnight(day + ONE_DAY)
            up_to_day = [source_query.ending_at(end) for source_query in self.source_queries]
        if offset < MAX_OFFSET_SCAN:
            page_query = self._union_all(up_to_day, self.columns, offset, offset + size)
        else:
            position = self._find_position(fetch, up_to_day, day, day_total, offset)
            from_position = [query.after_position(position, inclusive=True) for query in self.source_queries]
            page_query = self._union_all(from_position, self.columns, 0, size)
        (rows,) = fetch(page_query)
        return self._as_dicts(rows)

    def _find_position(
        self, fetch: FetchRows, up_to_day: Sequence[SourceQuery], day: date, day_total: int, offset: int
    ) -> Position:
        """Return the position of row number `offset` of a day, skipping rows from the nearer end of the day."""
        key_columns = [self.time_column, *(["source"] if "source" in self.columns else []), "id"]
        if offset <= day_total // 2:
            key_query = self._union_all(up_to_day, key_columns, offset, offset + 1)
        else:
            start = utc_midnight(day)
            from_day = [source_query.starting_at(start) for source_query in self.source_queries]
            key_query = self._union_all(from_day, key_columns, day_total - 1 - offset, day_total - offset, order="")
        ((key,),) = fetch(key_query)
        return self.get_position(dict(zip(key_columns, key, strict=True)))

    def _as_dicts(self, rows: Sequence[ResultRow]) -> Page:
        return [dict(zip(self.columns, row, strict=True)) for row in rows]

    def _union_all(
        self, source_queries: Sequence[SourceQuery], columns: Sequence[str], start: int, stop: int, order: Order = "-"
    ) -> CompiledQuery:
        """Return the query of rows `start` to `stop` of all source queries together.

        This is raw SQL around the ORM's, because the ORM would compile the two numbers into the text. Each source
        query has its own LIMIT too: without it PostgreSQL plans to read all of its rows, and sorts them.
        """
        start, stop = min(start, MAX_ROWS), min(stop, MAX_ROWS)
        queries = [source_query.select_ordered(columns, order) for source_query in source_queries]
        if len(queries) == 1:
            (query,) = queries
            return CompiledQuery(f"{query.sql} LIMIT %s OFFSET %s", [*query.params, stop - start, start])
        union = " UNION ALL ".join(f"({query.sql} LIMIT %s)" for query in queries)
        direction = "DESC" if order else "ASC"
        order_by = ", ".join(f'"{ALIAS_PREFIX}{name}" {direction}' for name in (self.time_column, "source", "id"))
        params = [param for query in queries for param in (*query.params, stop)]
        return CompiledQuery(f"{union} ORDER BY {order_by} LIMIT %s OFFSET %s", [*params, stop - start, start])


def _find_day(days: Sequence[tuple[date, int]], first: int) -> tuple[date, int, int]:
    """Return the day on which row number `first` falls, the day's number of rows, and the row's number in the day.

    Raises IndexError if there is no such row.
    """
    for day, day_total in days:
        if first < day_total:
            return day, day_total, first
        first -= day_total
    raise IndexError(first)


@dataclass(frozen=True)
class AccountTables:
    """The tables of a list, by the slugs of their sources, bound to one account. A view's queryset.

    `time_column` is the column that orders the list. `measure` is the counters' measure that counts one for each row.
    `values` are those of filters that the view sets itself.
    """

    account: Account
    tables: Mapping[str, SourceTable]
    time_column: str
    measure: str = "sms"
    values: Mapping[str, object] = field(default_factory=dict)

    def narrow(self, **values: object) -> AccountTables:
        """Return the same tables with filters that no request can change."""
        return replace(self, values={**self.values, **values})

    def filter(self, list_request: ListRequest) -> Listing:
        """Return the rows that pass the request's filters.

        Raises InvalidParams with the caller's parameter names. All sources clean a filter to the same value, so the
        counter scope is built from the values of the first.
        """
        source_queries = [
            SourceQuery(
                table, {"account": self.account.pk, **clean_filters(table.filterset, list_request), **self.values}
            )
            for table in self.tables.values()
        ]
        scope = build_counter_scope(self.account, list(self.tables), source_queries[0].values)
        return Listing(source_queries, time_column=self.time_column, scope=scope, measure=self.measure)
