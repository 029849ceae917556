"""Ersaal's addresses keep the contracts."""

from typing import Any

from tests.contracts.doors import ItemDoor, ListDoor


class TestItems(ListDoor):
    name, path, size = "laravel-items-list", "/api/sms/messages", "per_page"

    def rows(self, body: Any) -> list[str]:
        return [row["short_message"] for row in body["data"]["data"]]

    def total(self, body: Any) -> int:
        """Each item here has one receiver, so the summary counts as many."""
        assert body["summary"]["total_messages"] == body["data"]["total"]
        return int(body["data"]["total"])


class TestItem(ItemDoor):
    name, path = "laravel-items-retrieve", f"/api/sms/messages/m-{ItemDoor.number}"

    def shown(self, answer: Any) -> Any:
        return answer.json()[0]["short_message"]
