"""A list: rows of one source or several, newest first, whose pages all cost about the same.

Its total and its days come from the counters. They say on which day row number 1,000,000 falls, so reading
starts at that day's edge; within the day, rows are skipped in an index and never fetched.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

from django.db.models import Q, QuerySet

from smsreports.counters.reading import Scope, by_day, total_statement
from smsreports.dialects.cursor import Place
from smsreports.sources import Rows
from smsreports.windows import ONE_DAY, midnight

# Leg columns carry a mark, because a column may be called as a field of the model that holds something else.
MARK = "u_"
# Up to so many rows it is cheaper to fetch and drop them than to look for the place first.
NEAR = 200


@dataclass(frozen=True)
class Leg:
    """One source's rows, narrowed, before a list joins them."""

    rows: QuerySet[Any]
    # The field that the rows are ordered by, and the word that breaks ties between sources.
    time: str
    source: str
    # The list's column: this source's expression for it.
    columns: Mapping[str, Any]

    def after(self, place: Place, *, inclusive: bool = False) -> Leg:
        """The rows that stand further down than `place` (and the one at it)."""
        return self._beyond(place, "lt", inclusive, ties=self.source < place.source)

    def before(self, place: Place) -> Leg:
        """The rows that stand further up than `place`."""
        return self._beyond(place, "gt", False, ties=self.source > place.source)

    def _beyond(self, place: Place, way: str, inclusive: bool, *, ties: bool) -> Leg:
        """The bound on time alone, though implied, is what lets the index start there."""
        there, same_time = Q(**{f"{self.time}__{way}": place.time}), Q(**{self.time: place.time})
        bound = Q(**{f"{self.time}__{way}e": place.time})
        if self.source == place.source:
            on = f"id__{way}{'e' if inclusive else ''}"
            return self._where(bound & (there | same_time & Q(**{on: place.id})))
        return self._where(bound if ties else there)

    def until(self, end: datetime) -> Leg:
        return self._where(Q(**{f"{self.time}__lt": end}))

    def since(self, start: datetime) -> Leg:
        return self._where(Q(**{f"{self.time}__gte": start}))

    def _where(self, condition: Q) -> Leg:
        return Leg(self.rows.filter(condition), self.time, self.source, self.columns)

    def shaped(self, names: Sequence[str], way: str) -> QuerySet[Any]:
        """Tuples of the named columns, in the order of the source's (account, time, id) index."""
        marked = self.rows.annotate(**{MARK + name: self.columns[name] for name in names})
        shaped: QuerySet[Any] = marked.order_by(f"{way}{self.time}", f"{way}id")
        return shaped.values_list(*(MARK + name for name in names))


def leg(rows: Rows, own: QuerySet[Any]) -> Leg:
    """The leg of a source's rows that `own` narrows."""
    return Leg(own, rows.time, rows.label, rows.columns)


class Listing:
    """The rows of some legs as one list, newest first by (time, source, id). They are merged, never sorted.

    `time` names the column by which the list is ordered; `scope` says what of the counters covers it, or
    is None where they cannot; `measure` is what a row of the list counts as.
    """

    def __init__(self, legs: Sequence[Leg], *, time: str, scope: Scope | None, measure: str = "sms") -> None:
        self.legs, self.time, self.scope, self.measure = list(legs), time, scope, measure
        self.names = list(legs[0].columns)

    def count(self) -> int:
        return sum(number for _, number in self._days) if self.scope else sum(leg.rows.count() for leg in self.legs)

    @cached_property
    def _days(self) -> list[tuple[date, int]]:
        assert self.scope is not None
        return by_day(self.scope, self.measure)

    def page(self, first: int, size: int) -> list[dict[str, Any]]:
        """The rows from number `first` (0 is the newest), at most `size`."""
        if first < NEAR or self.scope is None:
            return self._read(self.legs, first, size)
        day, number, rest = self._day_of(first)
        legs = [leg.until(midnight(day + ONE_DAY)) for leg in self.legs] if day < date.max else self.legs
        if rest < NEAR:
            return self._read(legs, rest, size)
        place = self._place(legs, day, number, rest)
        return self._read([leg.after(place, inclusive=True) for leg in self.legs], 0, size)

    def after(self, place: Place, size: int) -> list[dict[str, Any]]:
        return self._read([leg.after(place) for leg in self.legs], 0, size)

    def before(self, place: Place, size: int) -> list[dict[str, Any]]:
        """The `size` rows next above `place`, newest first."""
        return self._read([leg.before(place) for leg in self.legs], 0, size, way="")[::-1]

    def place(self, row: Mapping[str, Any]) -> Place:
        return Place(row[self.time], row.get("source", self.legs[0].source), row["id"])

    def rows(self, limit: int) -> QuerySet[Any]:
        """The first `limit` rows, as tuples of the columns in `names`."""
        return self._merged(self.legs, self.names, 0, limit)

    def count_sql(self) -> tuple[str, Sequence[Any]]:
        """The same as `count`, for a connection other than Django's."""
        if self.scope:
            return total_statement(self.scope, self.measure)
        counts = [leg.rows.order_by().values("pk").query.sql_with_params() for leg in self.legs]
        sql = " + ".join(f"(SELECT count(*) FROM ({sql}) AS c)" for sql, _ in counts)
        return f"SELECT {sql}", [param for _, params in counts for param in params]

    def _day_of(self, first: int) -> tuple[date, int, int]:
        """The day on which row number `first` falls, how many rows the day has, and the row's number in it."""
        for day, number in self._days:
            if first < number:
                return day, number, first
            first -= number
        raise IndexError(first)

    def _place(self, legs: Sequence[Leg], day: date, number: int, rest: int) -> Place:
        """The place of row `rest` of a day's `number`, skipped to from whichever end of the day is nearer."""
        keys = [self.time, *(["source"] if "source" in self.names else []), "id"]
        if rest <= number // 2:
            found = self._merged(legs, keys, rest, rest + 1)
        else:
            above = [leg.since(midnight(day)) for leg in self.legs]
            found = self._merged(above, keys, number - 1 - rest, number - rest, way="")
        return self.place(dict(zip(keys, next(iter(found)), strict=True)))

    def _read(self, legs: Sequence[Leg], first: int, size: int, way: str = "-") -> list[dict[str, Any]]:
        rows = self._merged(legs, self.names, first, first + size, way)
        return [dict(zip(self.names, row, strict=True)) for row in rows]

    def _merged(
        self, legs: Sequence[Leg], names: Sequence[str], start: int, stop: int, way: str = "-"
    ) -> QuerySet[Any]:
        """Each leg ends at `stop` too: without that, PostgreSQL plans a leg as if all of it were wanted, and sorts."""
        first, *others = (leg.shaped(names, way) for leg in legs)
        if not others:
            return first[start:stop]
        joined = first[:stop].union(*(other[:stop] for other in others), all=True)
        return joined.order_by(*(f"{way}{MARK}{name}" for name in (self.time, "source", "id")))[start:stop]
