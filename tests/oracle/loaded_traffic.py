"""Traffic loaded into a real server, with the reference model of it."""

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import count
from typing import Any

import pytest
import requests

from tests.conftest import LiveServer
from tests.oracle import queries
from tests.oracle.differences import parse_json
from tests.oracle.draws import Record
from tests.oracle.model import ReferenceModel
from tests.oracle.values import BROADCAST_SIZES

SEED = 20260213
EVERYTHING = {"to": queries.LAST_DAY}


@dataclass
class LoadedTraffic:
    """Traffic in a server, its reference model, and a key of each account."""

    live: LiveServer
    records: list[Record]
    today: date
    model: ReferenceModel
    keys: dict[str, str]
    session: requests.Session = field(default_factory=requests.Session)

    @property
    def accounts(self) -> list[str]:
        return sorted(self.keys)

    def get(self, account: str, path: str, params: Iterable[tuple[str, str]] = ()) -> requests.Response:
        ersaal = path.startswith(queries.ERSAAL)
        headers = build_credentials(self.keys[account], ersaal=ersaal)
        response = self.session.get(
            self.live.url + path, params=list(params), headers=headers, allow_redirects=False, timeout=30
        )
        if response.status_code == 429:
            pytest.fail(f"the rate limit is too low for this test: {response.url}")
        return response

    def get_json(self, account: str, path: str, params: dict[str, str] | None = None) -> Any:
        response = self.get(account, path, (params or {}).items())
        assert response.status_code == 200, f"{response.url}: {response.status_code} {response.text[:500]}"
        return parse_json(response.content.decode())

    def iterate_pages(self, account: str, path: str, params: dict[str, str], rows: str) -> Iterator[list[Any]]:
        """Yield the pages of a list of dialect A until an empty one."""
        for number in count(1):
            page = self.get_json(account, path, {**params, "page": str(number)})[rows]
            if not page:
                return
            yield page

    def list_all(self, account: str, path: str, params: dict[str, str]) -> list[Any]:
        return [row for page in self.iterate_pages(account, path, params, "messages") for row in page]

    def list_all_items(self, account: str, params: dict[str, str]) -> list[Any]:
        """Return every item of the Ersaal list, by following `next_page_url`."""
        items: list[Any] = []
        response = self.get_json(account, queries.ERSAAL, params)
        while True:
            items += response["data"]["data"]
            if response["data"]["next_page_url"] is None:
                return items
            response = self.get_json(account, response["data"]["next_page_url"].removeprefix(self.live.url))


def build_loaded_traffic(live: LiveServer, records: list[Record], today: date) -> LoadedTraffic:
    """Return loaded records with a model that has the ids of the service."""
    model = ReferenceModel(records, today)
    loaded = LoadedTraffic(
        live, records, today, model, {account: live.create_key(account) for account in model.accounts}
    )
    for account in loaded.accounts:
        learn_from_service(loaded, account)
    return loaded


def learn_from_service(loaded: LoadedTraffic, account: str) -> None:
    """Give the model the ids of the service: any integers, unique within their source and equal in all responses."""
    wide = {**EVERYTHING, "limit": "100"}
    messages = loaded.list_all(account, queries.MESSAGES, wide)
    sends = loaded.list_all(account, queries.UNIFIED, {**wide, "source": "broadcasts"})
    learn_ids(loaded, account, "api", [(row["client_message_id"], row["id"]) for row in messages])
    learn_ids(loaded, account, "campaign", [(row["message_id"], int(row["id"])) for row in sends])
    for row in sends:
        loaded.model.learn_broadcast_id(account, row["message_id"], row["broadcast_id"])
    names = {row["broadcast_id"]: row["broadcast_name"] for row in sends}
    assert len(names) == sum(size > 0 for size in BROADCAST_SIZES), f"broadcasts share ids: {names}"
    loaded.model.learn_item_order(account, loaded.list_all_items(account, {"per_page": "100"}))


def learn_ids(loaded: LoadedTraffic, account: str, source: str, pairs: list[tuple[str, int]]) -> None:
    ids = dict(pairs)
    expected = {key for row_source, key in loaded.model.accounts[account].rows if row_source == source}
    assert len(pairs) == len(ids), f"{source} rows of {account} are listed twice"
    assert set(ids) == expected, f"{source} rows of {account} are missing or foreign"
    assert len(set(ids.values())) == len(ids), f"{source} ids of {account} are not unique"
    loaded.model.learn_ids(account, source, ids)


def build_credentials(key: str, *, ersaal: bool) -> dict[str, str]:
    if not key:
        return {}
    return {"Authorization": f"Bearer {key}"} if ersaal else {"X-API-Key": key}


def take_snapshot(loaded: LoadedTraffic) -> dict[str, Any]:
    """Return the response of every endpoint over all time, and the status of some messages."""
    rng = random.Random(SEED)
    snapshot: dict[str, Any] = {}
    for account in loaded.accounts:
        snapshot[f"{account} rows"] = (
            loaded.get(account, queries.EXPORT, EVERYTHING.items()).content.decode().split("\n")
        )
        snapshot[f"{account} items"] = loaded.list_all_items(account, {"per_page": "100"})
        snapshot[f"{account} sums"] = loaded.get_json(account, queries.ERSAAL)["summary"]
        keys = sorted(key for source, key in loaded.model.accounts[account].rows if source == "api")
        for key in rng.sample(keys, 10):
            status = snapshot[f"{account} {key}"] = loaded.get_json(account, f"{queries.STATUS}/{key}")
            # Differs between two loads of the same traffic.
            for receipt in status["message"]["timeline"]:
                del receipt["received_at"]
    return snapshot
