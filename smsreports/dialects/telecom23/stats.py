"""Statistics in 23 Telecom's format: counters and rates."""

from collections.abc import Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from smsreports.dialects.base import Row
from smsreports.sms.statuses import StatusGroup

Figures = Mapping[str, Mapping[str, Any]]
CENT, HUNDREDTH_OF_CENT = Decimal("0.01"), Decimal("0.0001")


def render_total(row: Row) -> dict[str, Any]:
    stats = render_counters(row["figures"]) | {"currency": row["currency"]}
    return {"status": True, "stats": stats, "period": render_period(row)}


def render_daily(row: Row) -> dict[str, Any]:
    days = [{"date": str(day), **render_counters(figures)} for day, figures in row["days"]]
    return {"status": True, "days": days, "period": render_period(row)}


def render_by_country(row: Row) -> dict[str, Any]:
    countries = [{"country": country or None, **render_counters(figures)} for country, figures in row["countries"]]
    return {"status": True, "countries": countries, "period": render_period(row)}


def render_period(row: Row) -> dict[str, str | None]:
    """Render the first and last day, null for an open side."""
    first: date | None = row["first"]
    last: date | None = row["last"]
    return {"from": str(first) if first else None, "to": str(last) if last else None}


def render_counters(figures: Figures) -> dict[str, Any]:
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


def _sum_measure(figures: Figures, measure: str) -> int:
    return sum(measures[measure] for measures in figures.values())


def _divide(part: Decimal, whole: int, step: Decimal) -> Decimal:
    return (part / whole).quantize(step, ROUND_HALF_UP) if whole else Decimal(0)
