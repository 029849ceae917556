"""Query plans with the rows that each node really read."""

import json
from collections.abc import Iterator
from typing import Any

from django.db import connection


def explain_nodes(sql: str) -> Iterator[dict[str, Any]]:
    """Run the statement with EXPLAIN ANALYZE and yield every node of its plan."""
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN (ANALYZE, FORMAT JSON) " + sql.replace("%", "%%"), [])
        [[plan]] = cursor.fetchall()
    yield from walk_nodes((json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"])


def walk_nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node.get("Plans", []):
        yield from walk_nodes(child)
