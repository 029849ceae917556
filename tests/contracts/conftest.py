"""Traffic of two accounts whose rows differ in their texts only."""

from collections.abc import Iterator

import pytest

from tests.conftest import DAY, broadcast_line, load_lines, message_line, send_line

ACCOUNTS = ("acme", "globex")
# Few times for many rows, so that most rows share their time with others of both sources.
MINUTES = 3
MESSAGES, BROADCASTS = 29, 11
# One account has more messages, so that totals reveal rows of the wrong account.
EXTRA_MESSAGES = {"acme": 0, "globex": 4}


def expected_texts(account: str, sources: str = "ab") -> list[str]:
    """Return the texts of the account's rows in the order of lists: by (time, source, id), descending."""
    numbers = {"a": range(MESSAGES + EXTRA_MESSAGES[account]), "b": range(BROADCASTS)}
    return sorted((build_text(account, source, n) for source in sources for n in numbers[source]), reverse=True)


def build_text(account: str, source: str, number: int) -> str:
    return f"{number % MINUTES} {source} {number:02} {account}"


def build_lines(account: str) -> Iterator[str]:
    """Yield the lines that load the account's rows. A broadcast has one send."""
    for text in sorted(expected_texts(account), key=lambda text: text.split()[2]):
        minute, source, number, _ = text.split()
        time = f"{DAY}T12:0{minute}:00Z"
        if source == "a":
            yield message_line(account=account, client_message_id=f"m-{number}", message=text, created_at=time)
        else:
            yield broadcast_line(account=account, broadcast=f"b-{number}", message=text, created_at=time)
            yield send_line(account=account, broadcast=f"b-{number}", message_id=f"s-{number}", sent_at=time)


@pytest.fixture(scope="module", autouse=True)
def traffic(committed: None) -> None:
    load_lines(line for account in ACCOUNTS for line in build_lines(account))
