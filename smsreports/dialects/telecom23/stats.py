"""Statistics in 23 Telecom's format: counters and rates."""

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

from smsreports.counters.queries import GroupFigures
from smsreports.openapi.schemas import COUNT, DAY, MONEY, TEXT, Schema, array_of, const_of, nullable, object_of
from smsreports.queries.rows import CountryStats, DailyStats, TotalStats, WindowDays
from smsreports.sms.statuses import StatusGroup

CENT, HUNDREDTH_OF_CENT = Decimal("0.01"), Decimal("0.0001")


def render_total(stats: TotalStats) -> dict[str, object]:
    counters = render_counters(stats["figures"]) | {"currency": stats["currency"]}
    return {"status": True, "stats": counters, "period": render_period(stats)}


def render_daily(stats: DailyStats) -> dict[str, object]:
    days = [{"date": str(day), **render_counters(figures)} for day, figures in stats["days"]]
    return {"status": True, "days": days, "period": render_period(stats)}


def render_by_country(stats: CountryStats) -> dict[str, object]:
    countries = [{"country": country or None, **render_counters(figures)} for country, figures in stats["countries"]]
    return {"status": True, "countries": countries, "period": render_period(stats)}


def render_period(window: WindowDays) -> dict[str, str | None]:
    """Render the first and last day, null for an open side."""
    return {"from": _render_day(window["first"]), "to": _render_day(window["last"])}


def _render_day(day: date | None) -> str | None:
    return str(day) if day else None


def render_counters(figures: GroupFigures) -> dict[str, int | Decimal]:
    """Render the vendor's counters from measures by status group.

    UNKNOWN counts as undelivered here, so that the groups add up to `sent`. `not_billed` is always 0: every stored
    SMS is billed, and one that the carrier never got counts as undelivered too.
    """
    sms = {group: figures[group]["sms"] if group in figures else 0 for group in StatusGroup}
    undelivered = sms[StatusGroup.UNDELIVERED] + sms[StatusGroup.UNKNOWN]
    sent, delivered = sum(sms.values()), sms[StatusGroup.DELIVERED]
    cost = sum((measures["cost"] for measures in figures.values()), Decimal(0))
    return {
        "total_sent": sent,
        "sent": sent,
        "delivered": delivered,
        "undelivered": undelivered,
        "pending": sms[StatusGroup.PENDING],
        "expired": sms[StatusGroup.EXPIRED],
        "not_billed": 0,
        "failed": undelivered,
        "click_count": _sum_measure(figures, "clicks"),
        "unique_click_count": _sum_measure(figures, "unique_clicks"),
        "action_count": _sum_measure(figures, "actions"),
        "sent_rate": _divide(Decimal(100 * sent), sent, CENT),
        "delivery_rate": _divide(Decimal(100 * delivered), sent, CENT),
        "total_cost": cost.quantize(CENT, ROUND_HALF_UP),
        "avg_cost_per_msg": _divide(cost, sent, HUNDREDTH_OF_CENT),
    }


def _sum_measure(figures: GroupFigures, measure: Literal["clicks", "unique_clicks", "actions"]) -> int:
    return sum(measures[measure] for measures in figures.values())


def _divide(part: Decimal, whole: int, step: Decimal) -> Decimal:
    return (part / whole).quantize(step, ROUND_HALF_UP) if whole else Decimal(0)


# Schemas of the counters: those of no SMS show which are money or rates.
COUNTERS = {name: COUNT if isinstance(zero, int) else MONEY for name, zero in render_counters({}).items()}


def build_answer_schema(key: str, schema: Schema) -> Schema:
    period = object_of({"from": nullable(DAY), "to": nullable(DAY)})
    return object_of({"status": const_of(True), key: schema, "period": period})


TOTAL_ANSWER = build_answer_schema("stats", object_of({**COUNTERS, "currency": TEXT}))
DAILY_ANSWER = build_answer_schema("days", array_of(object_of({"date": DAY, **COUNTERS})))
BY_COUNTRY_ANSWER = build_answer_schema("countries", array_of(object_of({"country": nullable(TEXT), **COUNTERS})))
