"""What tests share: accounts and keys, the file command, and a server that really listens."""

import io
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from smsreports.accounts.keys import create
from smsreports.accounts.models import Account, Scope


def load(lines: Iterable[str]) -> None:
    """Loads NDJSON lines by the file command, making accounts on the way."""
    call_command("import_traffic", "-", create_accounts=True, stdin=io.BytesIO("\n".join(lines).encode()))


@dataclass(frozen=True)
class Live:
    """A server that listens at `url`."""

    url: str

    def load(self, lines: Iterable[str]) -> None:
        load(lines)

    def key(self, account: str) -> str:
        return create(Account.objects.get(name=account), [Scope.READ])


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None) -> None:
    """Connections end with their request: one kept by a server thread would keep the test database alive."""
    connection.settings_dict["CONN_MAX_AGE"] = 0


@pytest.fixture
def live(live_server: Any) -> Live:
    return Live(live_server.url)
