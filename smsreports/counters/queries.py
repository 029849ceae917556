"""Queries for the counters' totals."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import cast

from django.db.models import BigIntegerField, Sum
from django.db.models.functions import Cast

from smsreports.accounts.models import Account
from smsreports.counters.models import MEASURES, Counter, Grain, Measures
from smsreports.counters.specs import CounterSpec
from smsreports.database.compiled import CompiledQuery, Param, ResultRow

# Measures by the values of dimensions, and by status group.
Figures = dict[ResultRow, dict[str, Measures]]
# Measures by status group.
GroupFigures = Mapping[str, Measures]
# Lookups of the scope's filters.
SCOPE_LOOKUPS = {
    "since": "day__gte",
    "until": "day__lt",
    "group": "status_group",
    "sender": "sender_id",
    "country": "country",
    "broadcast": "broadcast_id",
}
# Filters and dimensions that Grain.DAY does not have.
ROUTE_DIMENSIONS = {"sender", "sender_id", "country"}


@dataclass(frozen=True)
class CounterScope:
    """Filter that counters can answer: account, sources, and a half-open window between midnights in UTC.

    `broadcast` cannot be combined with `sender` or `country`, because no grain has both.
    """

    account: Account
    sources: Sequence[str]
    since: datetime | None = None
    until: datetime | None = None
    group: str | None = None
    sender: str | None = None
    country: str | None = None
    broadcast: int | None = None

    def compile_sums(self, measures: Sequence[str], *by: str) -> CompiledQuery:
        """Return a query for sums by the dimensions `by`, from the grain with the fewest rows."""
        values = self._param_values()
        query = _compile_sums(tuple(self.sources), frozenset(values.keys() - {"account"}), by, tuple(measures))
        return query.bind(values)

    def _param_values(self) -> Mapping[str, object]:
        """Return the values of the query's parameters: the account and the filters that are set."""
        filters: dict[str, object] = {
            "since": self.since and self.since.date(),
            "until": self.until and self.until.date(),
            "group": self.group,
            "sender": self.sender,
            "country": self.country,
            "broadcast": self.broadcast,
        }
        return {"account": self.account.pk, **{name: value for name, value in filters.items() if value is not None}}


@cache
def _compile_sums(
    sources: tuple[str, ...], filters: frozenset[str], by: tuple[str, ...], measures: tuple[str, ...]
) -> CompiledQuery:
    if "broadcast" in filters:
        grain = Grain.BROADCAST
    else:
        grain = Grain.ROUTE if ROUTE_DIMENSIONS & {*filters, *by} else Grain.DAY
    counters = Counter.objects.for_account(Param("account")).filter(grain=grain, source__in=sources)
    filtered = counters.filter(**{SCOPE_LOOKUPS[name]: Param(name) for name in filters}).order_by()
    # PostgreSQL's sum of bigint is a numeric.
    sums = {f"sum_{name}": Sum(name) if name == "cost" else Cast(Sum(name), BigIntegerField()) for name in measures}
    return CompiledQuery.from_queryset(filtered.values_list(*by).annotate(**sums))


def totals_by_day(scope: CounterScope, measure: str) -> list[tuple[date, int]]:
    """Return the total of `measure` per day, newest first, without days whose total is 0."""
    days = [(day, number) for day, number in scope.compile_sums([measure], "day").fetch_all() if number]
    return sorted(days, reverse=True)


def build_total_query(scope: CounterScope, measure: str) -> CompiledQuery:
    """Return a query for the total of `measure`, one number. The export runs it on a connection of its own."""
    by_group = scope.compile_sums([measure], "status_group")
    return CompiledQuery(f"SELECT coalesce(sum(c.n), 0) FROM ({by_group.sql}) AS c (status_group, n)", by_group.params)


def sum_by(scope: CounterScope, *by: str) -> Figures:
    """Return all measures by the dimensions `by` (such as `day`, `country`) and status group."""
    return to_figures(scope.compile_sums(MEASURES, *by, "status_group").fetch_all(), len(by))


