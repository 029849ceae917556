"""Queries of one source's rows, compiled once for each shape and run with each caller's values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from dataclasses import fields as dataclass_fields
from datetime import datetime
from functools import cache
from typing import Literal

from django.db.models import BooleanField, Expression, F, Func, Model, Q, QuerySet
from django.db.models.lookups import GreaterThan, GreaterThanOrEqual, LessThan, LessThanOrEqual

from smsreports.database.compiled import CompiledQuery, Param
from smsreports.queries.cursor import Position
from smsreports.queries.filters import ShapedValue
from smsreports.queries.list_request import FilterValues
from smsreports.sources import SourceTable

# Prefix of `order_by` fields: newest first, or oldest first.
Order = Literal["-", ""]
# Prefix of the columns that lists select, so that their names cannot clash with fields of the model.
ALIAS_PREFIX = "u_"
COMPARISONS = {"lt": LessThan, "lte": LessThanOrEqual, "gt": GreaterThan, "gte": GreaterThanOrEqual}


@dataclass(frozen=True)
class KeysetBound:
    """Rows whose time compares with a given time by `lookup`: `lt`, `lte`, `gt` or `gte`.

    With `has_id`, it is the pair of time and id that is compared with a given pair.
    """

    lookup: str
    has_id: bool = False

    def build_condition(self, time_field: str, index: int) -> Expression | Q:
        """Return the condition. Its time and id are the parameters `value{index}` and `row{index}`."""
        time, row_id = Param(f"value{index}"), Param(f"row{index}")
        if not self.has_id:
            return Q(**{f"{time_field}__{self.lookup}": time})
        # PostgreSQL starts to read the index at the pair.
        return COMPARISONS[self.lookup](_build_row(F(time_field), F("id")), _build_row(time, row_id))


def _build_row(*columns: Expression | F) -> Func:
    return Func(*columns, function="ROW", output_field=BooleanField())


@dataclass(frozen=True)
class KeyEquals:
    """Rows whose `field` has one value."""

    field: str

    def build_condition(self, time_field: str, index: int) -> Q:
        """Return the condition. Its value is the parameter `value{index}`."""
        return Q(**{self.field: Param(f"value{index}")})


Bound = KeysetBound | KeyEquals


@dataclass(frozen=True)
class SourceQuery:
    """Rows of one source that belong to one account and pass the filters and bounds.

    `values` holds the account's id as `account`, the cleaned values of filters by their names, and the values of the
    bounds. Instances are immutable; methods that narrow the rows return a new one.
    """

    table: SourceTable
    values: FilterValues
    bounds: tuple[Bound, ...] = ()

    def after_position(self, position: Position, *, inclusive: bool = False) -> SourceQuery:
        """Narrow to the rows after `position` in a list that is newest first, or from it on if `inclusive`."""
        return self._beyond_position(position, "lt", inclusive, has_ties=self.table.source_label < position.source)

    def before_position(self, position: Position) -> SourceQuery:
        """Narrow to the rows before `position` in a list that is newest first."""
        return self._beyond_position(position, "gt", False, has_ties=self.table.source_label > position.source)

    def _beyond_position(self, position: Position, lookup: str, inclusive: bool, *, has_ties: bool) -> SourceQuery:
        """Narrow by time, and by id where the position is a row of this source.

        Between sources the label breaks ties: `has_ties` means that this source's rows of the same time are beyond.
        """
        if self.table.source_label == position.source:
            bound = KeysetBound(f"{lookup}e" if inclusive else lookup, has_id=True)
            return self._with_bound(bound, position.time, position.id)
        return self._with_bound(KeysetBound(f"{lookup}e" if has_ties else lookup), position.time)

    def ending_at(self, end: datetime) -> SourceQuery:
        """Narrow to the rows before the time `end`."""
        return self._with_bound(KeysetBound("lt"), end)

    def starting_at(self, start: datetime) -> SourceQuery:
        """Narrow to the rows from the time `start` on."""
        return self._with_bound(KeysetBound("gte"), start)

    def where_key(self, field: str, value: str | int) -> SourceQuery:
        """Narrow to the rows whose `field`, a key within the account, is `value`."""
        return self._with_bound(KeyEquals(field), value)

    def _with_bound(self, bound: Bound, value: datetime | str | int, row_id: int | None = None) -> SourceQuery:
        index = len(self.bounds)
        values = {**self.values, f"value{index}": value, f"row{index}": row_id}
        return replace(self, values=values, bounds=(*self.bounds, bound))

    def select_ordered(self, columns: Sequence[str], order: Order) -> CompiledQuery:
        """Select the named columns of the source table, in the order of its (account, time, id) index."""
        return self._compile(columns=tuple(columns), order=order)

    def select_unordered(self, columns: Sequence[str]) -> CompiledQuery:
        """Select the named columns of the source table, in no order."""
        return self._compile(columns=tuple(columns))

    def select_all(self) -> CompiledQuery:
        """Select every field of the model, in no order."""
        return self._compile()

    def select_fields(self, *fields: str) -> CompiledQuery:
        """Select these fields of the model, in no order."""
        return self._compile(fields=fields)

    def count_rows(self) -> CompiledQuery:
        """Count the rows by reading them. Use counters where they cover the filters."""
        rows = self._compile(fields=("pk",))
        return CompiledQuery(f"SELECT count(*) FROM ({rows.sql}) AS c", rows.params)

    def _compile(
        self, *, columns: tuple[str, ...] = (), fields: tuple[str, ...] = (), order: Order | None = None
    ) -> CompiledQuery:
        values = dict(_split_values(self.values))
        names = frozenset(values)
        return _compile_shape(self.table, names, self.bounds, columns, fields, order).bind(values)


def _split_values(values: FilterValues) -> Iterator[tuple[str, object]]:
    """Yield the values by the names of their parameters. A shaped value has one for each field that is set."""
    for name, value in values.items():
        if isinstance(value, ShapedValue):
            parts = ((field.name, getattr(value, field.name)) for field in dataclass_fields(value))
            yield from ((f"{name}.{part}", part_value) for part, part_value in parts if part_value is not None)
        else:
            yield name, value


# Compiled queries are never evicted: a shape consists of our names, not of values, so there are few of them.
@cache
def _compile_shape(
    table: SourceTable,
    param_names: frozenset[str],
    bounds: tuple[Bound, ...],
    columns: tuple[str, ...],
    fields: tuple[str, ...],
    order: Order | None,
) -> CompiledQuery:
    """Compile one shape of query, with a `Param` in place of each value.

    It selects `columns` of the table under their aliases, or else `fields` of the model, or else every field.
    """
    rows: QuerySet[Model, object] = table.for_account(Param("account"))
    for name, each in sorted(table.filterset.base_filters.items()):
        if (value := _build_placeholder(name, getattr(each, "value_type", None), param_names)) is not None:
            rows = each.filter(rows, value)
    for index, bound in enumerate(bounds):
        rows = rows.filter(bound.build_condition(table.time_field, index))
    rows = rows.order_by() if order is None else rows.order_by(f"{order}{table.time_field}", f"{order}id")
    if columns:
        rows = rows.annotate(**{ALIAS_PREFIX + name: table.columns[name] for name in columns})
        rows = rows.values_list(*(ALIAS_PREFIX + name for name in columns))
    elif fields:
        rows = rows.values_list(*fields)
    return CompiledQuery.from_queryset(rows)


def _build_placeholder(
    name: str, value_type: type[ShapedValue] | None, param_names: frozenset[str]
) -> Param | ShapedValue | None:
    """Return what stands for the value of a filter: a Param, or a shaped value of Params; None if it is not used."""
    if value_type is None:
        return Param(name) if name in param_names else None
    params = {field.name: Param(f"{name}.{field.name}") for field in dataclass_fields(value_type)}
    used = {part: param for part, param in params.items() if param.name in param_names}
    return value_type(**used) if used else None  # type: ignore[arg-type]  # Params stand for the values
