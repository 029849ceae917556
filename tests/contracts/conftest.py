"""Traffic of two accounts that look alike."""

from collections.abc import Iterator

import pytest

from tests.conftest import DAY, broadcast, load, message, send

ACCOUNTS = ("acme", "globex")
# Few moments for many rows: most have the time of others, within their source and across.
MINUTES = 3
MESSAGES, BROADCASTS = 29, 11
# One account has this much more, so that a total that counts the other's rows is wrong.
MORE = {"acme": 0, "globex": 4}


def marks(account: str, sources: str = "ab") -> list[str]:
    """The texts of the account's rows as lists order them: by (time, source, id), the greatest first."""
    numbers = {"a": range(MESSAGES + MORE[account]), "b": range(BROADCASTS)}
    return sorted((mark(account, each, n) for each in sources for n in numbers[each]), reverse=True)


def mark(account: str, source: str, number: int) -> str:
    return f"{number % MINUTES} {source} {number:02} {account}"


def lines(account: str) -> Iterator[str]:
    """Rows that differ between the accounts in their text alone. A broadcast has one send."""
    for text in sorted(marks(account), key=lambda text: text.split()[2]):
        minute, source, number, _ = text.split()
        time = f"{DAY}T12:0{minute}:00Z"
        if source == "a":
            yield message(account=account, client_message_id=f"m-{number}", message=text, created_at=time)
        else:
            yield broadcast(account=account, broadcast=f"b-{number}", message=text, created_at=time)
            yield send(account=account, broadcast=f"b-{number}", message_id=f"s-{number}", sent_at=time)


@pytest.fixture(scope="module", autouse=True)
def traffic(committed: None) -> None:
    load(line for account in ACCOUNTS for line in lines(account))
