"""The OpenAPI document, and traffic for which every endpoint has something to return."""

from collections.abc import Iterator

import pytest
from django.core.management import call_command

from tests.conftest import CLIENT, load_lines, message_line, send_line
from tests.contracts.conftest import build_lines
from tests.openapi.schema_validation import Description


@pytest.fixture(scope="session")
def description() -> Description:
    return Description(CLIENT.get("/api/schema").json())


@pytest.fixture(scope="module")
def traffic(committed: None) -> Iterator[None]:
    """Load the demo, the rows that the contracts' paths name, and a message without receipts.

    The demo has all statuses, clicks and actions.
    """
    call_command("demo", messages=600, sends=200, verbosity=0)
    load_lines([*build_lines("acme"), message_line(client_message_id="m-bare", request_id="m-bare", country=None)])
    load_lines([send_line(broadcast="b-04", message_id=f"s-bare-{number}") for number in (1, 2)])
    yield
