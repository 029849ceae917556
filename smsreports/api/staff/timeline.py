"""What an SMS was told, for its staff page. Whoever keeps receipts says how they are read: they stand above."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

# A phone that opens its links over and over must not make a page of megabytes.
MOST_TOLD = 200


@dataclass(frozen=True)
class Told:
    """A receipt, a click or an action: when it happened, when it was received, and what it said."""

    at: datetime
    received_at: datetime
    kind: str
    said: str


# What was told of an account's SMS, oldest first, by the ids it is known by: field, value. Of more than MOST_TOLD it
# gives one more than that, the latest.
Reader = Callable[[int, Mapping[str, str]], Sequence[Told]]
_readers: list[Reader] = []


def register(reader: Reader) -> None:
    _readers[:] = [reader]


def told(account: int, ids: Mapping[str, str]) -> Sequence[Told]:
    return [one for reader in _readers for one in reader(account, ids)]
