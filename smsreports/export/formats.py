"""File formats. Every value is formatted in SQL, so that PostgreSQL writes the rows and Python never parses one."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from smsreports.export.columns import Column, ColumnKind

BOM = b"\xef\xbb\xbf"
# Code points of the first characters that make a spreadsheet run a cell as a formula: = + - @ tab CR.
FORMULA_PREFIXES = (61, 43, 45, 64, 9, 13)
PHONE_NUMBER = r"^\+[0-9]+$"


@dataclass(frozen=True)
class Format:
    """A file format. Guarded cells cannot run in a spreadsheet; the BOM makes Excel read the file as UTF-8."""

    content_type: str
    extension: str
    is_json: bool = False
    is_guarded: bool = False
    has_bom: bool = False

    def build_preamble(self, titles: Sequence[str]) -> bytes:
        """Return the bytes before the first row: the titles, except in JSON."""
        if self.is_json:
            return b""
        return (BOM if self.has_bom else b"") + ",".join(titles).encode() + b"\n"

    def build_copy_sql(self, columns: Sequence[Column], titles: Sequence[str], rows: str) -> str:
        """Build the COPY statement over the SQL `rows`, whose columns are in the order of `columns`.

        The ORM has no COPY. The SQL is built of our own names only; a client's values stay parameters.
        """
        names = ", ".join(_quote_identifier(column.name) for column in columns)
        expressions = ", ".join(
            f"{self._column_sql(column)} AS {_quote_identifier(title)}"
            for column, title in zip(columns, titles, strict=True)
        )
        select = f"SELECT {expressions} FROM ({rows}) AS u ({names})"
        if self.is_json:
            # These control characters never occur in JSON, so no row is quoted or escaped.
            options = "FORMAT csv, QUOTE E'\\x01', DELIMITER E'\\x02'"
            return f"COPY (SELECT row_to_json(r) FROM ({select}) AS r) TO STDOUT ({options})"
        return f"COPY ({select}) TO STDOUT (FORMAT csv)"

    def _column_sql(self, column: Column) -> str:
        name = f"u.{_quote_identifier(column.name)}"
        match column.kind:
            case ColumnKind.TIME:
                return f"""to_char({name} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')"""
            case ColumnKind.MONEY:
                return f"trim_scale({name})"
            case ColumnKind.LABEL:
                return f"{name}::text"
            case ColumnKind.FLAG if not self.is_json:
                return f"{name}::text"
            case ColumnKind.TEXT if self.is_guarded:
                codes = ", ".join(map(str, FORMULA_PREFIXES))
                is_formula = f"ascii({name}) IN ({codes}) AND {name} !~ '{PHONE_NUMBER}'"
                return f"CASE WHEN {is_formula} THEN '''' || {name} ELSE {name} END"
        return name


def guard_cell(text: str) -> str:
    """Return the CSV cell of a text, for files that are written in Python."""
    return f"'{text}" if _is_formula(text) else text


def unguard_cell(cell: str) -> str:
    """Return the text of a guarded cell. A text that itself began with ' and such a character loses its '."""
    return cell[1:] if cell.startswith("'") and _is_formula(cell[1:]) else cell


def _is_formula(text: str) -> bool:
    return text != "" and ord(text[0]) in FORMULA_PREFIXES and not re.fullmatch(r"\+[0-9]+", text)


def _quote_identifier(name: str) -> str:
    return f'"{name}"'


FORMATS = {
    "csv": Format("text/csv; charset=utf-8", "csv", is_guarded=True, has_bom=True),
    "csv-strict": Format("text/csv; charset=utf-8", "csv"),
    "ndjson": Format("application/x-ndjson", "ndjson", is_json=True),
}
