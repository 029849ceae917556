"""Reading the kept totals."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from django.db.models import BigIntegerField, Sum
from django.db.models.functions import Cast

from smsreports.accounts.models import Account
from smsreports.counters.models import MEASURES, Counter, Grain
from smsreports.counters.specs import CounterSpec
from smsreports.database.compiled import CompiledQuery, Param

# Measures by status group, by the values of the dimensions asked for.
Figures = dict[tuple[Any, ...], dict[str, dict[str, Any]]]
# What a scope may be narrowed by, and where that stands in a counter.
SCOPE_LOOKUPS = {
    "since": "day__gte",
    "until": "day__lt",
    "group": "status_group",
    "sender": "sender_id",
    "country": "country",
    "broadcast": "broadcast_id",
}
# Filters and dimensions that the counters of days do not keep apart.
ROUTE_DIMENSIONS = {"sender", "sender_id", "country"}


@dataclass(frozen=True)
class CounterScope:
    """Whose rows are counted, and which: what counters cover. `since` and `until` are midnights, UTC, half-open.

    A broadcast is kept apart from senders and countries, and is not asked for together with them.
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
        """Sums of the fewest counters that say it, by the dimensions `by`."""
        values = self._param_values()
        shape = _compile_sums(tuple(self.sources), frozenset(values.keys() - {"account"}), by, tuple(measures))
        return shape.bind(values)

    def _param_values(self) -> Mapping[str, Any]:
        days: dict[str, Any] = {"since": self.since and self.since.date(), "until": self.until and self.until.date()}
        given = {**days, "group": self.group, "sender": self.sender, "country": self.country}
        given |= {"broadcast": self.broadcast}
        return {"account": self.account.pk, **{name: value for name, value in given.items() if value is not None}}


@cache
def _compile_sums(
    sources: tuple[str, ...], given: frozenset[str], by: tuple[str, ...], measures: tuple[str, ...]
) -> CompiledQuery:
    grain = Grain.BROADCAST if "broadcast" in given else Grain.ROUTE if ROUTE_DIMENSIONS & {*given, *by} else Grain.DAY
    own = Counter.objects.for_account(Param("account")).filter(grain=grain, source__in=sources)
    narrowed = own.filter(**{SCOPE_LOOKUPS[name]: Param(name) for name in given}).order_by()
    return CompiledQuery.from_queryset(narrowed.values_list(*by).annotate(**_sum_columns(measures)))


def _sum_columns(measures: Sequence[str]) -> dict[str, Any]:
    # PostgreSQL's sum of bigint is a numeric.
    return {f"sum_{name}": Sum(name) if name == "cost" else Cast(Sum(name), BigIntegerField()) for name in measures}


def totals_by_day(scope: CounterScope, measure: str) -> list[tuple[date, int]]:
    """How many of `measure` each day has, newest first; days without any are left out."""
    days = [(day, number) for day, number in scope.compile_sums([measure], "day").fetch_all() if number]
    return sorted(days, reverse=True)


def build_total_query(scope: CounterScope, measure: str) -> CompiledQuery:
    """The total, one number, for a connection other than Django's."""
    by_group = scope.compile_sums([measure], "status_group")
    return CompiledQuery(f"SELECT coalesce(sum(c.n), 0) FROM ({by_group.sql}) AS c (status_group, n)", by_group.params)


def sum_by(scope: CounterScope, *by: str) -> Figures:
    """Every measure by status group, and before it by the dimensions `by` (`day`, `country`)."""
    return to_figures(scope.compile_sums(MEASURES, *by, "status_group").fetch_all(), len(by))


def top_n(scope: CounterScope, measures: Sequence[str], limit: int, *names: str) -> CompiledQuery:
    """By each of the dimensions `names` apart: sums by status group of the `most` keys that have the most SMS, for
    dimensions of which an account may have any number. `measures` begin with `sms`; `of_largest` reads the rows.

    Raw SQL around what the ORM compiled, because it cannot limit groups of groups. The counters are read once and
    added up by all names together; what is left then is little.
    """
    every, key, columns = scope.compile_sums(measures, *names, "status_group"), ", ".join(names), ", ".join(measures)
    sets = ", ".join(f"({name}, status_group)" for name in names)
    totals = ", ".join(f"sum({name}){'' if name == 'cost' else '::bigint'} AS {name}" for name in measures)
    return CompiledQuery(
        f"""SELECT {key}, status_group, {columns} FROM (
            SELECT c.*, dense_rank() OVER (PARTITION BY dimension ORDER BY total DESC, {key}) AS place FROM (
                SELECT c.*, sum(sms) OVER (PARTITION BY {key}) AS total FROM (
                    SELECT {key}, status_group, grouping({key}) AS dimension, {totals}
                    FROM ({every.sql}) AS c ({key}, status_group, {columns}) GROUP BY GROUPING SETS ({sets})
                ) c
            ) c
        ) c WHERE place <= %s""",
        [*every.params, limit],
    )


def parse_top_n(rows: Iterable[tuple[Any, ...]], measures: Sequence[str], *names: str) -> dict[str, Figures]:
    """The figures of each dimension. In a row, every name but one is null."""
    found: dict[str, Figures] = {}
    every = list(rows)
    for place, name in enumerate(names):
        own = [(row[place], *row[len(names) :]) for row in every if row[place] is not None]
        found[name] = to_figures(own, 1, measures)
    return found


def sum_broadcasts(account: Account, broadcasts: Sequence[int]) -> dict[int, dict[str, dict[str, Any]]]:
    """Every measure by status group, by broadcast id; of all days."""
    own = Counter.objects.for_account(account).filter(grain=Grain.BROADCAST, broadcast_id__in=broadcasts).order_by()
    totals = {f"sum_{name}": Sum(name) for name in MEASURES}
    rows = own.values_list("broadcast_id", "status_group").annotate(**totals)
    return {broadcast: groups for (broadcast,), groups in to_figures(rows, 1).items()}


def sum_rows(counted: CounterSpec, rows: CompiledQuery, *by: str) -> CompiledQuery:
    """The same, counted from the `rows` themselves: what no counter covers. `figures` reads what it finds.

    Raw SQL, because what a row adds to its counters is defined in SQL, once, for the triggers too.
    """
    names = ", ".join([*by, "status_group"])
    totals = ", ".join(f"sum({name})" for name in MEASURES)
    contributions = counted.deltas_sql(f"({rows.sql})")
    return CompiledQuery(f"SELECT {names}, {totals} FROM ({contributions}) c GROUP BY {names}", rows.params)


def to_figures(rows: Iterable[tuple[Any, ...]], by: int, measures: Sequence[str] = MEASURES) -> Figures:
    """What the rows of `summed` say: `by` dimensions, the status group, then `measures`.

    A key whose rows are all gone still has counters; it is left out, as if it never was.
    """
    found: Figures = defaultdict(dict)
    for row in rows:
        if any(row[by + 1 :]):
            found[row[:by]][row[by]] = dict(zip(measures, row[by + 1 :], strict=True))
    return found


def merge_figures(every: Iterable[Figures]) -> Figures:
    """Several sources' figures as one."""
    total: Figures = defaultdict(dict)
    for figures in every:
        for key, groups in figures.items():
            for group, measures in groups.items():
                before = total[key].get(group) or dict.fromkeys(MEASURES, 0)
                total[key][group] = {name: before[name] + measures[name] for name in MEASURES}
    return total
