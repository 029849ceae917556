"""The addresses of 23 Telecom."""

from smsreports.accounts.models import Scope
from smsreports.dialects.base import Path
from smsreports.dialects.telecom23 import entries, params, rows, stats

PREFIX = "api/v1/"
PATHS = (
    Path("sms/messages", "api", "list", params.messages, rows.message),
    Path("sms/messages/unified", "unified", "list", params.unified, rows.unified),
    Path("sms/messages/unified/export", "export", "export", params.export, columns=rows.UNIFIED),
    Path("sms/messages/unified/export/<str:export>/receipt", "receipt", "retrieve", params.nothing, entries.receipt),
    Path("sms/stats", "stats", "total", params.stats, stats.total),
    Path("sms/stats/daily", "stats", "daily", params.stats, stats.daily),
    Path("sms/stats/by-country", "stats", "by_country", params.stats, stats.by_country),
    Path("sms/status/<str:client_message_id>", "status", "retrieve", params.nothing, rows.status),
    Path("audit", "audit", "list", params.audit, entries.audit),
    Path("ingest", "ingest", "create", params.nothing, rows.outcome, methods=("POST",), scope=Scope.WRITE),
    Path("gateways/<str:gateway>", "gateways", "receive", params.nothing, methods=("GET", "POST"), scope=Scope.WRITE),
)
