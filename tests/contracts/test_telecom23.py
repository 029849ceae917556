"""Contracts of 23 Telecom's endpoints."""

import csv
import io
import json
from typing import Any

import pytest
from django.contrib.auth.models import User

from broadcasts_app.models import Broadcast
from smsreports.accounts.models import Account, Reveal, Scope
from smsreports.queries.query_string import MAX_BIGINT
from tests.conftest import ALL_DAYS, NOON, ApiClient, create_finished_export
from tests.contracts.conftest import expected_texts
from tests.contracts.endpoints import (
    EndpointContract,
    FileContract,
    ItemContract,
    ListContract,
    LoadContract,
    ReadContract,
    StatsContract,
)


class PagedList(ListContract):
    size_param = "limit"
    params = ALL_DAYS

    def read_texts(self, body: Any) -> list[str]:
        return [row["message"] for row in body["messages"]]

    def read_total(self, body: Any) -> int:
        assert body["total_pages"] == -(-body["total"] // body["limit"])
        return int(body["total"])

    def test_the_largest_page_number_is_empty_without_counters(self, owner: ApiClient) -> None:
        rows, total = self.read_answer(self.get(owner, page=str(MAX_BIGINT), phone="1"))
        assert (rows, total > 0) == ([], True)


class TestMessages(PagedList):
    name, path, sources = "telecom23-api-list", "/api/v1/sms/messages", "a"


class TestBroadcasts(PagedList):
    name, path, sources = "telecom23-broadcasts-list", "/api/v1/sms/broadcasts", "b"

    def read_texts(self, body: Any) -> list[str]:
        return [row["message"] for row in body["broadcasts"]]

    def test_the_largest_page_number_is_empty_without_counters(self, owner: ApiClient) -> None:
        """Counters cover every filter of this list."""
        assert self.read_answer(self.get(owner, page=str(MAX_BIGINT))) == ([], len(expected_texts("acme", "b")))


class TestSends(ReadContract):
    """The SMS of a broadcast: each has one here. `tests.broadcasts_app.test_api` walks more."""

    # The path is of a broadcast that does not exist.
    name, path = "telecom23-sends-list", "/api/v1/sms/broadcasts/987654321/sends"

    def prepare_path(self, api_client: ApiClient) -> str:
        broadcast = Broadcast.unscoped.get(account__name=api_client.account, key="b-04")
        return f"/api/v1/sms/broadcasts/{broadcast.pk}/sends"

    def read_answer(self, answer: Any) -> Any:
        body = answer.json()
        return [row["message"] for row in body["messages"]], body["total"]

    def expected(self, account: str) -> Any:
        return [text for text in expected_texts(account, "b") if " 04 " in text], 1

    def test_it_does_not_find_a_broadcast_of_another_account(self, owner: ApiClient, stranger: ApiClient) -> None:
        assert stranger.get(self.prepare_path(owner)).status_code == 404


class TestUnified(PagedList):
    name, path = "telecom23-unified-list", "/api/v1/sms/messages/unified"


class TestExport(FileContract):
    name, path = "telecom23-export-export", "/api/v1/sms/messages/unified/export"

    def read_texts(self, file: bytes) -> list[str]:
        return [row["message"] for row in csv.DictReader(io.StringIO(file.decode("utf-8-sig")))]

    def test_it_rejects_a_cursor_with_a_reason(self, owner: ApiClient) -> None:
        header = owner.get("/api/v1/sms/messages/unified", ALL_DAYS | {"limit": "1"})["Link"]
        cursor = next(part for part in header.split(", ") if "next" in part).split("cursor=")[1].split(">")[0]
        answer = owner.request("GET", f"{self.path}?to=9999-12-31&cursor={cursor}")
        assert answer.status_code == 400
        assert answer.json()["description"] == "cursor must not be given to an export, which holds every row"


class TestReceipt(EndpointContract):
    """The manifest of an export. The path is of an export that does not exist; manifests have tests of their own."""

    name, methods, scope = "telecom23-receipt-retrieve", {"GET", "HEAD"}, Scope.READ
    path = "/api/v1/sms/messages/unified/export/00000000-0000-4000-8000-000000000000/receipt"

    def prepare_path(self, api_client: ApiClient) -> str:
        return f"/api/v1/sms/messages/unified/export/{create_finished_export(api_client).pk}/receipt"


class TestAudit(ReadContract):
    name, path = "telecom23-audit-list", "/api/v1/audit"

    @pytest.fixture(autouse=True)
    def reveals(self, db: None) -> None:
        """Record that a user revealed a message of each account."""
        user = User.objects.create_user("somebody")
        for account in Account.objects.all():
            Reveal.objects.create(user=user, account=account, model="x", row=1, reference=f"m-1 of {account}")

    def read_answer(self, answer: Any) -> Any:
        body = answer.json()
        return [entry["reference"] for entry in body["entries"]], body["total"]

    def expected(self, account: str) -> Any:
        return [f"m-1 of {account}"], 1


class TestStatus(ItemContract):
    name, path = "telecom23-status-retrieve", f"/api/v1/sms/status/m-{ItemContract.number}"

    def read_answer(self, answer: Any) -> Any:
        return answer.json()["message"]["message"]


class TestStats(StatsContract):
    name, path = "telecom23-stats-total", "/api/v1/sms/stats"

    def read_answer(self, answer: Any) -> Any:
        return answer.json()["stats"]["total_sent"]


class TestStatsByDay(StatsContract):
    name, path = "telecom23-stats-daily", "/api/v1/sms/stats/daily"

    def read_answer(self, answer: Any) -> Any:
        return sum(day["total_sent"] for day in answer.json()["days"])


class TestStatsByCountry(StatsContract):
    name, path = "telecom23-stats-by_country", "/api/v1/sms/stats/by-country"

    def read_answer(self, answer: Any) -> Any:
        return sum(country["total_sent"] for country in answer.json()["countries"])


class TestIngest(LoadContract):
    name, path, methods = "telecom23-ingest-create", "/api/v1/ingest", {"POST"}

    def report_delivery(self, api_client: ApiClient) -> Any:
        record = {"type": "receipt", "client_message_id": "m-28", "status": "DELIVRD", "at": NOON}
        return api_client.post(self.path, json.dumps(record).encode())


class TestGateways(LoadContract):
    """All gateways, tested with one of them. Each gateway has tests of its own."""

    name, path, methods = "telecom23-gateways-receive", "/api/v1/gateways/kannel", {"GET", "POST"}

    def report_delivery(self, api_client: ApiClient) -> Any:
        return api_client.get(self.path, {"client_message_id": "m-28", "type": "1", "at": "1770984000"})
