"""Exports in process. The rows must be committed, because an export reads them on its own connection."""

import csv
import io
from typing import Any

from tests.conftest import ALL_DAYS, ApiClient

EXPORT = "/api/v1/sms/messages/unified/export"
BOM = b"\xef\xbb\xbf"


def export(api_client: ApiClient, **params: str) -> Any:
    response = api_client.get(EXPORT, ALL_DAYS | params)
    assert response.status_code == 200, response.body
    return response


def table(file: bytes) -> list[dict[str, str]]:
    """Parse a CSV file with Python's own reader."""
    text = io.StringIO(file.removeprefix(BOM).decode(), newline="")
    return list(csv.DictReader(text, strict=True))
