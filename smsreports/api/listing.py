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
from smsreports.api.filters import scope, wanted
from smsreports.api.hopeless import hopeless
from smsreports.api.legs import MARK, Leg, Order
from smsreports.api.slots import slots
from smsreports.api.snapshot import snapshot, time_limit
from smsreports.counters.reading import Scope, by_day, total_statement
from smsreports.dialects.base import Asked
from smsreports.dialects.cursor import Place
from smsreports.sources import Rows
from smsreports.statements import Statement
from smsreports.windows import ONE_DAY, midnight

# Up to so many rows it is cheaper to fetch and drop them than to look for the place first.
NEAR = 200
# PostgreSQL counts rows in a bigint; a page may be asked for beyond it.
MOST_ROWS = 2**63 - 1
# Filters by which an index finds rows, one of them at a time.
SELECTIVE = frozenset({"status", "sender", "country", "no_country", "broadcast"})
Read = Callable[..., list[list[tuple[Any, ...]]]]


class Listing:
    """The rows of some legs as one list, newest first by (time, source, id). They are merged, never sorted.

    `time` names the column by which the list is ordered; `scope` says what of the counters covers it, or
    is None where they cannot; `measure` is what a row of the list counts as.
    """

    def __init__(self, legs: Sequence[Leg], *, time: str, scope: Scope | None, measure: str = "sms") -> None:
        self.legs, self.time, self.scope, self.measure = list(legs), time, scope, measure
        self.names = list(legs[0].source.columns)

    @property
    def reads_many(self) -> bool:
        """Whether an answer may have to read many more rows than it shows: no counter knows the total, or an index
        finds the rows of one filter alone, and the others leave few of them."""
        return self.scope is None or len(self.legs[0].values.keys() & SELECTIVE) > 1

    def page(self, first: int, size: int) -> tuple[int, list[dict[str, Any]]]:
        """How many rows there are, and those from number `first` (0 is the newest), at most `size`.

        Raises TooSlow, and what a slot raises; so do the other methods that count.
        """
        if first < NEAR or self.scope is None:
            with hopeless.watch(self._question, first) if first >= NEAR else nullcontext():
                return self._counted(self._merged(self.legs, self.names, first, first + size))
        with self._limits() as read, snapshot():
            days = by_day(self.scope, self.measure)
            total = sum(number for _, number in days)
            return total, self._deep(read, days, first, size) if first < total else []

    def after(self, place: Place, size: int) -> tuple[int, list[dict[str, Any]]]:
        """The same of the `size` rows next below `place`."""
        legs = [leg.after(place) for leg in self.legs]
        return self._counted(self._merged(legs, self.names, 0, size))

    def before(self, place: Place, size: int) -> tuple[int, list[dict[str, Any]]]:
        """The same of those next above it, newest first."""
        legs = [leg.before(place) for leg in self.legs]
        total, rows = self._counted(self._merged(legs, self.names, 0, size, order=""))
        return total, rows[::-1]

    def newest(self) -> dict[str, Any] | None:
        """The first row, without counting: of a list that a key narrows, the only one."""
        rows = self._named(self._merged(self.legs, self.names, 0, 1).rows())
        return rows[0] if rows else None

    def count(self) -> int:
        with self._limits() as read:
            (((number,),),) = read(self.count_statement())
        return int(number)

    def place(self, row: Mapping[str, Any]) -> Place:
        return Place(row[self.time], row.get("source", self.legs[0].source.label), row["id"])

    def rows(self, limit: int) -> Statement:
        """The first `limit` rows, as tuples of the columns in `names`."""
        return self._merged(self.legs, self.names, 0, limit)

    def count_statement(self) -> Statement:
        """The same as `count`, for any connection."""
        if self.scope:
            return total_statement(self.scope, self.measure)
        counts = [leg.count() for leg in self.legs]
        sql = " + ".join(f"({count.sql})" for count in counts)
        return Statement(f"SELECT {sql}", [param for count in counts for param in count.params])

    def _counted(self, rows: Statement) -> tuple[int, list[dict[str, Any]]]:
        with self._limits() as read:
            ((total,),), found = read(self.count_statement(), rows)
        return int(total), self._named(found)

    @contextmanager
    def _limits(self) -> Iterator[Read]:
        """Yield what reads the statements of one answer, within its time, and within the account's slots."""
        slot = slots.acquire(self.legs[0].values["account"]) if self.reads_many else nullcontext()
        with slot, time_limit(settings.LIST_SECONDS) as read:
            yield read

    @property
    def _question(self) -> Hashable:
        return tuple((leg.source.label, frozenset(leg.values.items())) for leg in self.legs)

    def _deep(self, read: Read, days: Sequence[tuple[date, int]], first: int, size: int) -> list[dict[str, Any]]:
        day, number, rest = _day_of(days, first)
        legs = [leg.until(midnight(day + ONE_DAY)) for leg in self.legs] if day < date.max else self.legs
        if rest < NEAR:
            found = self._merged(legs, self.names, rest, rest + size)
        else:
            place = self._place(read, legs, day, number, rest)
            found = self._merged([leg.after(place, inclusive=True) for leg in self.legs], self.names, 0, size)
        (rows,) = read(found)
        return self._named(rows)

    def _place(self, read: Read, legs: Sequence[Leg], day: date, number: int, rest: int) -> Place:
        """The place of row `rest` of a day's `number`, skipped to from whichever end of the day is nearer."""
        keys = [self.time, *(["source"] if "source" in self.names else []), "id"]
        if rest <= number // 2:
            found = self._merged(legs, keys, rest, rest + 1)
        else:
            above = [leg.since(midnight(day)) for leg in self.legs]
            found = self._merged(above, keys, number - 1 - rest, number - rest, order="")
        ((row,),) = read(found)
        return self.place(dict(zip(keys, row, strict=True)))

    def _named(self, rows: Sequence[tuple[Any, ...]]) -> list[dict[str, Any]]:
        return [dict(zip(self.names, row, strict=True)) for row in rows]

    def _merged(
        self, legs: Sequence[Leg], names: Sequence[str], start: int, stop: int, order: Order = "-"
    ) -> Statement:
        """Rows `start` to `stop` of all legs. Raw SQL, around what the ORM made of each leg, because it would
        compile the numbers into the text.

        Each leg ends at `stop` too: without that, PostgreSQL plans a leg as if all of it were wanted, and sorts.
        """
        start, stop = min(start, MOST_ROWS), min(stop, MOST_ROWS)
        first, *others = (leg.shaped(names, order) for leg in legs)
        if not others:
            return Statement(f"{first.sql} LIMIT %s OFFSET %s", [*first.params, stop - start, start])
        sql = " UNION ALL ".join(f"({one.sql} LIMIT %s)" for one in (first, *others))
        way = "DESC" if order else "ASC"
        by = ", ".join(f'"{MARK}{name}" {way}' for name in (self.time, "source", "id"))
        params = [param for one in (first, *others) for param in (*one.params, stop)]
        return Statement(f"{sql} ORDER BY {by} LIMIT %s OFFSET %s", [*params, stop - start, start])


def _day_of(days: Sequence[tuple[date, int]], first: int) -> tuple[date, int, int]:
    """The day on which row number `first` falls, how many rows the day has, and the row's number in it."""
    for day, number in days:
        if first < number:
            return day, number, first
        first -= number
    raise IndexError(first)


def narrowed(
    account: Account, sources: Mapping[str, Rows], asked: Asked, *, time: str, measure: str = "sms"
) -> Listing:
    """What `asked` wants of the account's rows in these sources, which are given by their slugs.

    Raises InvalidParams in the caller's words. The sources understand a caller's filters alike, so the counters'
    scope of one speaks for all.
    """
    legs = [Leg(rows, {"account": account.pk, **wanted(rows.filterset, asked)}) for rows in sources.values()]
    return Listing(legs, time=time, scope=scope(account, list(sources), legs[0].values), measure=measure)
