"""Audit log of an account: exports and reveals in one list, newest first by (time, kind, id)."""

from collections.abc import Iterable
from datetime import datetime
from typing import TypedDict
from uuid import UUID

from django.db.models import BigIntegerField, F, QuerySet, UUIDField, Value
from django.db.models.functions import Cast

from smsreports.accounts.models import Account, Reveal
from smsreports.audit.models import Export, ExportEnd
from smsreports.audit.status import ExportState, resolve_states
from smsreports.queries.rows import Row
from smsreports.sms.windows import Window

EXPORT, REVEAL = "export", "reveal"


class EntryKey(TypedDict):
    """Key of an export or of a reveal; the other one is None."""

    kind: str
    at: datetime
    export: UUID | None
    reveal: int | None


class AuditLog:
    """Audit entries of an account within a window."""

    def __init__(self, account: Account, window: Window) -> None:
        self._exports: QuerySet[Export] = Export.objects.for_account(account)
        self._reveals = Reveal.objects.filter(account=account)
        for lookup, bound in (("gte", window.start), ("lt", window.end)):
            if bound is not None:
                self._exports = self._exports.filter(**{f"begun_at__{lookup}": bound})
                self._reveals = self._reveals.filter(**{f"at__{lookup}": bound})

    def get_page(self, first: int, size: int) -> tuple[int, list[Row]]:
        """Return the number of entries, and up to `size` of them from offset `first` on (0 is the newest)."""
        total = self._exports.count() + self._reveals.count()
        keys = list(self._select_keys(first, first + size)) if first < total else []
        exports = self._exports.filter(pk__in=[key["export"] for key in keys if key["kind"] == EXPORT])
        reveals = self._reveals.filter(pk__in=[key["reveal"] for key in keys if key["kind"] == REVEAL])
        entries: dict[tuple[str, UUID | int | None], Row] = {
            (EXPORT, export.pk): _build_export_entry(export, state, end)
            for export, (state, end) in resolve_states(exports.select_related("key", "user", "end")).items()
        } | {(REVEAL, reveal.pk): _build_reveal_entry(reveal) for reveal in reveals.select_related("user")}
        return total, [entries[key["kind"], key["export"] or key["reveal"]] for key in keys]

    def _select_keys(self, start: int, stop: int) -> Iterable[EntryKey]:
        """Select the keys of a page. Each table is read from its own index, up to `stop` rows."""
        names = ("kind", "at", EXPORT, REVEAL)
        exports = self._exports.annotate(
            kind=Value(EXPORT), at=F("begun_at"), export=F("id"), reveal=Cast(Value(None), BigIntegerField())
        ).order_by("-begun_at", "-id")
        reveals = self._reveals.annotate(
            kind=Value(REVEAL), export=Cast(Value(None), UUIDField()), reveal=F("id")
        ).order_by("-at", "-id")
        entries = exports.values(*names)[:stop].union(reveals.values(*names)[:stop], all=True)
        keys: Iterable[EntryKey] = entries.order_by("-at", "kind", "-export", "-reveal")[start:stop]
        return keys


def _build_export_entry(export: Export, state: ExportState, end: ExportEnd | None) -> Row:
    return {
        "id": str(export.pk),
        "kind": EXPORT,
        "at": export.begun_at,
        "by": {"key": export.key.prefix} if export.key else {"staff": str(export.user)},
        "address": export.address,
        "filter": export.filter,
        "format": export.format,
        "rows": end and end.rows,
        "bytes": end and end.bytes,
        "sha256": end and end.sha256,
        "state": state.value,
    }


def _build_reveal_entry(reveal: Reveal) -> Row:
    return {
        "id": str(reveal.pk),
        "kind": REVEAL,
        "at": reveal.at,
        "by": {"staff": reveal.user.get_username()},
        "address": reveal.address,
        "reason": reveal.reason,
        "reference": reveal.reference,
    }
