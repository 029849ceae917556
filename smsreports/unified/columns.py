"""Columns of the unified list: every SMS of every source, one row each. Rows, files and their descriptions follow.

A source has a column as its field of the same name, or states an expression for it, or has none: then it is null.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.db.models import (
    BigIntegerField,
    BooleanField,
    CharField,
    DateTimeField,
    DecimalField,
    Expression,
    F,
    Field,
    Model,
    Value,
)
from django.db.models.functions import Cast

from smsreports.export.columns import Column, ColumnKind
from smsreports.sms.statuses import NAMES

COLUMNS = (
    Column("id", ColumnKind.LABEL),
    Column("source", ColumnKind.WORD),
    Column("recipient", ColumnKind.TEXT),
    Column("sender_id", ColumnKind.TEXT),
    Column("text", ColumnKind.TEXT),
    Column("status", ColumnKind.WORD, words=NAMES),
    Column("status_code", ColumnKind.TEXT),
    Column("cost", ColumnKind.MONEY),
    Column("sent_at", ColumnKind.TIME),
    Column("delivered_at", ColumnKind.TIME, is_nullable=True),
    Column("clicked", ColumnKind.FLAG),
    Column("clicked_at", ColumnKind.TIME, is_nullable=True),
    Column("action_type", ColumnKind.TEXT, is_nullable=True),
    Column("action_at", ColumnKind.TIME, is_nullable=True),
    Column("message_id", ColumnKind.TEXT, is_nullable=True),
    Column("client_message_id", ColumnKind.TEXT, is_nullable=True),
    Column("segments", ColumnKind.NUMBER),
    Column("broadcast_id", ColumnKind.NUMBER, is_nullable=True),
    Column("broadcast_name", ColumnKind.TEXT, is_nullable=True),
)
# Columns of the list of items: requests and broadcasts, one row each.
ITEM_COLUMNS = (
    Column("id", ColumnKind.NUMBER),
    Column("source", ColumnKind.WORD),
    Column("created_at", ColumnKind.TIME),
    Column("text", ColumnKind.TEXT),
    Column("contact_group_id", ColumnKind.TEXT, is_nullable=True),
    Column("is_broadcast", ColumnKind.FLAG),
)

# Types of NULL. Without them the rows of several sources would not match in a UNION.
FIELDS: Mapping[ColumnKind, Field[object, object]] = {
    ColumnKind.TEXT: CharField(),
    ColumnKind.WORD: CharField(),
    ColumnKind.NUMBER: BigIntegerField(),
    ColumnKind.LABEL: BigIntegerField(),
    ColumnKind.MONEY: DecimalField(max_digits=12, decimal_places=6),
    ColumnKind.TIME: DateTimeField(),
    ColumnKind.FLAG: BooleanField(),
}


def build_columns(
    columns: Sequence[Column], model: type[Model], label: str, **expressions: Expression | F
) -> dict[str, Expression | F]:
    """Return a source's expression of each column over the rows of `model`.

    `label` is the value of `source`. `expressions` are those of columns that are no field of the same name.
    Raises ValueError for an expression of a column that does not exist.
    """
    if unknown := expressions.keys() - {column.name for column in columns}:
        raise ValueError(f"there is no column {', '.join(sorted(unknown))}")
    known: dict[str, Expression | F] = {field.attname: F(field.attname) for field in model._meta.concrete_fields}
    known |= {"source": Value(label, CharField()), **expressions}
    nulls = {column.name: Cast(Value(None), FIELDS[column.kind]) for column in columns}
    return {column.name: known.get(column.name, nulls[column.name]) for column in columns}
