"""Signed cursors: positions in a list that stay valid while new rows arrive."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.core import signing

SALT = "smsreports.cursor"
Direction = Literal["after", "before"]


@dataclass(frozen=True)
class Position:
    """Position of a row in a list's total order, (time, source, id)."""

    time: datetime
    source: str
    id: int


@dataclass(frozen=True)
class Cursor:
    """The page after or before a position, and the page number it had when the link was made.

    The text form is signed, so that callers cannot make one up.
    """

    position: Position
    direction: Direction
    page: int

    def __str__(self) -> str:
        position = self.position
        return signing.dumps(
            [position.time.isoformat(), position.source, position.id, self.direction, self.page], salt=SALT
        )

    @classmethod
    def parse_text(cls, text: str) -> Cursor:
        """Parse a cursor from its text form.

        Raises ValueError if this installation did not sign `text`.
        """
        try:
            time, source, row_id, direction, page = signing.loads(text, salt=SALT)
        except signing.BadSignature:
            raise ValueError("is not valid; use the cursor of a Link header unchanged") from None
        return cls(Position(datetime.fromisoformat(time), source, row_id), direction, page)
