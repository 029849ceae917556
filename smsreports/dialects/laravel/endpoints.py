"""Endpoints of Ersaal's dialect."""

from smsreports.dialects.base import Endpoint
from smsreports.dialects.laravel import params, rows, spec

PREFIX = "api/sms/"
ENDPOINTS = (
    Endpoint("messages", "items", "list", params.parse_items_query, rows.render_item, spec=spec.ITEMS),
    Endpoint(
        "messages/<str:key>", "items", "retrieve", params.parse_empty_query, rows.render_single_item, spec=spec.ONE_ITEM
    ),
)
