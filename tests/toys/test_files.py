"""Files of all sources: exports of both dialects, and the exported file as input again."""

import csv
import io
import json
from collections.abc import Sequence

import pytest

from smsreports.accounts.models import Account
from tests.conftest import ALL_DAYS, ApiClient, create_api_client
from tests.ingest.providers.conftest import load_file
from tests.toy_source.models import WhatsAppMessage
from tests.toys.conftest import ACME, UNIFIED
from tests.toys.traffic import LABELS, build_rows

pytestmark = pytest.mark.usefixtures("traffic")
EXPORT = f"{UNIFIED}/export"


def read_file(body: bytes, kind: str) -> Sequence[dict[str, object]]:
    if kind == "ndjson":
        return [json.loads(line, parse_float=str) for line in body.splitlines()]
    return [dict(row) for row in csv.DictReader(io.StringIO(body.decode("utf-8-sig"), newline=""))]


def export(client: ApiClient, path: str, params: dict[str, str]) -> bytes:
    answer = client.get(path, params)
    assert answer.status_code == 200, answer.body
    body: bytes = answer.body
    return body


def list_rows(client: ApiClient) -> list[dict[str, object]]:
    """Return the unified list without ids, which differ between accounts."""
    rows = client.get(UNIFIED, ALL_DAYS | {"limit": "100"}).json()["messages"]
    return [row | dict.fromkeys(("id", "broadcast_id")) for row in rows]


@pytest.mark.parametrize("kind", ["csv", "ndjson"])
def test_the_export_has_the_rows_of_every_source(owner: ApiClient, kind: str) -> None:
    rows = read_file(export(owner, EXPORT, ALL_DAYS | {"format": kind}), kind)
    assert [(row["message"], row["source"]) for row in rows] == [
        (row.text, LABELS[row.source]) for row in build_rows("acme")
    ]


@pytest.mark.parametrize("kind", ["csv", "ndjson"])
def test_the_dialect_exports_the_same_rows_with_its_own_titles(owner: ApiClient, kind: str) -> None:
    theirs = read_file(export(owner, f"{ACME}/messages/export", {"type": kind}), kind)
    ours = read_file(export(owner, EXPORT, ALL_DAYS | {"format": kind}), kind)
    assert [(row["id"], row["body"], row["number"], row["cost"], row["time"]) for row in theirs] == [
        (row["id"], row["message"], row["recipient"], row["cost"], row["sent_at"]) for row in ours
    ]


@pytest.mark.parametrize("kind", ["csv", "ndjson"])
def test_an_exported_file_loads_into_another_account(owner: ApiClient, kind: str) -> None:
    body = export(owner, EXPORT, ALL_DAYS | {"format": kind})
    copy = Account.objects.create(name=f"copy of {kind}")
    result, run = load_file("smsreports", copy, body)
    assert (result.rejected, run.notes.unknown_columns) == ([], set())
    stored = WhatsAppMessage.objects.for_account(copy)
    assert list(stored.order_by("-created_at", "-id").values_list("text", "cost", "status")) == [
        (row.text, row.cost, row.status) for row in build_rows("acme") if row.source == "whatsapp"
    ]
    assert list_rows(create_api_client(copy.name)) == list_rows(owner)
