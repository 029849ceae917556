"""A leg: one source's rows, narrowed, before a list joins them with other sources'."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any, Literal

from django.db.models import Q, QuerySet

from smsreports.dialects.cursor import Place
from smsreports.sources import Rows
from smsreports.statements import Slot, Statement

# The list's order, and the other way round.
Order = Literal["-", ""]
# Leg columns carry a mark, because a column may be called as a field of the model that holds something else.
MARK = "u_"


@dataclass(frozen=True)
class Bound:
    """Rows whose time compares so (`lt`, `lte`, `gt`, `gte`) to a moment; with `ties`, those at that very moment
    only where their id compares so to an id."""

    time: str
    ties: str = ""

    def condition(self, field: str, number: int) -> Q:
        """Moment and id stand in the slots of this number."""
        moment, row = Slot(f"value{number}"), Slot(f"row{number}")
        if not self.ties:
            return Q(**{f"{field}__{self.time}": moment})
        # The bound on time alone, though implied, is what lets the index start there.
        beside = Q(**{f"{field}__{self.time}": moment}) | Q(**{field: moment, f"id__{self.ties}": row})
        return Q(**{f"{field}__{self.time}e": moment}) & beside


@dataclass(frozen=True)
class Same:
    """Rows whose `field` has one value."""

    field: str

    def condition(self, field: str, number: int) -> Q:
        return Q(**{self.field: Slot(f"value{number}")})


@dataclass(frozen=True)
class Leg:
    """Some of a source's rows: those of the account and the filters in `values`, within `bounds`."""

    source: Rows
    values: Mapping[str, Any]
    bounds: tuple[Bound | Same, ...] = ()

    def after(self, place: Place, *, inclusive: bool = False) -> Leg:
        """The rows that stand further down than `place` (and the one at it)."""
        return self._beyond(place, "lt", inclusive, ties=self.source.label < place.source)

    def before(self, place: Place) -> Leg:
        """The rows that stand further up than `place`."""
        return self._beyond(place, "gt", False, ties=self.source.label > place.source)

    def _beyond(self, place: Place, way: str, inclusive: bool, *, ties: bool) -> Leg:
        if self.source.label == place.source:
            return self._within(Bound(way, f"{way}e" if inclusive else way), place.time, place.id)
        return self._within(Bound(f"{way}e" if ties else way), place.time)

    def until(self, end: datetime) -> Leg:
        return self._within(Bound("lt"), end)

    def since(self, start: datetime) -> Leg:
        return self._within(Bound("gte"), start)

    def one(self, field: str, value: str | int) -> Leg:
        """The rows whose `field`, a key within the account, is `value`."""
        return self._within(Same(field), value)

    def _within(self, bound: Bound | Same, value: datetime | str | int, row: int | None = None) -> Leg:
        number = len(self.bounds)
        values = {**self.values, f"value{number}": value, f"row{number}": row}
        return replace(self, values=values, bounds=(*self.bounds, bound))

    def shaped(self, names: Sequence[str], order: Order) -> Statement:
        """Tuples of the named columns, in the order of the source's (account, time, id) index."""
        return _shaped(self.source, self._given, self.bounds, tuple(names), order).bound(self.values)

    def showing(self, names: Sequence[str]) -> Statement:
        """Tuples of the named columns, in no order."""
        return _showing(self.source, self._given, self.bounds, tuple(names)).bound(self.values)

    def whole(self) -> Statement:
        """The rows with every column of their table, in no order."""
        return _whole(self.source, self._given, self.bounds).bound(self.values)

    def only(self, *names: str) -> Statement:
        """The rows with these columns of their table, in no order."""
        return _only(self.source, self._given, self.bounds, names).bound(self.values)

    def count(self) -> Statement:
        """How many rows there are: what no counter knows."""
        rows = _keys(self.source, self._given, self.bounds).bound(self.values)
        return Statement(f"SELECT count(*) FROM ({rows.sql}) AS c", rows.params)

    @property
    def _given(self) -> frozenset[str]:
        return frozenset(self.source.filterset.base_filters.keys() & self.values.keys())


# What was compiled is kept: shapes are few, because they are made of our names and never of a caller's words.
@cache
def _shaped(
    source: Rows, given: frozenset[str], bounds: tuple[Bound | Same, ...], names: tuple[str, ...], order: Order
) -> Statement:
    ordered = _rows(source, given, bounds).order_by(f"{order}{source.time}", f"{order}id")
    return Statement.of(_marked(ordered, source, names))


@cache
def _showing(
    source: Rows, given: frozenset[str], bounds: tuple[Bound | Same, ...], names: tuple[str, ...]
) -> Statement:
    return Statement.of(_marked(_rows(source, given, bounds).order_by(), source, names))


@cache
def _whole(source: Rows, given: frozenset[str], bounds: tuple[Bound | Same, ...]) -> Statement:
    return Statement.of(_rows(source, given, bounds).order_by())


@cache
def _only(source: Rows, given: frozenset[str], bounds: tuple[Bound | Same, ...], names: tuple[str, ...]) -> Statement:
    return Statement.of(_rows(source, given, bounds).order_by().values_list(*names))


@cache
def _keys(source: Rows, given: frozenset[str], bounds: tuple[Bound | Same, ...]) -> Statement:
    return Statement.of(_rows(source, given, bounds).order_by().values("pk"))


def _marked(rows: QuerySet[Any], source: Rows, names: Sequence[str]) -> QuerySet[Any]:
    marked: QuerySet[Any] = rows.annotate(**{MARK + name: source.columns[name] for name in names})
    return marked.values_list(*(MARK + name for name in names))


def _rows(source: Rows, given: frozenset[str], bounds: tuple[Bound | Same, ...]) -> QuerySet[Any]:
    rows: QuerySet[Any] = source.of(Slot("account"))
    for name in sorted(given):
        rows = source.filterset.base_filters[name].filter(rows, Slot(name))
    for number, bound in enumerate(bounds):
        rows = rows.filter(bound.condition(source.time, number))
    return rows
