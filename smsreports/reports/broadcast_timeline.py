"""Events of a broadcast's SMS by hour since the first of them was sent."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from smsreports.database.compiled import CompiledQuery
from smsreports.reports import charts
from smsreports.reports.message_filters import EVENT_NAMES

# SMS of a broadcast that are counted: the first that were stored.
MAX_SAMPLED_SENDS = 50_000
# Hours that are drawn. Later events are counted together.
MAX_HOURS = 48
ONE_HOUR = timedelta(hours=1)

# Builds the link to the SMS with an event of this name at or after one time and before another. None is no limit.
EventLinkBuilder = Callable[[str, datetime | None, datetime | None], str]


@dataclass(frozen=True)
class HourlyEvents:
    """Number of events by name, by hour since `start`. Hours below 0 come from clocks that are slow."""

    start: datetime
    events: Mapping[int, Mapping[str, int]]

    def sum_events(self, first: int | None, last: int | None, build_link: EventLinkBuilder) -> list[tuple[int, str]]:
        """Return number and link of each of EVENT_NAMES in the hours from `first` up to, but not including, `last`."""
        hours = [hour for hour in self.events if (first is None or hour >= first) and (last is None or hour < last)]
        after, before = self._get_hour_start(first), self._get_hour_start(last)
        counts = ((kind, sum(self.events[hour].get(kind, 0) for hour in hours)) for kind in EVENT_NAMES)
        return [(count, build_link(kind, after, before) if count else "") for kind, count in counts]

    def _get_hour_start(self, hour: int | None) -> datetime | None:
        return None if hour is None else self.start + hour * ONE_HOUR


def count_events_by_hour(rows: CompiledQuery) -> HourlyEvents | None:
    """Count the events of a campaign's SMS, as `CampaignQueries.select_first_sms` selects them; None if it has none.

    Raw SQL around the rows, because the ORM cannot count four columns of a limited query in one way.
    """
    counts = CompiledQuery(
        f"""WITH s (sent, arrived, status_group, clicked, action) AS MATERIALIZED ({rows.sql}),
            f (start) AS (SELECT min(sent) FROM s),
            e (kind, at) AS (
                SELECT 'sent', sent FROM s
                UNION ALL SELECT 'delivered', arrived FROM s WHERE status_group = 'delivered'
                UNION ALL SELECT 'clicked', clicked FROM s
                UNION ALL SELECT 'action', action FROM s
            )
            SELECT start, floor(extract(epoch FROM at - start) / 3600)::int, kind, count(*)
            FROM e, f WHERE at IS NOT NULL GROUP BY 1, 2, 3""",
        rows.params,
    ).fetch_all()
    events: dict[int, dict[str, int]] = {}
    for _, hour, kind, count in counts:
        events.setdefault(hour, {})[kind] = count
    return HourlyEvents(counts[0][0], events) if counts else None


@dataclass(frozen=True)
class Timeline:
    """Row per hour, the events before and after these hours, and the charts. `clicked` is None without clicks."""

    hours: Sequence[tuple[int, Sequence[tuple[int, str]]]]
    outside_hours: Sequence[tuple[str, Sequence[tuple[int, str]]]]
    delivered: charts.BarChart
    clicked: charts.BarChart | None
    event_names: Sequence[str]
    max_hours: int
    max_sends: int


def build_timeline(hours: HourlyEvents, build_link: EventLinkBuilder) -> Timeline:
    last = max((hour for hour in hours.events if hour < MAX_HOURS), default=0)
    rows = [(hour, hours.sum_events(hour, hour + 1, build_link)) for hour in range(last + 1)]
    before, later = hours.sum_events(None, 0, build_link), hours.sum_events(MAX_HOURS, None, build_link)
    clicked = EVENT_NAMES.index("clicked")
    return Timeline(
        hours=rows,
        outside_hours=[
            (name, row) for name, row in (("before", before), ("later", later)) if any(count for count, _ in row)
        ],
        delivered=_build_event_chart(rows, "delivered"),
        clicked=_build_event_chart(rows, "clicked") if any(figures[clicked][0] for _, figures in rows) else None,
        event_names=EVENT_NAMES,
        max_hours=MAX_HOURS,
        max_sends=MAX_SAMPLED_SENDS,
    )


def _build_event_chart(rows: Sequence[tuple[int, Sequence[tuple[int, str]]]], kind: str) -> charts.BarChart:
    columns = []
    for hour, figures in rows:
        count, href = figures[EVENT_NAMES.index(kind)]
        title = f"hour {hour}: {count:,} {kind}"
        columns.append(charts.BarData(f"{hour}\u202fh", title, href, {kind: count}, {kind: href}))
    return charts.build_bar_chart(columns, (kind,))
