"""Contracts of endpoints: one for all, and one each for lists, single rows, files, statistics and loading."""

from collections.abc import Iterator
from typing import Any, ClassVar

import pytest
import requests

from messages_app.models import Message
from smsreports.accounts.models import ApiKey, Scope
from smsreports.ingest.models import Event
from tests.conftest import ALL_DAYS, CLIENT, DAY, ApiClient, create_api_client
from tests.contracts.conftest import ACCOUNTS, expected_texts

METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"}


class EndpointContract:
    """Tests of every endpoint. `name` is its URL name; `path` is the path of something that exists."""

    name: ClassVar[str]
    path: ClassVar[str]
    methods: ClassVar[set[str]]
    # The scope that a key needs; the other one is not enough.
    scope: ClassVar[Scope]

    def prepare_path(self, api_client: ApiClient) -> str:
        """Return the path of something of the client's account, creating it if necessary."""
        return self.path

    def test_it_accepts_only_its_methods(self, db: None) -> None:
        api_client = create_api_client("acme", self.scope)
        accepted = {method for method in METHODS if api_client.request(method, self.path).status_code != 405}
        assert accepted == self.methods

    def test_it_rejects_a_request_without_a_key(self, db: None) -> None:
        assert {CLIENT.generic(method, self.path).status_code for method in self.methods} == {401}

    def test_it_rejects_a_key_without_its_scope(self, db: None) -> None:
        api_client = create_api_client("acme", *(scope for scope in Scope if scope != self.scope))
        assert {api_client.request(method, self.path).status_code for method in self.methods} == {403}

    def test_it_rejects_an_unsigned_request_if_the_key_requires_signatures(self, db: None) -> None:
        api_client = create_api_client("acme", *Scope)
        ApiKey.objects.update(requires_signature=True)
        assert {api_client.request(method, self.path).status_code for method in self.methods} == {401}

    def test_it_has_only_one_path(self, db: None) -> None:
        api_client = create_api_client("acme", *Scope)
        for other_path in (f"{self.path}/", f"{self.path}.json", self.path.upper()):
            assert {api_client.request(method, other_path).status_code for method in self.methods} == {404}


class ReadContract(EndpointContract):
    """Tests of every endpoint that returns something."""

    methods = {"GET", "HEAD"}
    scope = Scope.READ
    # Parameters that widen the response to everything there is.
    params: ClassVar[dict[str, str]] = {}

    def read_answer(self, answer: Any) -> Any:
        """Return the content of a response in the form of `expected`."""
        raise NotImplementedError

    def expected(self, account: str) -> Any:
        """Return the content for an account, worked out from the traffic that was loaded."""
        raise NotImplementedError

    def get(self, api_client: ApiClient, **params: str) -> Any:
        answer = api_client.get(self.prepare_path(api_client), self.params | params)
        assert answer.status_code == 200, answer.body
        return answer

    def test_it_returns_only_rows_of_the_callers_account(
        self, owner: ApiClient, colleague: ApiClient, stranger: ApiClient
    ) -> None:
        for api_client in (owner, colleague, stranger):
            assert self.read_answer(self.get(api_client)) == self.expected(api_client.account)

    def test_a_head_request_returns_headers_only(self, owner: ApiClient) -> None:
        answer = owner.request("HEAD", self.prepare_path(owner))
        assert (answer.status_code, answer.body) == (200, b"")
        assert answer["Content-Type"] == self.get(owner)["Content-Type"]


