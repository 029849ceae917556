"""A list: rows of one source or several, newest first, whose pages all cost about the same.

Its total and its days come from the counters. They say on which day row number 1,000,000 falls, so reading
starts at that day's edge; within the day, rows are skipped in an index and never fetched.
"""

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from datetime import date
from typing import Any

from django.conf import settings

from smsreports.accounts.models import Account
from smsreports.concurrency.slots import query_slots
from smsreports.counters.queries import CounterScope, build_total_query, totals_by_day
from smsreports.database.compiled import CompiledQuery
from smsreports.database.snapshot import read_snapshot, time_limit
from smsreports.queries.cursor import Position
from smsreports.queries.filters import build_counter_scope, clean_filters
from smsreports.queries.list_request import ListRequest
from smsreports.queries.slow_pages import slow_pages
from smsreports.queries.source_query import ALIAS_PREFIX, Order, SourceQuery
from smsreports.sms.windows import ONE_DAY, utc_midnight
from smsreports.sources import SourceTable

# Up to so many rows it is cheaper to fetch and drop them than to look for the place first.
MAX_OFFSET_SCAN = 200
# PostgreSQL counts rows in a bigint; a page may be asked for beyond it.
MAX_ROWS = 2**63 - 1
# Filters by which an index finds rows, one of them at a time.
SELECTIVE = frozenset({"status", "sender", "country", "no_country", "broadcast"})
Read = Callable[..., list[list[tuple[Any, ...]]]]