def top_n(scope: CounterScope, measures: Sequence[str], limit: int, *names: str) -> CompiledQuery:
    """Return a query for the values with the most SMS of each dimension in `names`, with sums by status group.

    At most `limit` values per dimension are returned, because an account may have any number of them. `measures` begin
    with `sms`. `parse_top_n` reads the rows.

    Raw SQL around a query of the ORM, which cannot limit groups of groups. The counters are read once, grouped by all
    `names` together; few rows are left for the second grouping.
    """
    sums, key, columns = scope.compile_sums(measures, *names, "status_group"), ", ".join(names), ", ".join(measures)
    sets = ", ".join(f"({name}, status_group)" for name in names)
    totals = ", ".join(f"sum({name}){'' if name == 'cost' else '::bigint'} AS {name}" for name in measures)
    return CompiledQuery(
        f"""SELECT {key}, status_group, {columns} FROM (
            SELECT c.*, dense_rank() OVER (PARTITION BY dimension ORDER BY total DESC, {key}) AS rank FROM (
                SELECT c.*, sum(sms) OVER (PARTITION BY {key}) AS total FROM (
                    SELECT {key}, status_group, grouping({key}) AS dimension, {totals}
                    FROM ({sums.sql}) AS c ({key}, status_group, {columns}) GROUP BY GROUPING SETS ({sets})
                ) c
            ) c
        ) c WHERE rank <= %s""",
        [*sums.params, limit],
    )


def parse_top_n(rows: Iterable[ResultRow], measures: Sequence[str], *names: str) -> dict[str, Figures]:
    """Return the figures of each dimension from rows of `top_n`. In a row, all dimensions but one are null."""
    figures: dict[str, Figures] = {}
    all_rows = list(rows)
    for index, name in enumerate(names):
        rows_of_name = [(row[index], *row[len(names) :]) for row in all_rows if row[index] is not None]
        figures[name] = to_figures(rows_of_name, 1, measures)
    return figures


def sum_broadcasts(account: Account, broadcasts: Sequence[int]) -> dict[int, dict[str, Measures]]:
    """Return all measures of all days, by broadcast id and status group."""
    counters = Counter.objects.for_account(account).filter(grain=Grain.BROADCAST, broadcast_id__in=broadcasts)
    sums = {f"sum_{name}": Sum(name) for name in MEASURES}
    rows = counters.order_by().values_list("broadcast_id", "status_group").annotate(**sums)
    return {broadcast: groups for (broadcast,), groups in to_figures(rows, 1).items()}


def sum_rows(spec: CounterSpec, rows: CompiledQuery, *by: str) -> CompiledQuery:
    """Return a query like `sum_by` that sums `rows` themselves, for filters that no counter covers.

    `to_figures` reads the result. Raw SQL, because the deltas of a row are defined in SQL, which the triggers share.
    """
    names = ", ".join([*by, "status_group"])
    totals = ", ".join(f"sum({name})" for name in MEASURES)
    deltas = spec.deltas_sql(f"({rows.sql})")
    return CompiledQuery(f"SELECT {names}, {totals} FROM ({deltas}) c GROUP BY {names}", rows.params)


def to_figures(rows: Iterable[ResultRow], by: int, measures: Sequence[str] = MEASURES) -> Figures:
    """Convert rows to figures. A row has the values of `by` dimensions, the status group, and the `measures`.

    A key whose rows have all been deleted still has counters with a total of 0. It is left out.
    """
    figures: Figures = defaultdict(dict)
    for row in rows:
        if any(row[by + 1 :]):
            figures[row[:by]][row[by]] = cast(Measures, dict(zip(measures, row[by + 1 :], strict=True)))
    return figures


def merge_figures(figures_of_sources: Iterable[Figures]) -> Figures:
    """Add up the figures of several sources."""
    total: Figures = defaultdict(dict)
    for figures in figures_of_sources:
        for key, groups in figures.items():
            for group, measures in groups.items():
                before = total[key].get(group)
                total[key][group] = _add_measures(before, measures) if before else measures
    return total


def _add_measures(one: Measures, other: Measures) -> Measures:
    """Return the sums of both. Both have all measures."""
    return Measures(
        sms=one["sms"] + other["sms"],
        requests=one["requests"] + other["requests"],
        segments=one["segments"] + other["segments"],
        cost=one["cost"] + other["cost"],
        clicks=one["clicks"] + other["clicks"],
        unique_clicks=one["unique_clicks"] + other["unique_clicks"],
        actions=one["actions"] + other["actions"],
    )
