"""Endpoints of 23 Telecom's dialect."""

from smsreports.accounts.models import Scope
from smsreports.dialects.base import Endpoint
from smsreports.dialects.telecom23 import audit, params, rows, stats
from smsreports.dialects.telecom23.pagination import PAGING
from smsreports.openapi.schemas import FILE, TEXT, UUID, reference_to
from smsreports.openapi.spec import JSON, Parameter

PREFIX = "api/v1/"
ENDPOINTS = (
    Endpoint(
        "sms/messages/unified",
        "unified",
        "list",
        "API messages and broadcast sends in one list, newest first",
        parameters=params.UNIFIED,
        parse_query=params.parse_unified_query,
        render_row=rows.render_unified_row,
        columns=rows.UNIFIED,
        rows_key="messages",
    ),
    Endpoint(
        "sms/messages/unified/export",
        "export",
        "export",
        "The unified list as a file",
        "The file is one consistent snapshot of every matching row; the headers contain its size. `page` and `limit` "
        "are accepted without effect, and a `cursor` is refused with a 400. The file is compressed if the request has "
        "`Accept-Encoding: gzip`. Its receipt proves that it is complete.",
        parameters=params.EXPORT,
        ignored=PAGING,
        parse_query=params.parse_export_query,
        columns=rows.UNIFIED,
        content={
            "text/csv": FILE | {"description": f"A header row, then the list's rows: {', '.join(rows.UNIFIED)}."},
            "application/x-ndjson": FILE
            | {"contentSchema": reference_to("UnifiedRow"), "description": "One JSON object a line."},
        },
    ),
    Endpoint(
        "sms/messages/unified/export/<str:export_id>/receipt",
        "receipt",
        "retrieve",
        "The receipt of an export: the size and hash of its file",
        "`bytes` and `sha256` are those of the file itself, before any Content-Encoding. They are null while the "
        "export is `running`.",
        parameters=(Parameter("export_id", "The file's `X-Export-Id`.", UUID, "8f14e45f-ceea-467f-9e3b-2b1f5a0c7d11"),),
        render_row=audit.render_manifest,
    ),
    Endpoint(
        "sms/stats",
        "stats",
        "total",
        "Totals of all SMS that match the filters",
        parameters=params.STATS,
        parse_query=params.parse_stats_query,
        render_row=stats.render_total,
        content={JSON: stats.TOTAL_ANSWER},
    ),
    Endpoint(
        "sms/stats/daily",
        "stats",
        "daily",
        "Totals of each day, oldest first, including days without traffic",
        parameters=params.STATS,
        parse_query=params.parse_stats_query,
        render_row=stats.render_daily,
        content={JSON: stats.DAILY_ANSWER},
    ),
    Endpoint(
        "sms/stats/by-country",
        "stats",
        "by_country",
        "Totals of each country, most traffic first",
        parameters=params.STATS,
        parse_query=params.parse_stats_query,
        render_row=stats.render_by_country,
        content={JSON: stats.BY_COUNTRY_ANSWER},
    ),
    Endpoint(
        "sms/status/<str:client_message_id>",
        "status",
        "retrieve",
        "One message by its client's id, with its receipts",
        parameters=(
            Parameter("client_message_id", "As it was sent.", TEXT, "api_42_1743667200123456789_a3f8b2c1d9e45f67"),
        ),
        render_row=rows.render_status,
    ),
    Endpoint(
        "audit",
        "audit",
        "list",
        "Audit log of exports, and of SMS revealed to staff, newest first",
        parameters=params.AUDIT,
        parse_query=params.parse_audit_query,
        render_row=audit.render_audit_page,
    ),
    Endpoint(
        "ingest",
        "ingest",
        "create",
        "Load records",
        "Each line is loaded, or rejected with its number and the reason. Accepted lines are on disk when the response "
        "is sent; loading them again changes nothing. After a 413 or a 503 nothing was loaded.",
        render_row=rows.render_ingest_result,
        methods=("POST",),
        scope=Scope.WRITE,
    ),
    Endpoint(
        "gateways/<str:gateway>",
        "gateways",
        "receive",
        "Callback of a gateway with one receipt",
        "The response is the text that the gateway expects. A repeated callback is stored as one receipt.",
        content={"text/plain": TEXT},
        methods=("GET", "POST"),
        scope=Scope.WRITE,
    ),
)