class ListContract(ReadContract):
    """Tests of every list: it returns all rows of the caller, newest first, in pages."""

    # Name of the parameter for the page size.
    size_param: ClassVar[str]
    # Sources that it lists, as in `expected_texts`.
    sources: ClassVar[str] = "ab"

    def read_texts(self, body: Any) -> list[str]:
        """Return the texts of a page's rows."""
        raise NotImplementedError

    def read_total(self, body: Any) -> int:
        raise NotImplementedError

    def read_answer(self, answer: Any) -> Any:
        body = answer.json()
        return self.read_texts(body), self.read_total(body)

    def expected(self, account: str) -> Any:
        texts = expected_texts(account, self.sources)
        return texts, len(texts)

    def get(self, api_client: ApiClient, **params: str) -> Any:
        return super().get(api_client, **({self.size_param: "100"} | params))

    def pages_by_number(self, api_client: ApiClient, size: int) -> Iterator[list[str]]:
        """Yield the texts of each page by number, until a page is empty."""
        number = 1
        while texts := self.read_texts(self.get(api_client, page=str(number), **{self.size_param: str(size)}).json()):
            yield texts
            number += 1

    def pages_by_link(self, api_client: ApiClient, answer: Any, relation: str) -> Iterator[list[str]]:
        """Yield the texts of `answer` and of each page that its links lead to."""
        links = requests.utils.parse_header_links(answer["Link"])
        url = next((link["url"] for link in links if link["rel"] == relation), None)
        yield self.read_texts(answer.json())
        if url:
            yield from self.pages_by_link(api_client, api_client.request("GET", url), relation)

    @pytest.mark.parametrize("size", [3, 7])
    def test_its_pages_contain_every_row_once(self, owner: ApiClient, size: int) -> None:
        pages = list(self.pages_by_number(owner, size))
        assert [row for page in pages for row in page] == expected_texts("acme", self.sources)
        assert {len(page) for page in pages[:-1]} <= {size}

    @pytest.mark.parametrize("size", ["3", "7"])
    def test_its_next_links_reach_every_row_once(self, owner: ApiClient, size: str) -> None:
        pages = list(self.pages_by_link(owner, self.get(owner, **{self.size_param: size}), "next"))
        assert [row for page in pages for row in page] == expected_texts("acme", self.sources)

    def test_its_previous_links_return_the_same_pages(self, owner: ApiClient) -> None:
        number = -(-len(expected_texts("acme", self.sources)) // 7)
        last = self.get(owner, page=str(number), **{self.size_param: "7"})
        assert list(self.pages_by_link(owner, last, "prev"))[::-1] == list(self.pages_by_number(owner, 7))

    @pytest.mark.parametrize("page", ["2", "99"])
    def test_its_total_is_exact_on_every_page(self, owner: ApiClient, stranger: ApiClient, page: str) -> None:
        for api_client in (owner, stranger):
            assert self.read_total(self.get(api_client, page=page).json()) == len(
                expected_texts(api_client.account, self.sources)
            )

    def test_a_page_has_at_most_100_rows(self, owner: ApiClient) -> None:
        answer = self.get(owner, **{self.size_param: "5000"})
        assert self.read_answer(answer) == self.expected("acme")
        assert b":5000," not in answer.body
        assert b":100," in answer.body

    @pytest.mark.parametrize(("day", "has_traffic"), [("2026-02-12", False), (DAY, True), ("2026-02-14", False)])
    def test_a_window_of_one_day_returns_its_traffic_only(self, owner: ApiClient, day: str, has_traffic: bool) -> None:
        answer = owner.get(self.path, {"from": day, "to": day, self.size_param: "100"})
        assert self.read_answer(answer) == (self.expected("acme") if has_traffic else ([], 0))


class ItemContract(ReadContract):
    """Tests of the endpoint of one row. Its path names a row that both accounts have."""

    number: ClassVar[int] = 28
    # Number of a row that only the stranger has.
    stranger_number: ClassVar[int] = 32

    def expected(self, account: str) -> Any:
        return next(text for text in expected_texts(account, "a") if f" {self.number} " in text)

    def test_it_does_not_find_a_row_of_another_account(self, owner: ApiClient, stranger: ApiClient) -> None:
        path = self.path.replace(str(self.number), str(self.stranger_number))
        assert stranger.get(path).status_code == 200
        assert owner.get(path).status_code == 404


class FileContract(ReadContract):
    """Tests of every file: it has the rows of its list, in the list's order."""

    params = ALL_DAYS

    def read_texts(self, file: bytes) -> list[str]:
        raise NotImplementedError

    def read_answer(self, answer: Any) -> Any:
        return self.read_texts(answer.body), int(answer["X-Export-Total"])

    def expected(self, account: str) -> Any:
        return expected_texts(account), len(expected_texts(account))

    def test_it_ignores_page_parameters(self, owner: ApiClient) -> None:
        assert self.get(owner, page="2", limit="3").body == self.get(owner).body


class StatsContract(ReadContract):
    """Tests of all statistics: they count the caller's SMS."""

    params: ClassVar = {"from": DAY, "to": DAY, "source": "all"}

    def expected(self, account: str) -> Any:
        return len(expected_texts(account))


class LoadContract(EndpointContract):
    """Tests of every endpoint that loads traffic: it loads into the caller's account, once."""

    scope = Scope.WRITE

    def report_delivery(self, api_client: ApiClient) -> Any:
        """Report that message m-28 was delivered. Both accounts have one."""
        raise NotImplementedError

    def delivered_ids(self, account: str) -> list[str]:
        """Return the ids of the account's delivered messages."""
        delivered = Message.unscoped.filter(account__name=account, status="DELIVRD")
        return sorted(delivered.values_list("client_message_id", flat=True))

    @pytest.mark.parametrize("account", ["acme", "globex"])
    def test_it_loads_only_into_the_callers_account(self, db: None, account: str) -> None:
        assert self.report_delivery(create_api_client(account, self.scope)).status_code == 200
        assert {name: self.delivered_ids(name) for name in ACCOUNTS} == {
            name: ["m-28"] if name == account else [] for name in ACCOUNTS
        }

    def test_a_repeated_report_changes_nothing(self, db: None) -> None:
        api_client = create_api_client("acme", self.scope)
        answers = [self.report_delivery(api_client) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200] * 3
        assert self.delivered_ids("acme") == ["m-28"]
        assert Event.unscoped.count() == 1
