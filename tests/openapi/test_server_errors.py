"""Errors of the server, before any view, match the document."""

import pytest
import requests

from tests.openapi.schema_validation import Description
from tests.server import Server


@pytest.mark.parametrize("path", ["/api/v1/sms/messages", "/api/sms/messages"])
@pytest.mark.parametrize(("status", "query", "headers"), [(414, "a" * 9000, {}), (431, "", {"X-Long": "a" * 9000})])
def test_an_error_of_the_server_matches_the_document(
    description: Description, gunicorn: Server, path: str, status: int, query: str, headers: dict[str, str]
) -> None:
    answer = requests.get(f"{gunicorn.url}{path}?{query}", headers=headers, timeout=30)
    assert answer.status_code == status
    description.check_response("GET", path, answer)
