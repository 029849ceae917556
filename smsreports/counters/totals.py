"""Totals of narrowed rows."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django.db.models import Count, QuerySet, Sum


def by_status(rows: Iterable[QuerySet[Any]]) -> Mapping[str, tuple[int, Decimal]]:
    """SMS and their exact cost by raw status, over all the given sources' rows."""
    totals: dict[str, tuple[int, Decimal]] = {}
    for own in rows:
        grouped = own.order_by().values_list("status").annotate(Count("id"), Sum("cost"))
        for status, messages, cost in grouped:
            before = totals.get(status, (0, Decimal(0)))
            totals[status] = before[0] + messages, before[1] + cost
    return totals
