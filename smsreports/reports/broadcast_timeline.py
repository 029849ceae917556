"""What happened to a broadcast's SMS in each hour since the first of them was sent."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from broadcasts_app.models import BroadcastSend
from smsreports.accounts.models import Account
from smsreports.database.compiled import CompiledQuery
from smsreports.reports import charts
from smsreports.reports.message_filters import EVENT_NAMES

# Sends of one broadcast whose hours are looked at: the first that were stored, by the broadcast's own index.
MAX_SAMPLED_SENDS = 50_000
# Hours that are drawn; what comes later is told as one number.
MAX_HOURS = 48
ONE_HOUR = timedelta(hours=1)

# The address of the SMS to which an event happened from one moment on and before another, each of them open if None.
EventLinkBuilder = Callable[[str, datetime | None, datetime | None], str]


@dataclass(frozen=True)
class HourlyEvents:
    """How often which event happened, by the number of the hour since `start`. Below 0: by a clock that is behind."""

    start: datetime
    events: Mapping[int, Mapping[str, int]]

    def sum_events(self, first: int | None, last: int | None, link: EventLinkBuilder) -> list[tuple[int, str]]:
        """The number of each of EVENT_NAMES in the hours from `first` up to, not including, `last`, and its address."""
        hours = [number for number in self.events if _is_within(number, first, last)]
        after, before = self._get_hour_start(first), self._get_hour_start(last)
        counts = ((kind, sum(self.events[number].get(kind, 0) for number in hours)) for kind in EVENT_NAMES)
        return [(count, link(kind, after, before) if count else "") for kind, count in counts]

    def _get_hour_start(self, hour: int | None) -> datetime | None:
        return None if hour is None else self.start + hour * ONE_HOUR


def _is_within(hour: int, first: int | None, last: int | None) -> bool:
    return (first is None or hour >= first) and (last is None or hour < last)


def count_events_by_hour(account: Account, broadcast: int) -> HourlyEvents | None:
    """Of the broadcast's first MAX_SAMPLED_SENDS sends; None where there are none.

    Raw SQL around the sends, because the ORM cannot count four columns of a limited query by one rule.
    """
    sends = BroadcastSend.objects.for_account(account).filter(broadcast=broadcast).order_by("id")
    rows = CompiledQuery.from_queryset(
        sends.values_list("sent_at", "delivered_at", "status_group", "clicked_at", "action_at")[:MAX_SAMPLED_SENDS]
    )
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
    for _, hour, kind, number in counts:
        events.setdefault(hour, {})[kind] = number
    return HourlyEvents(counts[0][0], events) if counts else None


def build_timeline_context(hours: HourlyEvents, link: EventLinkBuilder) -> dict[str, Any]:
    """As the template has it: a line an hour, those that fall outside, and the charts."""
    last = max((number for number in hours.events if number < MAX_HOURS), default=0)
    rows = [(number, hours.sum_events(number, number + 1, link)) for number in range(last + 1)]
    before, later = hours.sum_events(None, 0, link), hours.sum_events(MAX_HOURS, None, link)
    clicked = EVENT_NAMES.index("clicked")
    return {
        "hours": rows,
        "outside": [(name, line) for name, line in (("before", before), ("later", later)) if any(n for n, _ in line)],
        "most": MAX_HOURS,
        "sample": MAX_SAMPLED_SENDS,
        "events": EVENT_NAMES,
        "delivered": _build_event_chart(rows, "delivered"),
        "clicked": _build_event_chart(rows, "clicked") if any(figures[clicked][0] for _, figures in rows) else None,
    }


def _build_event_chart(rows: Sequence[tuple[int, Sequence[tuple[int, str]]]], kind: str) -> charts.BarChart:
    columns = []
    for hour, figures in rows:
        number, href = figures[EVENT_NAMES.index(kind)]
        title = f"hour {hour}: {number:,} {kind}"
        columns.append(charts.BarData(f"{hour}\u202fh", title, href, {kind: number}, {kind: href}))
    return charts.build_bar_chart(columns, (kind,))
