"""Views of an account's export manifests and audit log."""

from uuid import UUID

from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from smsreports.api.viewsets import DialectViewSet
from smsreports.audit.listing import AuditLog
from smsreports.audit.models import Export
from smsreports.audit.status import resolve_states


class ManifestViewSet(DialectViewSet):
    """Manifest of an export, which proves that a file is complete: its rows, bytes and SHA-256."""

    def retrieve(self, request: Request, export_id: str) -> Response:
        key, exports = _parse_id(export_id), Export.objects.for_account(self.account).select_related("end")
        export = exports.filter(pk=key).first() if key else None
        if export is None:
            raise NotFound("Export not found")
        state, end = resolve_states([export])[export]
        manifest = {
            "id": str(export.pk),
            "state": state.value,
            "rows": end and end.rows,
            "bytes": end and end.bytes,
            "sha256": end and end.sha256,
            "total": export.total,
            "truncated": export.truncated,
            "started_at": export.begun_at,
            "ended_at": end and end.ended_at,
        }
        return Response(self.endpoint.render_row(manifest))


def _parse_id(text: str) -> UUID | None:
    """Parse an id in its canonical form. Return None for every other text, including other spellings of a UUID."""
    try:
        return UUID(text) if str(UUID(text)) == text else None
    except ValueError:
        return None


class AuditViewSet(DialectViewSet):
    """List of every export and every reveal of the account's rows, newest first."""

    def list(self, request: Request) -> Response:
        page, size = self.list_request.page, self.list_request.size
        total, entries = AuditLog(self.account, self.list_request.window).get_page((page - 1) * size, size)
        return Response(self.endpoint.render_row({"entries": entries, "total": total, "page": page, "size": size}))
