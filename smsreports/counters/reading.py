"""Reading the kept totals."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection
from django.db.models import QuerySet, Sum

from smsreports.accounts.models import Account
from smsreports.counters.counted import Counted
from smsreports.counters.models import MEASURES, Counter, Grain

# Measures by status group, by the values of the dimensions asked for.
Figures = dict[tuple[Any, ...], dict[str, dict[str, Any]]]


@dataclass(frozen=True)
class Scope:
    """Whose rows are counted, and which: what counters cover. `since` and `until` are midnights, UTC, half-open."""

    account: Account
    sources: Sequence[str]
    since: datetime | None = None
    until: datetime | None = None
    group: str | None = None
    sender: str | None = None
    country: str | None = None

    def counters(self, *by: str) -> QuerySet[Counter]:
        """The fewest counters that say it, also by the dimensions `by`."""
        grain = Grain.ROUTE if self.sender or self.country or "country" in by else Grain.DAY
        wanted: dict[str, Any] = {
            "day__gte": self.since and self.since.date(),
            "day__lt": self.until and self.until.date(),
            "status_group": self.group,
            "sender_id": self.sender,
            "country": self.country,
        }
        given = {name: value for name, value in wanted.items() if value}
        own = Counter.objects.for_account(self.account).filter(grain=grain, source__in=self.sources, **given)
        rows: QuerySet[Counter] = own.order_by()
        return rows


def by_day(scope: Scope, measure: str) -> list[tuple[date, int]]:
    """How many of `measure` each day has, newest first; days without any are left out."""
    days = scope.counters().values_list("day").annotate(number=Sum(measure)).order_by("-day")
    return [(day, number) for day, number in days if number]


def total_statement(scope: Scope, measure: str) -> tuple[str, Sequence[Any]]:
    """SQL of the total, for a connection other than Django's."""
    sql, params = scope.counters().values_list(measure).query.sql_with_params()
    return f"SELECT coalesce(sum(c.n), 0) FROM ({sql}) AS c (n)", params


def sums(scope: Scope, *by: str) -> Figures:
    """Every measure by status group, and before it by the dimensions `by` (`day`, `country`)."""
    totals = [Sum(name) for name in MEASURES]
    rows = scope.counters(*by).values_list(*by, "status_group").annotate(*totals)
    return _figures(rows, len(by))


def sums_of_rows(counted: Counted, rows: tuple[str, Sequence[Any]], *by: str) -> Figures:
    """The same, counted from the rows that the SQL `rows` selects: what no counter covers.

    Raw SQL, because what a row adds to its counters is defined in SQL, once, for the triggers too.
    """
    sql, params = rows
    names = ", ".join([*by, "status_group"])
    totals = ", ".join(f"sum({name})" for name in MEASURES)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {names}, {totals} FROM ({counted.contributions(f'({sql})')}) c GROUP BY {names}", params
        )
        return _figures(cursor.fetchall(), len(by))


def _figures(rows: Iterable[tuple[Any, ...]], by: int) -> Figures:
    """A key whose rows are all gone still has counters; it is left out, as if it never was."""
    found: Figures = defaultdict(dict)
    for row in rows:
        if any(row[by + 1 :]):
            found[row[:by]][row[by]] = dict(zip(MEASURES, row[by + 1 :], strict=True))
    return found


def added(every: Iterable[Figures]) -> Figures:
    """Several sources' figures as one."""
    total: Figures = defaultdict(dict)
    for figures in every:
        for key, groups in figures.items():
            for group, measures in groups.items():
                before = total[key].get(group) or dict.fromkeys(MEASURES, 0)
                total[key][group] = {name: before[name] + measures[name] for name in MEASURES}
    return total
