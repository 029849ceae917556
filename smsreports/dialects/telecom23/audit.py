"""Export manifests (`receipt` on the wire) and the audit log. Both are our extensions of the vendor's API."""

from datetime import datetime
from typing import Annotated, Literal, TypedDict, cast

from smsreports.dialects.telecom23.pagination import MAX_LIMIT, Sizes, render_sizes
from smsreports.openapi.schemas import TEXT, Schema, array_of, reference_to
from smsreports.openapi.type_schemas import Hash, Uuid, WithSchema
from smsreports.queries.rows import AuditPage, Row

State = Literal["running", "finished", "broken"]
# An object with one text, and one with any number.
TEXT_OBJECT: Schema = {"type": "object", "maxProperties": 1, "minProperties": 1, "additionalProperties": TEXT}
TEXTS_OR_NULL: Schema = {"type": ["object", "null"], "additionalProperties": TEXT}


class Manifest(TypedDict):
    id: Uuid
    state: State
    rows: int | None
    bytes: int | None
    sha256: Hash | None
    total: int
    truncated: bool
    started_at: datetime
    ended_at: datetime | None


class AuditEntry(TypedDict):
    id: str
    kind: Literal["export", "reveal"]
    at: datetime
    by: Annotated[dict[str, str], WithSchema(TEXT_OBJECT)]
    address: str
    filter: Annotated[dict[str, str] | None, WithSchema(TEXTS_OR_NULL)]
    format: str | None
    rows: int | None
    bytes: int | None
    sha256: Hash | None
    state: State | None
    reason: str | None
    reference: str | None


class ManifestAnswer(TypedDict):
    status: Literal[True]
    receipt: Manifest


class EntriesAnswer(TypedDict):
    status: Literal[True]
    entries: Annotated[list[AuditEntry], WithSchema(array_of(reference_to("AuditEntry"), MAX_LIMIT))]


class AuditAnswer(EntriesAnswer, Sizes):
    """Page of audit entries, and its place in the log."""


def render_manifest(row: Row) -> ManifestAnswer:
    """Render the manifest of an export, which the wire calls its receipt."""
    return {"status": True, "receipt": cast(Manifest, {name: row[name] for name in Manifest.__annotations__})}


def render_audit_page(page: AuditPage) -> AuditAnswer:
    entries = [{name: entry.get(name) for name in AuditEntry.__annotations__} for entry in page["entries"]]
    sizes = render_sizes(page["total"], page["page"], page["size"])
    return {"status": True, "entries": cast(list[AuditEntry], entries), **sizes}
