"""Receipts of files, and the list of who took what out; ours to shape."""

from typing import Any

from smsreports.dialects.base import Row

# Of a file, and of an entry.
STATES = ("running", "finished", "broken")
KINDS = ("export", "reveal")
# The keys, in their order.
RECEIPT = ("id", "state", "rows", "bytes", "sha256", "total", "truncated", "started_at", "ended_at")
ENTRY = (
    *("id", "kind", "at", "by", "address", "filter", "format"),
    *("rows", "bytes", "sha256", "state", "reason", "reference"),
)


def render_manifest(row: Row) -> dict[str, Any]:
    return {"status": True, "receipt": {name: row[name] for name in RECEIPT}}


def render_audit_page(row: Row) -> dict[str, Any]:
    return {
        "status": True,
        "entries": [{name: entry.get(name) for name in ENTRY} for entry in row["entries"]],
        "total": row["total"],
        "page": row["page"],
        "limit": row["size"],
        "total_pages": -(-row["total"] // row["size"]),
    }
