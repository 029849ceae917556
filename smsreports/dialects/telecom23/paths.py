"""The addresses of 23 Telecom."""

from smsreports.dialects.base import Path
from smsreports.dialects.telecom23 import params, rows

PREFIX = "api/v1/"
PATHS = (
    Path("sms/messages", "api", "list", params.messages, rows.message),
    Path("sms/messages/unified", "unified", "list", params.unified, rows.unified),
    Path("sms/messages/unified/export", "export", "export", params.export, columns=rows.UNIFIED),
    Path("sms/status/<str:client_message_id>", "api", "retrieve", params.nothing, rows.status),
)
