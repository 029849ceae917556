"""Columns of a file."""

from dataclasses import dataclass
from enum import Enum, auto


class ColumnKind(Enum):
    """What a column holds, which decides how a format writes it."""

    # Anyone's words: a spreadsheet may take them for a formula.
    TEXT = auto()
    # Our own words and numbers.
    PLAIN = auto()
    # A number that a JSON reader must see as text.
    LABEL = auto()
    MONEY = auto()
    TIME = auto()
    FLAG = auto()


@dataclass(frozen=True)
class Column:
    """One entry of an export, by our name."""

    name: str
    kind: ColumnKind
