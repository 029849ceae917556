"""Kinds of record: the keys of each, the rules between them, and the staging row that a record becomes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from smsreports.openapi.schemas import Schema, enum_of
from smsreports.records.field_parsers import COPY_NULL, FieldParser, InvalidRecord, is_final
from smsreports.records.field_types import FieldType
from smsreports.records.staging import StagingTable
from smsreports.sms.countries import find_country
from smsreports.sms.segments import count_segments
from smsreports.sms.statuses import FINAL

# The JSON object of a line.
Record = Mapping[str, object]
# Values of a record in COPY's text format, by key, in the order of the kind's fields.
Values = dict[str, str]
# The times of an SMS that may be the time of its status, the latest first.
STATUS_TIMES = ("delivered_at", "sent_at", "created_at")


@dataclass(frozen=True)
class FieldSpec:
    """One key of a record. A key that is absent or null gets `default`; without one it is required."""

    type: FieldType
    default: str | None = None
    # The staged column, if its name is not the key.
    column: str = ""


def make_optional(field_type: FieldType, default: str = COPY_NULL, *, column: str = "") -> FieldSpec:
    return FieldSpec(field_type, default, column)


@dataclass(frozen=True, eq=False)
class RecordKind:
    """One type of record: its keys, and how its staging row is built."""

    fields: Mapping[str, FieldSpec]
    stage: StagingTable
    # Returns the values of the staging row, in the order of its columns. Raises InvalidRecord.
    build_values: Callable[[Values, Record], Sequence[str]]
    # Rules between keys, as keywords of a JSON schema. `build_values` checks the same.
    rules: Schema = field(default_factory=dict)

    def build_row(self, record: Record, default_country: str = "") -> str:
        """Return the record's staging row in COPY's text format, without line and account. Raises InvalidRecord.

        `default_country` is the account's: that of numbers without a calling code.
        """
        return "\t".join(self.build_values(self._parse_values(record, default_country), record))

    def _parse_values(self, record: Record, default_country: str) -> Values:
        values = {}
        for name, parse, default in _list_parsers(self, default_country):
            value = record.get(name)
            if value is None:
                if default is None:
                    raise InvalidRecord(f"{name}: is missing")
                values[name] = default
                continue
            try:
                values[name] = parse(value)
            except InvalidRecord as error:
                raise InvalidRecord(f"{name}: {error}") from None
        return values


# Never evicted: there are few kinds and countries.
@cache
def _list_parsers(kind: RecordKind, default_country: str) -> Sequence[tuple[str, FieldParser, str | None]]:
    """Return the name, parser and default of each field."""
    return [(name, spec.type.get_parser(default_country), spec.default) for name, spec in kind.fields.items()]


def list_staged_columns(fields: Mapping[str, FieldSpec]) -> dict[str, str]:
    """Return the columns that hold the values of these fields, with their types."""
    return {spec.column or name: spec.type.sql_type for name, spec in fields.items()}


def build_sms_values(values: Values, record: Record) -> list[str]:
    """Return the staging row of an SMS: its values, and the time of its status. Raises InvalidRecord.

    Segments are counted in the key `message` and the country is found by the number, unless they are given.
    """
    if values["delivered_at"] != COPY_NULL and not is_final(values["status"]):
        raise InvalidRecord(f"delivered_at: is given, but status {values['status']} is not final")
    if values["segments"] == COPY_NULL and values["message"] != COPY_NULL:
        values["segments"] = str(count_segments(str(record["message"])))
    if values["country"] == COPY_NULL:
        values["country"] = find_country(values["recipient"]) or COPY_NULL
    status_at = next(values[name] for name in STATUS_TIMES if values.get(name, COPY_NULL) != COPY_NULL)
    return [*values.values(), status_at]


def require_key(name: str, schema: Schema | None = None) -> Schema:
    """Return a schema that requires the key to be present and not null."""
    return {"required": [name], "properties": {name: schema or {"type": "string"}}}


# The first rule of `build_sms_values`. Rules use keywords that client generators ignore: from `oneOf` or `allOf`
# beside `properties` generators make extra types.
FINAL_IF_DELIVERED: Schema = {"if": require_key("delivered_at"), "then": require_key("status", enum_of(FINAL))}
