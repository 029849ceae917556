"""How the database answers: the nodes of a plan, with what each really read."""

import json
from collections.abc import Iterator
from typing import Any

from django.db import connection


def explained(sql: str) -> Iterator[dict[str, Any]]:
    """Every node of the plan by which the database runs it."""
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN (ANALYZE, FORMAT JSON) " + sql.replace("%", "%%"), [])
        [[plan]] = cursor.fetchall()
    yield from nodes((json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"])


def nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for below in node.get("Plans", []):
        yield from nodes(below)
