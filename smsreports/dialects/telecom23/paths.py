"""The addresses of 23 Telecom."""

from smsreports.accounts.models import Scope
from smsreports.dialects.base import Path
from smsreports.dialects.telecom23 import described, entries, params, rows, stats

PREFIX = "api/v1/"
PATHS = (
    Path("sms/messages", "api", "list", params.messages, rows.message, described=described.MESSAGES),
    Path("sms/messages/unified", "unified", "list", params.unified, rows.unified, described=described.UNIFIED_LIST),
    Path(
        "sms/messages/unified/export",
        "export",
        "export",
        params.export,
        columns=rows.UNIFIED,
        described=described.EXPORT,
    ),
    Path(
        "sms/messages/unified/export/<str:export_id>/receipt",
        "receipt",
        "retrieve",
        params.nothing,
        entries.receipt,
        described=described.RECEIPT,
    ),
    Path("sms/stats", "stats", "total", params.stats, stats.total, described=described.TOTAL),
    Path("sms/stats/daily", "stats", "daily", params.stats, stats.daily, described=described.DAILY),
    Path("sms/stats/by-country", "stats", "by_country", params.stats, stats.by_country, described=described.BY_COUNTRY),
    Path(
        "sms/status/<str:client_message_id>",
        "status",
        "retrieve",
        params.nothing,
        rows.status,
        described=described.STATUS,
    ),
    Path("audit", "audit", "list", params.audit, entries.audit, described=described.AUDIT),
    Path(
        "ingest",
        "ingest",
        "create",
        params.nothing,
        rows.outcome,
        methods=("POST",),
        scope=Scope.WRITE,
        described=described.INGEST,
    ),
    Path(
        "gateways/<str:gateway>",
        "gateways",
        "receive",
        params.nothing,
        methods=("GET", "POST"),
        scope=Scope.WRITE,
        described=described.GATEWAY,
    ),
)
