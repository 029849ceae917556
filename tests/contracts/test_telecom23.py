"""23 Telecom's addresses keep the contracts."""

import csv
import io
import json
from typing import Any

import pytest
from django.contrib.auth.models import User

from smsreports.accounts.models import Account, Reveal, Scope
from smsreports.queries.query_string import MAX_BIGINT
from tests.conftest import EVER, NOON, Person, taken
from tests.contracts.doors import Door, FiguresDoor, FileDoor, ItemDoor, ListDoor, LoadingDoor, ShowingDoor


class PageLimit(ListDoor):
    size = "limit"
    params = EVER

    def rows(self, body: Any) -> list[str]:
        return [row["message"] for row in body["messages"]]

    def total(self, body: Any) -> int:
        assert body["total_pages"] == -(-body["total"] // body["limit"])
        return int(body["total"])

    def test_the_farthest_page_of_what_no_counter_covers_is_empty(self, owner: Person) -> None:
        rows, total = self.shown(self.get(owner, page=str(MAX_BIGINT), phone="1"))
        assert (rows, total > 0) == ([], True)


class TestMessages(PageLimit):
    name, path, sources = "telecom23-api-list", "/api/v1/sms/messages", "a"


class TestUnified(PageLimit):
    name, path = "telecom23-unified-list", "/api/v1/sms/messages/unified"


class TestExport(FileDoor):
    name, path = "telecom23-export-export", "/api/v1/sms/messages/unified/export"

    def rows(self, file: bytes) -> list[str]:
        return [row["message"] for row in csv.DictReader(io.StringIO(file.decode("utf-8-sig")))]

    def test_it_refuses_a_cursor_and_says_why(self, owner: Person) -> None:
        header = owner.get("/api/v1/sms/messages/unified", EVER | {"limit": "1"})["Link"]
        cursor = next(part for part in header.split(", ") if "next" in part).split("cursor=")[1].split(">")[0]
        answer = owner.ask("GET", f"{self.path}?to=9999-12-31&cursor={cursor}")
        assert answer.status_code == 400
        assert answer.json()["description"] == "cursor must not be given to an export, which holds every row"


class TestReceipt(Door):
    """Of a file that was never begun: a receipt has its own tests, and one account alone."""

    name, methods, scope = "telecom23-receipt-retrieve", {"GET", "HEAD"}, Scope.READ
    path = "/api/v1/sms/messages/unified/export/00000000-0000-4000-8000-000000000000/receipt"

    def asked(self, who: Person) -> str:
        return f"/api/v1/sms/messages/unified/export/{taken(who).pk}/receipt"


class TestAudit(ShowingDoor):
    name, path = "telecom23-audit-list", "/api/v1/audit"

    @pytest.fixture(autouse=True)
    def looked(self, db: None) -> None:
        """Somebody looked at a message of each account."""
        somebody = User.objects.create_user("somebody")
        for account in Account.objects.all():
            Reveal.objects.create(user=somebody, account=account, model="x", row=1, reference=f"m-1 of {account}")

    def shown(self, answer: Any) -> Any:
        body = answer.json()
        return [entry["reference"] for entry in body["entries"]], body["total"]

    def expected(self, account: str) -> Any:
        return [f"m-1 of {account}"], 1


class TestStatus(ItemDoor):
    name, path = "telecom23-status-retrieve", f"/api/v1/sms/status/m-{ItemDoor.number}"

    def shown(self, answer: Any) -> Any:
        return answer.json()["message"]["message"]


class TestStats(FiguresDoor):
    name, path = "telecom23-stats-total", "/api/v1/sms/stats"

    def shown(self, answer: Any) -> Any:
        return answer.json()["stats"]["total_sent"]


class TestStatsByDay(FiguresDoor):
    name, path = "telecom23-stats-daily", "/api/v1/sms/stats/daily"

    def shown(self, answer: Any) -> Any:
        return sum(day["total_sent"] for day in answer.json()["days"])


class TestStatsByCountry(FiguresDoor):
    name, path = "telecom23-stats-by_country", "/api/v1/sms/stats/by-country"

    def shown(self, answer: Any) -> Any:
        return sum(country["total_sent"] for country in answer.json()["countries"])


class TestIngest(LoadingDoor):
    name, path, methods = "telecom23-ingest-create", "/api/v1/ingest", {"POST"}

    def deliver(self, who: Person) -> Any:
        record = {"type": "receipt", "client_message_id": "m-28", "status": "DELIVRD", "at": NOON}
        return who.post(self.path, json.dumps(record).encode())


class TestGateways(LoadingDoor):
    """Of all gateways, by one of them; what each of them says has its own tests."""

    name, path, methods = "telecom23-gateways-receive", "/api/v1/gateways/kannel", {"GET", "POST"}

    def deliver(self, who: Person) -> Any:
        return who.get(self.path, {"client_message_id": "m-28", "type": "1", "at": "1770984000"})
