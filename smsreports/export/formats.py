"""How a file is written: everything it needs is said in SQL, so that rows never pass through Python."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from smsreports.export.columns import Column, Kind

BOM = b"\xef\xbb\xbf"
# First characters at which a spreadsheet runs a cell: = + - @ tab CR, by code point.
RUN_BY_SPREADSHEETS = (61, 43, 45, 64, 9, 13)
PHONE_NUMBER = r"^\+[0-9]+$"


@dataclass(frozen=True)
class Format:
    """A file format. `guarded` cells cannot run in a spreadsheet; `bom` lets Excel see that it is UTF-8."""

    content_type: str
    extension: str
    json: bool = False
    guarded: bool = False
    bom: bool = False

    def preamble(self, titles: Sequence[str]) -> bytes:
        """What stands before the first row."""
        if self.json:
            return b""
        return (BOM if self.bom else b"") + ",".join(titles).encode() + b"\n"

    def copy_sql(self, columns: Sequence[Column], titles: Sequence[str], rows: str) -> str:
        """The COPY statement over the SQL `rows`, whose columns come in the order of `columns`.

        The ORM has no COPY. The SQL is built of our own names; a caller's values stay parameters.
        """
        names = ", ".join(_quoted(column.name) for column in columns)
        shown = ", ".join(
            f"{self._shown(column)} AS {_quoted(title)}" for column, title in zip(columns, titles, strict=True)
        )
        select = f"SELECT {shown} FROM ({rows}) AS u ({names})"
        if self.json:
            # The control characters as quote and delimiter never occur in JSON: each row comes out as it is.
            options = "FORMAT csv, QUOTE E'\\x01', DELIMITER E'\\x02'"
            return f"COPY (SELECT row_to_json(r) FROM ({select}) AS r) TO STDOUT ({options})"
        return f"COPY ({select}) TO STDOUT (FORMAT csv)"

    def _shown(self, column: Column) -> str:
        name = f"u.{_quoted(column.name)}"
        match column.kind:
            case Kind.TIME:
                return f"""to_char({name} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')"""
            case Kind.MONEY:
                return f"trim_scale({name})"
            case Kind.LABEL:
                return f"{name}::text"
            case Kind.FLAG if not self.json:
                return f"{name}::text"
            case Kind.TEXT if self.guarded:
                return _guard(name)
        return name


def _guard(name: str) -> str:
    codes = ", ".join(map(str, RUN_BY_SPREADSHEETS))
    return f"CASE WHEN ascii({name}) IN ({codes}) AND {name} !~ '{PHONE_NUMBER}' THEN '''' || {name} ELSE {name} END"


def guarded(text: str) -> str:
    """The cell of a text, where rows do pass through Python."""
    return f"'{text}" if _runs(text) else text


def unguarded(cell: str) -> str:
    """The text of a guarded cell. One that itself began with ' and such a character is not told apart from that."""
    return cell[1:] if cell.startswith("'") and _runs(cell[1:]) else cell


def _runs(text: str) -> bool:
    return text != "" and ord(text[0]) in RUN_BY_SPREADSHEETS and not re.fullmatch(r"\+[0-9]+", text)


def _quoted(name: str) -> str:
    return f'"{name}"'


FORMATS = {
    "csv": Format("text/csv; charset=utf-8", "csv", guarded=True, bom=True),
    "csv-strict": Format("text/csv; charset=utf-8", "csv"),
    "ndjson": Format("application/x-ndjson", "ndjson", json=True),
}
