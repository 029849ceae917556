"""A leg: one source's rows, narrowed, before a list joins them with other sources'."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any, Literal

from django.db.models import Q, QuerySet

from smsreports.database.compiled import CompiledQuery, Param
from smsreports.queries.cursor import Position
from smsreports.sources import SourceTable

# The list's order, and the other way round.
Order = Literal["-", ""]
# Leg columns carry a mark, because a column may be called as a field of the model that holds something else.
ALIAS_PREFIX = "u_"


@dataclass(frozen=True)
class KeysetBound:
    """Rows whose time compares so (`lt`, `lte`, `gt`, `gte`) to a moment; with `ties`, those at that very moment
    only where their id compares so to an id."""

    lookup: str
    tie_lookup: str = ""

    def build_condition(self, field: str, number: int) -> Q:
        """Moment and id stand in the slots of this number."""
        moment, row = Param(f"value{number}"), Param(f"row{number}")
        if not self.tie_lookup:
            return Q(**{f"{field}__{self.lookup}": moment})
        # The bound on time alone, though implied, is what lets the index start there.
        beside = Q(**{f"{field}__{self.lookup}": moment}) | Q(**{field: moment, f"id__{self.tie_lookup}": row})
        return Q(**{f"{field}__{self.lookup}e": moment}) & beside


@dataclass(frozen=True)
class KeyEquals:
    """Rows whose `field` has one value."""

    field: str

    def build_condition(self, field: str, number: int) -> Q:
        return Q(**{self.field: Param(f"value{number}")})


@dataclass(frozen=True)
class SourceQuery:
    """Some of a source's rows: those of the account and the filters in `values`, within `bounds`."""

    table: SourceTable
    values: Mapping[str, Any]
    bounds: tuple[KeysetBound | KeyEquals, ...] = ()

    def after_position(self, place: Position, *, inclusive: bool = False) -> SourceQuery:
        """The rows that stand further down than `place` (and the one at it)."""
        return self._beyond_position(place, "lt", inclusive, ties=self.table.source_label < place.source)

    def before_position(self, place: Position) -> SourceQuery:
        """The rows that stand further up than `place`."""
        return self._beyond_position(place, "gt", False, ties=self.table.source_label > place.source)

    def _beyond_position(self, place: Position, lookup: str, inclusive: bool, *, ties: bool) -> SourceQuery:
        if self.table.source_label == place.source:
            return self._with_bound(KeysetBound(lookup, f"{lookup}e" if inclusive else lookup), place.time, place.id)
        return self._with_bound(KeysetBound(f"{lookup}e" if ties else lookup), place.time)

    def ending_at(self, end: datetime) -> SourceQuery:
        return self._with_bound(KeysetBound("lt"), end)

    def starting_at(self, start: datetime) -> SourceQuery:
        return self._with_bound(KeysetBound("gte"), start)

    def where_key(self, field: str, value: str | int) -> SourceQuery:
        """The rows whose `field`, a key within the account, is `value`."""
        return self._with_bound(KeyEquals(field), value)

    def _with_bound(
        self, bound: KeysetBound | KeyEquals, value: datetime | str | int, row: int | None = None
    ) -> SourceQuery:
        number = len(self.bounds)
        values = {**self.values, f"value{number}": value, f"row{number}": row}
        return replace(self, values=values, bounds=(*self.bounds, bound))

    def select_ordered(self, names: Sequence[str], order: Order) -> CompiledQuery:
        """Tuples of the named columns, in the order of the source's (account, time, id) index."""
        return _compile_ordered(self.table, self._filter_names, self.bounds, tuple(names), order).bind(self.values)

    def select_unordered(self, names: Sequence[str]) -> CompiledQuery:
        """Tuples of the named columns, in no order."""
        return _compile_unordered(self.table, self._filter_names, self.bounds, tuple(names)).bind(self.values)

    def select_all(self) -> CompiledQuery:
        """The rows with every column of their table, in no order."""
        return _compile_all(self.table, self._filter_names, self.bounds).bind(self.values)

    def select_columns(self, *names: str) -> CompiledQuery:
        """The rows with these columns of their table, in no order."""
        return _compile_columns(self.table, self._filter_names, self.bounds, names).bind(self.values)

    def count_rows(self) -> CompiledQuery:
        """How many rows there are: what no counter knows."""
        rows = _compile_keys(self.table, self._filter_names, self.bounds).bind(self.values)
        return CompiledQuery(f"SELECT count(*) FROM ({rows.sql}) AS c", rows.params)

    @property
    def _filter_names(self) -> frozenset[str]:
        return frozenset(self.table.filterset.base_filters.keys() & self.values.keys())


# What was compiled is kept: shapes are few, because they are made of our names and never of a caller's words.
@cache
def _compile_ordered(
    source: SourceTable,
    given: frozenset[str],
    bounds: tuple[KeysetBound | KeyEquals, ...],
    names: tuple[str, ...],
    order: Order,
) -> CompiledQuery:
    ordered = _build_queryset(source, given, bounds).order_by(f"{order}{source.time_field}", f"{order}id")
    return CompiledQuery.from_queryset(_alias_columns(ordered, source, names))


@cache
def _compile_unordered(
    source: SourceTable, given: frozenset[str], bounds: tuple[KeysetBound | KeyEquals, ...], names: tuple[str, ...]
) -> CompiledQuery:
    return CompiledQuery.from_queryset(_alias_columns(_build_queryset(source, given, bounds).order_by(), source, names))


@cache
def _compile_all(
    source: SourceTable, given: frozenset[str], bounds: tuple[KeysetBound | KeyEquals, ...]
) -> CompiledQuery:
    return CompiledQuery.from_queryset(_build_queryset(source, given, bounds).order_by())


@cache
def _compile_columns(
    source: SourceTable, given: frozenset[str], bounds: tuple[KeysetBound | KeyEquals, ...], names: tuple[str, ...]
) -> CompiledQuery:
    return CompiledQuery.from_queryset(_build_queryset(source, given, bounds).order_by().values_list(*names))


@cache
def _compile_keys(
    source: SourceTable, given: frozenset[str], bounds: tuple[KeysetBound | KeyEquals, ...]
) -> CompiledQuery:
    return CompiledQuery.from_queryset(_build_queryset(source, given, bounds).order_by().values("pk"))


def _alias_columns(rows: QuerySet[Any], source: SourceTable, names: Sequence[str]) -> QuerySet[Any]:
    marked: QuerySet[Any] = rows.annotate(**{ALIAS_PREFIX + name: source.columns[name] for name in names})
    return marked.values_list(*(ALIAS_PREFIX + name for name in names))


def _build_queryset(
    source: SourceTable, given: frozenset[str], bounds: tuple[KeysetBound | KeyEquals, ...]
) -> QuerySet[Any]:
    rows: QuerySet[Any] = source.for_account(Param("account"))
    for name in sorted(given):
        rows = source.filterset.base_filters[name].filter(rows, Param(name))
    for number, bound in enumerate(bounds):
        rows = rows.filter(bound.build_condition(source.time_field, number))
    return rows
