"""Export manifests (`receipt` on the wire) and the audit log. Both are our extensions of the vendor's API."""

from typing import Any

from smsreports.dialects.base import Row

# States of an export, and kinds of audit entries.
STATES = ("running", "finished", "broken")
KINDS = ("export", "reveal")
# Keys, in the order of the response.
RECEIPT = ("id", "state", "rows", "bytes", "sha256", "total", "truncated", "started_at", "ended_at")
ENTRY = (
    *("id", "kind", "at", "by", "address", "filter", "format"),
    *("rows", "bytes", "sha256", "state", "reason", "reference"),
)


def render_manifest(row: Row) -> dict[str, Any]:
    """Render the manifest of an export, which the wire calls its receipt."""
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
