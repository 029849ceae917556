"""Compiled queries: SQL that is compiled once per shape of a query and run with the values of each request.

For a page of 25 rows the ORM takes longer to build and compile its queries than the database takes to run them. The
queries are still written with the ORM: a `Param` stands for each value that differs between requests.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Expression, Model, QuerySet
from django.db.models.sql.compiler import SQLCompiler

# Row of a result. Only the query's author knows the types of its columns.
ResultRow = tuple[Any, ...]


class Param(Expression):
    """Placeholder for a value in a query that is compiled before the value is known."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, Any]:
        return "%s", [self]


class ListParam(Param):
    """Placeholder for a list of keys after `__in`. The SQL does not depend on the length of the list."""

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, Any]:
        return "SELECT unnest(%s)", [self]


@dataclass(frozen=True)
class CompiledQuery:
    """SQL with its parameters, some of which may be Params."""

    sql: str
    params: Sequence[Any] = ()

    @classmethod
    def from_queryset(cls, rows: QuerySet[Model, object]) -> CompiledQuery:
        return cls(*rows.query.sql_with_params())

    def bind(self, values: Mapping[str, object]) -> CompiledQuery:
        """Return the query with each Param replaced by its value in `values`. Raises KeyError for a missing value."""
        return CompiledQuery(
            self.sql, [values[param.name] if isinstance(param, Param) else param for param in self.params]
        )

    @classmethod
    def side_by_side(cls, queries: Iterable[CompiledQuery]) -> CompiledQuery:
        """Combine queries of one value each into a query of one row, with a column per query."""
        subqueries = list(queries)
        columns = ", ".join(f"({query.sql})" for query in subqueries)
        return cls(f"SELECT {columns}", [param for query in subqueries for param in query.params])

    def fetch_all(self) -> list[ResultRow]:
        with connection.cursor() as cursor:
            cursor.execute(self.sql, self.params)
            rows: list[ResultRow] = cursor.fetchall()
        return rows