class Listing:
    """The rows of some legs as one list, newest first by (time, source, id). They are merged, never sorted.

    `time` names the column by which the list is ordered; `scope` says what of the counters covers it, or
    is None where they cannot; `measure` is what a row of the list counts as.
    """

    def __init__(
        self, legs: Sequence[SourceQuery], *, time: str, scope: CounterScope | None, measure: str = "sms"
    ) -> None:
        self.legs, self.time, self.scope, self.measure = list(legs), time, scope, measure
        self.names = list(legs[0].table.columns)

    @property
    def reads_many(self) -> bool:
        """Whether an answer may have to read many more rows than it shows: no counter knows the total, or an index
        finds the rows of one filter alone, and the others leave few of them."""
        return self.scope is None or len(self.legs[0].values.keys() & SELECTIVE) > 1

    def get_page(self, first: int, size: int) -> tuple[int, list[dict[str, Any]]]:
        """How many rows there are, and those from number `first` (0 is the newest), at most `size`.

        Raises TooSlow, and what a slot raises; so do the other methods that count.
        """
        if first < MAX_OFFSET_SCAN or self.scope is None:
            with slow_pages.watch_page(self._question, first) if first >= MAX_OFFSET_SCAN else nullcontext():
                return self._fetch_with_total(self._union_all(self.legs, self.names, first, first + size))
        with self._limits() as read, read_snapshot():
            days = totals_by_day(self.scope, self.measure)
            total = sum(number for _, number in days)
            return total, self._page_by_day(read, days, first, size) if first < total else []

    def get_page_after(self, place: Position, size: int) -> tuple[int, list[dict[str, Any]]]:
        """The same of the `size` rows next below `place`."""
        legs = [leg.after_position(place) for leg in self.legs]
        return self._fetch_with_total(self._union_all(legs, self.names, 0, size))

    def get_page_before(self, place: Position, size: int) -> tuple[int, list[dict[str, Any]]]:
        """The same of those next above it, newest first."""
        legs = [leg.before_position(place) for leg in self.legs]
        total, rows = self._fetch_with_total(self._union_all(legs, self.names, 0, size, order=""))
        return total, rows[::-1]

    def get_first(self) -> dict[str, Any] | None:
        """The first row, without counting: of a list that a key narrows, the only one."""
        rows = self._as_dicts(self._union_all(self.legs, self.names, 0, 1).fetch_all())
        return rows[0] if rows else None

    def count_rows(self) -> int:
        with self._limits() as read:
            (((number,),),) = read(self.build_count_query())
        return int(number)

    def get_position(self, row: Mapping[str, Any]) -> Position:
        return Position(row[self.time], row.get("source", self.legs[0].table.source_label), row["id"])

    def select_rows(self, limit: int) -> CompiledQuery:
        """The first `limit` rows, as tuples of the columns in `names`."""
        return self._union_all(self.legs, self.names, 0, limit)

    def build_count_query(self) -> CompiledQuery:
        """The same as `count`, for any connection."""
        if self.scope:
            return build_total_query(self.scope, self.measure)
        counts = [leg.count_rows() for leg in self.legs]
        sql = " + ".join(f"({count.sql})" for count in counts)
        return CompiledQuery(f"SELECT {sql}", [param for count in counts for param in count.params])

    def _fetch_with_total(self, rows: CompiledQuery) -> tuple[int, list[dict[str, Any]]]:
        with self._limits() as read:
            ((total,),), found = read(self.build_count_query(), rows)
        return int(total), self._as_dicts(found)

    @contextmanager
    def _limits(self) -> Iterator[Read]:
        """Yield what reads the statements of one answer, within its time, and within the account's slots."""
        slot = query_slots.acquire_slot(self.legs[0].values["account"]) if self.reads_many else nullcontext()
        with slot, time_limit(settings.LIST_SECONDS) as read:
            yield read

    @property
    def _question(self) -> Hashable:
        return tuple((leg.table.source_label, frozenset(leg.values.items())) for leg in self.legs)

    def _page_by_day(self, read: Read, days: Sequence[tuple[date, int]], first: int, size: int) -> list[dict[str, Any]]:
        day, number, rest = _find_day(days, first)
        legs = [leg.ending_at(utc_midnight(day + ONE_DAY)) for leg in self.legs] if day < date.max else self.legs
        if rest < MAX_OFFSET_SCAN:
            found = self._union_all(legs, self.names, rest, rest + size)
        else:
            place = self._find_position(read, legs, day, number, rest)
            found = self._union_all(
                [leg.after_position(place, inclusive=True) for leg in self.legs], self.names, 0, size
            )
        (rows,) = read(found)
        return self._as_dicts(rows)

    def _find_position(self, read: Read, legs: Sequence[SourceQuery], day: date, number: int, rest: int) -> Position:
        """The place of row `rest` of a day's `number`, skipped to from whichever end of the day is nearer."""
        keys = [self.time, *(["source"] if "source" in self.names else []), "id"]
        if rest <= number // 2:
            found = self._union_all(legs, keys, rest, rest + 1)
        else:
            above = [leg.starting_at(utc_midnight(day)) for leg in self.legs]
            found = self._union_all(above, keys, number - 1 - rest, number - rest, order="")
        ((row,),) = read(found)
        return self.get_position(dict(zip(keys, row, strict=True)))

    def _as_dicts(self, rows: Sequence[tuple[Any, ...]]) -> list[dict[str, Any]]:
        return [dict(zip(self.names, row, strict=True)) for row in rows]

    def _union_all(
        self, legs: Sequence[SourceQuery], names: Sequence[str], start: int, stop: int, order: Order = "-"
    ) -> CompiledQuery:
        """Rows `start` to `stop` of all legs. Raw SQL, around what the ORM made of each leg, because it would
        compile the numbers into the text.

        Each leg ends at `stop` too: without that, PostgreSQL plans a leg as if all of it were wanted, and sorts.
        """
        start, stop = min(start, MAX_ROWS), min(stop, MAX_ROWS)
        first, *others = (leg.select_ordered(names, order) for leg in legs)
        if not others:
            return CompiledQuery(f"{first.sql} LIMIT %s OFFSET %s", [*first.params, stop - start, start])
        sql = " UNION ALL ".join(f"({one.sql} LIMIT %s)" for one in (first, *others))
        way = "DESC" if order else "ASC"
        by = ", ".join(f'"{ALIAS_PREFIX}{name}" {way}' for name in (self.time, "source", "id"))
        params = [param for one in (first, *others) for param in (*one.params, stop)]
        return CompiledQuery(f"{sql} ORDER BY {by} LIMIT %s OFFSET %s", [*params, stop - start, start])


def _find_day(days: Sequence[tuple[date, int]], first: int) -> tuple[date, int, int]:
    """The day on which row number `first` falls, how many rows the day has, and the row's number in it."""
    for day, number in days:
        if first < number:
            return day, number, first
        first -= number
    raise IndexError(first)


def build_listing(
    account: Account, sources: Mapping[str, SourceTable], list_request: ListRequest, *, time: str, measure: str = "sms"
) -> Listing:
    """What `asked` wants of the account's rows in these sources, which are given by their slugs.

    Raises InvalidParams in the caller's words. The sources understand a caller's filters alike, so the counters'
    scope of one speaks for all.
    """
    legs = [
        SourceQuery(rows, {"account": account.pk, **clean_filters(rows.filterset, list_request)})
        for rows in sources.values()
    ]
    return Listing(legs, time=time, scope=build_counter_scope(account, list(sources), legs[0].values), measure=measure)
