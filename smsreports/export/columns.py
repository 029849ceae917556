"""Columns of a list and its files: the name, and the kind, which decides how a value is written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from smsreports.openapi import schemas
from smsreports.openapi.schemas import Schema, enum_of, nullable


class ColumnKind(Enum):
    """Kind of a column's values."""

    # Text from outside, which a spreadsheet may run as a formula.
    TEXT = "text"
    # Words of our own.
    WORD = "word"
    NUMBER = "number"
    # A number that is written to JSON as a string.
    LABEL = "label"
    MONEY = "money"
    TIME = "time"
    FLAG = "flag"


SCHEMAS: Mapping[ColumnKind, Schema] = {
    ColumnKind.TEXT: schemas.TEXT,
    ColumnKind.WORD: schemas.TEXT,
    ColumnKind.NUMBER: schemas.ID,
    ColumnKind.LABEL: {"type": "string", "pattern": "^[0-9]+$"},
    ColumnKind.MONEY: schemas.MONEY,
    ColumnKind.TIME: schemas.DATETIME,
    ColumnKind.FLAG: schemas.FLAG,
}


@dataclass(frozen=True)
class Column:
    """One column, by our name. `words` are the values that it may have, if they are known."""

    name: str
    kind: ColumnKind
    is_nullable: bool = False
    words: Sequence[str] = ()

    @property
    def schema(self) -> Schema:
        """JSON schema of a value."""
        schema = enum_of(self.words) if self.words else SCHEMAS[self.kind]
        return nullable(schema) if self.is_nullable else schema
