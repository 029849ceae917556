"""The description, and traffic in which every door has something to show."""

from collections.abc import Iterator

import pytest
from django.core.management import call_command

from tests.conftest import CLIENT, load, message
from tests.contracts.conftest import lines
from tests.openapi.held import Description


@pytest.fixture(scope="session")
def description() -> Description:
    return Description(CLIENT.get("/api/schema").json())


@pytest.fixture(scope="module")
def traffic(committed: None) -> Iterator[None]:
    """The demo's, with all statuses, clicks and actions; the contracts', whose ids their paths name; and a message
    that is told of nothing."""
    call_command("demo", messages=600, sends=200, verbosity=0)
    load([*lines("acme"), message(client_message_id="m-bare", request_id="m-bare", country=None)])
    yield
