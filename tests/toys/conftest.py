"""Fixtures of the toys: committed traffic of three sources, and the addresses that show it."""

import pytest

from tests.conftest import load_lines
from tests.toys.traffic import ACCOUNTS, build_lines, build_rows

TELECOM = "/api/v1/sms"
UNIFIED = f"{TELECOM}/messages/unified"
ACME = "/acme"


@pytest.fixture(scope="module")
def traffic(committed: None) -> None:
    """Load the traffic of both accounts for a module. Exports read it on connections of their own."""
    load_lines(line for account in ACCOUNTS for line in build_lines(build_rows(account)))
