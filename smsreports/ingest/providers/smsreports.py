"""Importer of our own exports: the unified list as a CSV file of any dialect, or as JSON lines.

An export is newest first, and rows of the same second are ordered by id. The file is loaded from its end, so that the
new ids have the same order. The loader of a row's source turns it into records; see
docs/operators/providers/smsreports.md.
"""

from smsreports.export.columns import ColumnKind
from smsreports.export.formats import unguard_cell
from smsreports.ingest.providers import ImportRun, NumberedRecords, Provider, parse_whole_number, safe_repr
from smsreports.ingest.readers import FileLayout, FileRow, FileRows
from smsreports.ingest.readers.reverse import reverse_rows
from smsreports.records.field_parsers import InvalidRecord
from smsreports.records.loader import RowImporter
from smsreports.sources import get_sources
from smsreports.unified.columns import COLUMNS
from smsreports.unified.exports import DEFAULT_TITLES

# `id` is assigned anew, and `clicked` follows from `clicked_at`.
IGNORED_COLUMNS = frozenset(("id", "clicked"))
# Columns by their titles in the files.
COLUMNS_BY_TITLE = {DEFAULT_TITLES.get(column.name, column.name): column for column in COLUMNS}
# Columns that each SMS has. The others may be null; CSV has empty values instead.
COMMON_COLUMNS = (
    frozenset(title for title, column in COLUMNS_BY_TITLE.items() if not column.is_nullable) - IGNORED_COLUMNS
)
LAYOUT = FileLayout(
    loaded=frozenset(COLUMNS_BY_TITLE) - IGNORED_COLUMNS,
    ignored=IGNORED_COLUMNS,
    required=frozenset(COLUMNS_BY_TITLE),
    envelope="messages",
)


def build_records(rows: FileRows, run: ImportRun) -> NumberedRecords:
    """Yield the records of each row, as the loader of its source builds them."""
    importers = {source.sms.source_label: source.loader.get_row_importer(run.account) for source in get_sources()}
    for number, row in reverse_rows(_normalize_rows(rows, run)):
        try:
            if isinstance(row, InvalidRecord):
                raise row
            for record in _get_importer(importers, row)(row):
                yield number, record
        except InvalidRecord as error:
            yield number, error


def _get_importer(importers: dict[str, RowImporter], row: FileRow) -> RowImporter:
    source = row["source"]
    if not isinstance(source, str) or source not in importers:
        raise InvalidRecord(f"source: {safe_repr(source)}is not known")
    return importers[source]


def _normalize_rows(rows: FileRows, run: ImportRun) -> FileRows:
    """Bring CSV rows into the shape of JSON rows, under our own names.

    Spreadsheet guards are removed, and empty optional values become null. Yields an InvalidRecord for a row without a
    required value.
    """
    for number, row in rows:
        if isinstance(row, InvalidRecord):
            yield number, row
            continue
        if run.notes.has_bom:
            run.notes.add_remark("read as dialect=excel because of its byte order mark: a ' before = + - @ was removed")
            row = {name: _unguard_value(name, value) for name, value in row.items()}
        row = {name: None if value == "" and name not in COMMON_COLUMNS else value for name, value in row.items()}
        if missing := sorted(name for name in COMMON_COLUMNS if row[name] is None):
            yield number, InvalidRecord(f"{', '.join(missing)}: is missing")
            continue
        values = {name: value for name, value in row.items() if name != "message"}
        yield number, values | {"text": row["message"], "segments": parse_whole_number(row["segments"])}


def _unguard_value(name: str, value: object) -> object:
    return unguard_cell(value) if isinstance(value, str) and COLUMNS_BY_TITLE[name].kind is ColumnKind.TEXT else value


PROVIDER = Provider(LAYOUT, build_records)
