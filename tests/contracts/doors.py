"""The contracts: of any address; of those that show: a list, one row by its id, a file, figures; of those that load."""

from collections.abc import Iterator
from typing import Any, ClassVar

import pytest
import requests

from messages_app.models import Message
from smsreports.accounts.models import ApiKey, Scope
from smsreports.ingest.models import Event
from tests.conftest import CLIENT, DAY, EVER, Person, person
from tests.contracts.conftest import ACCOUNTS, marks

METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"}


class Door:
    """What every address must do. `name` is its name in the URL map; `path` asks for something that is there."""

    name: ClassVar[str]
    path: ClassVar[str]
    methods: ClassVar[set[str]]
    # What a key must be allowed to do; the other scope is not enough.
    scope: ClassVar[Scope]

    def asked(self, who: Person) -> str:
        """The path, once there is something of theirs to show."""
        return self.path

    def test_it_takes_its_own_methods_alone(self, db: None) -> None:
        who = person("acme", self.scope)
        taken = {method for method in METHODS if who.ask(method, self.path).status_code != 405}
        assert taken == self.methods

    def test_it_is_closed_to_who_has_no_key(self, db: None) -> None:
        assert {CLIENT.generic(method, self.path).status_code for method in self.methods} == {401}

    def test_it_is_closed_to_a_key_without_its_scope(self, db: None) -> None:
        who = person("acme", *(scope for scope in Scope if scope != self.scope))
        assert {who.ask(method, self.path).status_code for method in self.methods} == {403}

    def test_it_is_closed_to_an_unsigned_request_where_the_key_demands_signatures(self, db: None) -> None:
        who = person("acme", *Scope)
        ApiKey.objects.update(requires_signature=True)
        assert {who.ask(method, self.path).status_code for method in self.methods} == {401}

    def test_it_has_no_second_address(self, db: None) -> None:
        who = person("acme", *Scope)
        for other in (f"{self.path}/", f"{self.path}.json", self.path.upper()):
            assert {who.ask(method, other).status_code for method in self.methods} == {404}


class ShowingDoor(Door):
    """What every address that shows something must do."""

    methods = {"GET", "HEAD"}
    scope = Scope.READ
    # What makes the answer hold all that it can.
    params: ClassVar[dict[str, str]] = {}

    def shown(self, answer: Any) -> Any:
        """What the answer shows, as `expected` has it."""
        raise NotImplementedError

    def expected(self, account: str) -> Any:
        """What the account must be shown, told from the traffic that was loaded."""
        raise NotImplementedError

    def get(self, who: Person, **params: str) -> Any:
        answer = who.get(self.path, self.params | params)
        assert answer.status_code == 200, answer.body
        return answer

    def test_it_shows_the_callers_rows_and_no_others(self, owner: Person, mate: Person, stranger: Person) -> None:
        for who in (owner, mate, stranger):
            assert self.shown(self.get(who)) == self.expected(who.account)

    def test_a_head_request_is_answered_by_the_headers_alone(self, owner: Person) -> None:
        answer = owner.ask("HEAD", self.path)
        assert (answer.status_code, answer.body) == (200, b"")
        assert answer["Content-Type"] == self.get(owner)["Content-Type"]


