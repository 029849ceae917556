"""Legs and the list that joins them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet

from smsreports.accounts.models import Account
from smsreports.api.filters import narrowed
from smsreports.dialects.base import Asked
from smsreports.export.stream import Statement
from smsreports.sources import Rows

# Leg columns carry a mark, because a column may be called as a field of the model that holds something else.
MARK = "u_"


class Joined:
    """Rows of several sources as one list, newest first by (time, source, id).

    The rows are merged, never sorted: each leg comes in the order of its index and is read only as
    far as the page or file goes.
    """

    def __init__(self, account: Account, rows: Sequence[Rows], asked: Asked, time: str) -> None:
        self._legs = [_leg(source, account, asked) for source in rows]
        self._names = list(rows[0].columns)
        self._order = [f"-{MARK}{name}" for name in (time, "source", "id")]

    def count(self) -> int:
        return sum(leg.count() for leg in self._legs)

    def __getitem__(self, part: slice) -> list[dict[str, Any]]:
        return [dict(zip(self._names, row, strict=True)) for row in self._merged()[part]]

    def rows_statement(self, limit: int) -> Statement:
        """The first `limit` rows as SQL, columns in the order of the source's declaration."""
        return Statement(*self._merged()[:limit].query.sql_with_params())

    def count_statement(self) -> Statement:
        counts = [leg.order_by().values("pk").query.sql_with_params() for leg in self._legs]
        sql = " + ".join(f"(SELECT count(*) FROM ({sql}) AS c)" for sql, _ in counts)
        return Statement(f"SELECT {sql}", [param for _, params in counts for param in params])

    def _merged(self) -> QuerySet[Any]:
        first, *others = self._legs
        joined = first.union(*others, all=True) if others else first
        return joined.order_by(*self._order)


def _leg(rows: Rows, account: Account, asked: Asked) -> QuerySet[Any]:
    """One source's rows, narrowed and shaped, in the order of its (account, time, id) index."""
    return shaped(rows, narrowed(rows.filterset, rows.of(account), asked)).order_by(f"-{rows.time}", "-id")


def shaped(rows: Rows, own: QuerySet[Any]) -> QuerySet[Any]:
    """`own` as tuples of the joined columns."""
    marked = own.annotate(**{MARK + name: shown for name, shown in rows.columns.items()})
    tuples: QuerySet[Any] = marked.values_list(*(MARK + name for name in rows.columns))
    return tuples
