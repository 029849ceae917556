"""Answers to requests that the server refuses before a view sees them match the description."""

import pytest
import requests

from tests.openapi.held import Description
from tests.server import Server


@pytest.mark.parametrize("path", ["/api/v1/sms/messages", "/api/sms/messages"])
@pytest.mark.parametrize(("status", "query", "headers"), [(414, "a" * 9000, {}), (431, "", {"X-Long": "a" * 9000})])
def test_an_answer_without_a_view_matches_the_description(
    description: Description, gunicorn: Server, path: str, status: int, query: str, headers: dict[str, str]
) -> None:
    answer = requests.get(f"{gunicorn.url}{path}?{query}", headers=headers, timeout=30)
    assert answer.status_code == status
    description.hold("GET", path, answer)