class ListDoor(ShowingDoor):
    """What every list must do: all of the caller's rows, newest first, a page at a time."""

    # The parameter for the size of a page.
    size: ClassVar[str]
    # The sources that it lists, as `marks` calls them.
    sources: ClassVar[str] = "ab"

    def rows(self, body: Any) -> list[str]:
        """The marks of the page's rows."""
        raise NotImplementedError

    def total(self, body: Any) -> int:
        raise NotImplementedError

    def shown(self, answer: Any) -> Any:
        body = answer.json()
        return self.rows(body), self.total(body)

    def expected(self, account: str) -> Any:
        everything = marks(account, self.sources)
        return everything, len(everything)

    def get(self, who: Person, **params: str) -> Any:
        return super().get(who, **({self.size: "100"} | params))

    def numbered(self, who: Person, size: int) -> Iterator[list[str]]:
        """Each page by its number, until an empty one."""
        number = 1
        while rows := self.rows(self.get(who, page=str(number), **{self.size: str(size)}).json()):
            yield rows
            number += 1

    def linked(self, who: Person, answer: Any, relation: str) -> Iterator[list[str]]:
        """Each page by the links of the one before, from `answer` on."""
        links = requests.utils.parse_header_links(answer["Link"])
        address = next((link["url"] for link in links if link["rel"] == relation), None)
        yield self.rows(answer.json())
        if address:
            yield from self.linked(who, who.ask("GET", address), relation)

    @pytest.mark.parametrize("size", [3, 7])
    def test_its_pages_together_hold_every_row_once(self, owner: Person, size: int) -> None:
        pages = list(self.numbered(owner, size))
        assert [row for page in pages for row in page] == marks("acme", self.sources)
        assert {len(page) for page in pages[:-1]} <= {size}

    @pytest.mark.parametrize("size", ["3", "7"])
    def test_its_links_lead_through_every_row_once(self, owner: Person, size: str) -> None:
        pages = list(self.linked(owner, self.get(owner, **{self.size: size}), "next"))
        assert [row for page in pages for row in page] == marks("acme", self.sources)

    def test_its_links_lead_back_the_same_way(self, owner: Person) -> None:
        number = -(-len(marks("acme", self.sources)) // 7)
        last = self.get(owner, page=str(number), **{self.size: "7"})
        assert list(self.linked(owner, last, "prev"))[::-1] == list(self.numbered(owner, 7))

    @pytest.mark.parametrize("page", ["2", "99"])
    def test_its_total_is_exact_on_every_page(self, owner: Person, stranger: Person, page: str) -> None:
        for who in (owner, stranger):
            assert self.total(self.get(who, page=page).json()) == len(marks(who.account, self.sources))

    def test_a_page_holds_no_more_than_a_hundred(self, owner: Person) -> None:
        more = self.get(owner, **{self.size: "5000"})
        assert self.shown(more) == self.expected("acme")
        assert b":5000," not in more.body
        assert b":100," in more.body

    @pytest.mark.parametrize(("day", "there"), [("2026-02-12", False), (DAY, True), ("2026-02-14", False)])
    def test_a_day_holds_its_own_traffic(self, owner: Person, day: str, there: bool) -> None:
        answer = owner.get(self.path, {"from": day, "to": day, self.size: "100"})
        assert self.shown(answer) == (self.expected("acme") if there else ([], 0))


class ItemDoor(ShowingDoor):
    """What the address of one row must do. Its path names a row that both accounts have."""

    number: ClassVar[int] = 28
    # A row that the stranger alone has.
    foreign: ClassVar[int] = 32

    def expected(self, account: str) -> Any:
        return next(text for text in marks(account, "a") if f" {self.number} " in text)

    def test_another_accounts_row_is_not_there(self, owner: Person, stranger: Person) -> None:
        path = self.path.replace(str(self.number), str(self.foreign))
        assert stranger.get(path).status_code == 200
        assert owner.get(path).status_code == 404


class FileDoor(ShowingDoor):
    """What every file must do: the rows of its list, in the list's order."""

    params = EVER

    def rows(self, file: bytes) -> list[str]:
        raise NotImplementedError

    def shown(self, answer: Any) -> Any:
        return self.rows(answer.body), int(answer["X-Export-Total"])

    def expected(self, account: str) -> Any:
        return marks(account), len(marks(account))

    def test_pages_do_not_cut_it(self, owner: Person) -> None:
        assert self.get(owner, page="2", limit="3").body == self.get(owner).body


class FiguresDoor(ShowingDoor):
    """What all figures must do: count the caller's SMS."""

    params: ClassVar = {"from": DAY, "to": DAY, "source": "all"}

    def expected(self, account: str) -> Any:
        return len(marks(account))


class LoadingDoor(Door):
    """What every address that takes traffic in must do: load it into the caller's account, once."""

    scope = Scope.WRITE

    def deliver(self, who: Person) -> Any:
        """Tells that the message m-28 was delivered; both accounts have one."""
        raise NotImplementedError

    def delivered(self, account: str) -> list[str]:
        """The ids of the account's messages that were delivered."""
        owned = Message.everyones.filter(account__name=account, status="DELIVRD")
        return sorted(owned.values_list("client_message_id", flat=True))

    @pytest.mark.parametrize("account", ["acme", "globex"])
    def test_it_loads_into_the_callers_account_and_no_other(self, db: None, account: str) -> None:
        assert self.deliver(person(account, self.scope)).status_code == 200
        assert {name: self.delivered(name) for name in ACCOUNTS} == {
            name: ["m-28"] if name == account else [] for name in ACCOUNTS
        }

    def test_what_it_was_told_before_changes_nothing(self, db: None) -> None:
        who = person("acme", self.scope)
        answers = [self.deliver(who) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200] * 3
        assert self.delivered("acme") == ["m-28"]
        assert Event.everyones.count() == 1
