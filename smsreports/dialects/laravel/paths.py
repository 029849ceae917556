"""The addresses of Ersaal."""

from smsreports.dialects.base import Path
from smsreports.dialects.laravel import described, params, rows

PREFIX = "api/sms/"
PATHS = (
    Path("messages", "items", "list", params.items, rows.item, described=described.ITEMS),
    Path("messages/<str:key>", "items", "retrieve", params.nothing, rows.single, described=described.ONE_ITEM),
)
