"""Columns of an export."""

from dataclasses import dataclass
from enum import Enum, auto


class ColumnKind(Enum):
    """Kind of a column's values. A format decides by it how to write them."""

    # Text from outside, which a spreadsheet may run as a formula.
    TEXT = auto()
    # Words and numbers of our own.
    PLAIN = auto()
    # A number that is written to JSON as a string.
    LABEL = auto()
    MONEY = auto()
    TIME = auto()
    FLAG = auto()


@dataclass(frozen=True)
class Column:
    """One column of an export, by our name."""

    name: str
    kind: ColumnKind
