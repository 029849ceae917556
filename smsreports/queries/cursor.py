"""Cursors: a place in a list that stays true while traffic arrives, signed so that nobody makes one up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.core import signing

SALT = "smsreports.cursor"
Direction = Literal["after", "before"]


@dataclass(frozen=True)
class Position:
    """Where a row stands in a list's total order."""

    time: datetime
    source: str
    id: int


@dataclass(frozen=True)
class Cursor:
    """The page that stands `way` a place, and the number that it had when the link to it was made."""

    position: Position
    direction: Direction
    page: int

    def __str__(self) -> str:
        place = self.position
        return signing.dumps([place.time.isoformat(), place.source, place.id, self.direction, self.page], salt=SALT)

    @classmethod
    def parse_text(cls, text: str) -> Cursor:
        """Raises ValueError where `text` is not a cursor that was made here."""
        try:
            time, source, row, way, page = signing.loads(text, salt=SALT)
        except signing.BadSignature:
            raise ValueError("is not valid; use the cursor of a Link header unchanged") from None
        return cls(Position(datetime.fromisoformat(time), source, row), way, page)
