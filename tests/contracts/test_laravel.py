"""Contracts of Ersaal's endpoints."""

from typing import Any

from tests.contracts.endpoints import ItemContract, ListContract


class TestItems(ListContract):
    name, path, size_param = "laravel-items-list", "/api/sms/messages", "per_page"

    def read_texts(self, body: Any) -> list[str]:
        return [row["short_message"] for row in body["data"]["data"]]

    def read_total(self, body: Any) -> int:
        """Return the total. Each item here has one receiver, so the summary counts as many SMS."""
        assert body["summary"]["total_messages"] == body["data"]["total"]
        return int(body["data"]["total"])


class TestItem(ItemContract):
    name, path = "laravel-items-retrieve", f"/api/sms/messages/m-{ItemContract.number}"

    def read_answer(self, answer: Any) -> Any:
        return answer.json()[0]["short_message"]
