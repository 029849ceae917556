"""What an account reads of its own: the receipt of a file, and who took what out."""

from uuid import UUID

from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from smsreports.api.viewsets import DialectViewSet
from smsreports.audit.listing import AuditLog
from smsreports.audit.models import Export
from smsreports.audit.status import resolve_states


class ManifestViewSet(DialectViewSet):
    """What proves that a file is whole: its rows, bytes and SHA-256."""

    def retrieve(self, request: Request, export_id: str) -> Response:
        found = Export.objects.for_account(self.account).select_related("end").filter(pk=_parse_id(export_id)).first()
        if found is None:
            raise NotFound("Export not found")
        state, end = resolve_states([found])[found]
        receipt = {
            "id": str(found.pk),
            "state": state.value,
            "rows": end and end.rows,
            "bytes": end and end.bytes,
            "sha256": end and end.sha256,
            "total": found.total,
            "truncated": found.truncated,
            "started_at": found.begun_at,
            "ended_at": end and end.ended_at,
        }
        return Response(self.endpoint.render_row(receipt))


def _parse_id(text: str) -> UUID | None:
    """The id that is written so, and in no other of the ways that Python takes."""
    try:
        return UUID(text) if str(UUID(text)) == text else None
    except ValueError:
        return None


class AuditViewSet(DialectViewSet):
    """Every export and every reveal of the account's rows, newest first."""

    def list(self, request: Request) -> Response:
        asked, entries = self.list_request, AuditLog(self.account, self.list_request.filters)
        total, found = entries.get_page((asked.page - 1) * asked.size, asked.size)
        answer = {"entries": found, "total": total, "page": asked.page, "size": asked.size}
        return Response(self.endpoint.render_row(answer))
