"""Statements: SQL that is compiled once for each shape of a question and run with each caller's values.

For a page of 25 rows the ORM takes longer to build and compile its queries than the database to answer them. The
ORM still says what is asked, once: where a caller's value belongs, a query holds a `Slot`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Expression, QuerySet


class Param(Expression):
    """The place of a value in a query that is compiled before the value is known."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        return "%s", [self]


class ListParam(Param):
    """The place of a list of keys, after `__in`: however many there are, the query is the same."""

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        return "SELECT unnest(%s)", [self]


@dataclass(frozen=True)
class CompiledQuery:
    """SQL with its parameters, some of which may be Slots."""

    sql: str
    params: Sequence[Any] = ()

    @classmethod
    def from_queryset(cls, rows: QuerySet[Any]) -> CompiledQuery:
        return cls(*rows.query.sql_with_params())

    def bind(self, values: Mapping[str, Any]) -> CompiledQuery:
        """With the value of each Slot, by its name, in its place. A Slot without a value is a KeyError."""
        return CompiledQuery(
            self.sql, [values[param.name] if isinstance(param, Param) else param for param in self.params]
        )

    @classmethod
    def side_by_side(cls, every: Iterable[CompiledQuery]) -> CompiledQuery:
        """One row: the single value of each statement, in a column."""
        parts = list(every)
        return cls(
            f"SELECT {', '.join(f'({one.sql})' for one in parts)}", [param for one in parts for param in one.params]
        )

    def fetch_all(self) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(self.sql, self.params)
            found: list[tuple[Any, ...]] = cursor.fetchall()
        return found
