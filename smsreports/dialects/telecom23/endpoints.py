"""Endpoints of 23 Telecom's dialect."""

from smsreports.accounts.models import Scope
from smsreports.dialects.base import Endpoint
from smsreports.dialects.telecom23 import audit, params, rows, spec, stats

PREFIX = "api/v1/"
ENDPOINTS = (
    Endpoint(
        "sms/messages/unified",
        "unified",
        "list",
        params.parse_unified_query,
        rows.render_unified_row,
        columns=rows.UNIFIED,
        spec=spec.UNIFIED_LIST,
        rows_key="messages",
    ),
    Endpoint(
        "sms/messages/unified/export",
        "export",
        "export",
        params.parse_export_query,
        columns=rows.UNIFIED,
        spec=spec.EXPORT,
    ),
    Endpoint(
        "sms/messages/unified/export/<str:export_id>/receipt",
        "receipt",
        "retrieve",
        params.parse_empty_query,
        audit.render_manifest,
        spec=spec.RECEIPT,
    ),
    Endpoint("sms/stats", "stats", "total", params.parse_stats_query, stats.render_total, spec=spec.TOTAL),
    Endpoint("sms/stats/daily", "stats", "daily", params.parse_stats_query, stats.render_daily, spec=spec.DAILY),
    Endpoint(
        "sms/stats/by-country",
        "stats",
        "by_country",
        params.parse_stats_query,
        stats.render_by_country,
        spec=spec.BY_COUNTRY,
    ),
    Endpoint(
        "sms/status/<str:client_message_id>",
        "status",
        "retrieve",
        params.parse_empty_query,
        rows.render_status,
        spec=spec.STATUS,
    ),
    Endpoint("audit", "audit", "list", params.parse_audit_query, audit.render_audit_page, spec=spec.AUDIT),
    Endpoint(
        "ingest",
        "ingest",
        "create",
        params.parse_empty_query,
        rows.render_ingest_result,
        methods=("POST",),
        scope=Scope.WRITE,
        spec=spec.INGEST,
    ),
    Endpoint(
        "gateways/<str:gateway>",
        "gateways",
        "receive",
        params.parse_empty_query,
        methods=("GET", "POST"),
        scope=Scope.WRITE,
        spec=spec.GATEWAY,
    ),
)
