"""What happened to a broadcast's SMS in each hour since the first of them was sent."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from broadcasts_app.models import BroadcastSend
from smsreports.accounts.models import Account
from smsreports.reports import charts
from smsreports.reports.sends import EVENTS
from smsreports.statements import Statement

# Sends of one broadcast whose hours are looked at: the first that were stored, by the broadcast's own index.
SAMPLE = 50_000
# Hours that are drawn; what comes later is told as one number.
MOST_HOURS = 48
ONE_HOUR = timedelta(hours=1)

# The address of the SMS to which an event happened from one moment on and before another, each of them open if None.
Link = Callable[[str, datetime | None, datetime | None], str]


@dataclass(frozen=True)
class Hours:
    """How often which event happened, by the number of the hour since `start`. Below 0: by a clock that is behind."""

    start: datetime
    events: Mapping[int, Mapping[str, int]]

    def figures(self, first: int | None, last: int | None, link: Link) -> list[tuple[int, str]]:
        """The number of each of EVENTS in the hours from `first` up to, not including, `last`, and its address."""
        numbers = [number for number in self.events if _within(number, first, last)]
        after, before = self._moment(first), self._moment(last)
        found = ((kind, sum(self.events[number].get(kind, 0) for number in numbers)) for kind in EVENTS)
        return [(count, link(kind, after, before) if count else "") for kind, count in found]

    def _moment(self, number: int | None) -> datetime | None:
        return None if number is None else self.start + number * ONE_HOUR


def _within(number: int, first: int | None, last: int | None) -> bool:
    return (first is None or number >= first) and (last is None or number < last)


def by_hour(account: Account, broadcast: int) -> Hours | None:
    """Of the broadcast's first SAMPLE sends; None where there are none.

    Raw SQL around the sends, because the ORM cannot count four columns of a limited query by one rule.
    """
    sends = BroadcastSend.objects.for_account(account).filter(broadcast=broadcast).order_by("id")
    rows = Statement.of(
        sends.values_list("sent_at", "delivered_at", "status_group", "clicked_at", "action_at")[:SAMPLE]
    )
    found = Statement(
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
    ).rows()
    events: dict[int, dict[str, int]] = {}
    for _, hour, kind, number in found:
        events.setdefault(hour, {})[kind] = number
    return Hours(found[0][0], events) if found else None


def drawn(hours: Hours, link: Link) -> dict[str, Any]:
    """As the template has it: a line an hour, those that fall outside, and the charts."""
    last = max((number for number in hours.events if number < MOST_HOURS), default=0)
    lines = [(number, hours.figures(number, number + 1, link)) for number in range(last + 1)]
    before, later = hours.figures(None, 0, link), hours.figures(MOST_HOURS, None, link)
    clicked = EVENTS.index("clicked")
    return {
        "hours": lines,
        "outside": [(name, line) for name, line in (("before", before), ("later", later)) if any(n for n, _ in line)],
        "most": MOST_HOURS,
        "sample": SAMPLE,
        "events": EVENTS,
        "delivered": _bars(lines, "delivered"),
        "clicked": _bars(lines, "clicked") if any(figures[clicked][0] for _, figures in lines) else None,
    }


def _bars(lines: Sequence[tuple[int, Sequence[tuple[int, str]]]], kind: str) -> charts.Bars:
    columns = []
    for hour, figures in lines:
        number, href = figures[EVENTS.index(kind)]
        title = f"hour {hour}: {number:,} {kind}"
        columns.append(charts.Column(f"{hour}\u202fh", title, href, {kind: number}, {kind: href}))
    return charts.stacked(columns, (kind,))
