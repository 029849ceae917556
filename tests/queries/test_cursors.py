"""Cursors: valid with any page size, signed, and good for the caller's own rows only."""

from collections.abc import Iterator
from urllib.parse import quote

import pytest
from django.core import signing

from broadcasts_app.models import Broadcast, BroadcastSend
from messages_app.models import Message
from smsreports.queries.cursor import SALT
from tests.conftest import ApiClient
from tests.queries.list_endpoints import ITEMS, MESSAGES, SINGLE, ListEndpoint, all_lists
from tests.queries.list_endpoints import traffic as traffic


@all_lists
def test_a_cursor_stays_valid_after_its_row_is_deleted(owner: ApiClient, endpoint: ListEndpoint) -> None:
    page, expected = endpoint.get(owner), endpoint.expected_texts()
    Message.unscoped.filter(text__in=page.texts).delete()
    BroadcastSend.unscoped.filter(text__in=page.texts).delete()
    Broadcast.unscoped.filter(text__in=page.texts).delete()
    assert endpoint.follow(owner, page.links["next"]).texts == expected[7:14]


@all_lists
@pytest.mark.parametrize(("size", "effective"), [("3", 3), ("100", 100), ("5000", 100)])
def test_a_cursor_is_valid_with_any_page_size(
    owner: ApiClient, endpoint: ListEndpoint, size: str, effective: int
) -> None:
    cursor = endpoint.get_cursor(owner)
    page = endpoint.read_page(owner.get(endpoint.path, endpoint.params | {endpoint.size_param: size, "cursor": cursor}))
    assert page.texts == endpoint.expected_texts()[7 : 7 + effective]
    assert (page.size, page.number) == (effective, 2)


def damage_cursor(cursor: str) -> Iterator[str]:
    """Yield invalid cursors. Empty ones depend on the dialect: see tests/dialects/test_empty_values.py."""
    position = signing.loads(cursor, salt=SALT)
    yield from ("x", "::", "ünï", "\0", cursor[:-1], cursor[1:], cursor[: len(cursor) // 2], cursor + "A")
    yield cursor.swapcase()
    yield signing.dumps(position, salt=SALT, key="a key of somebody else, just as long as ours would be")
    yield signing.dumps(position, salt="something else that is signed")


@all_lists
def test_a_damaged_cursor_is_rejected_by_name(owner: ApiClient, endpoint: ListEndpoint) -> None:
    for cursor in damage_cursor(endpoint.get_cursor(owner)):
        expect_rejection(endpoint, owner, f"cursor={quote(cursor)}")


@all_lists
def test_a_cursor_excludes_a_page_number(owner: ApiClient, endpoint: ListEndpoint) -> None:
    reason = expect_rejection(endpoint, owner, f"cursor={quote(endpoint.get_cursor(owner))}&page=1")
    assert reason == "must not be given together with page"


@all_lists
def test_a_cursor_given_twice_is_rejected(owner: ApiClient, endpoint: ListEndpoint) -> None:
    cursor = quote(endpoint.get_cursor(owner))
    assert expect_rejection(endpoint, owner, f"cursor={cursor}&cursor={cursor}") == "is given more than once"


def expect_rejection(endpoint: ListEndpoint, api_client: ApiClient, query: str) -> str:
    """Return the reason from the error body of the dialect."""
    answer = api_client.request("GET", f"{endpoint.path}?{query}")
    assert answer.status_code == 400, answer.body
    body = answer.json()
    if endpoint is ITEMS:
        [(name, [reason])] = body["details"].items()
        assert (set(body), body["code"], name) == ({"message", "code", "details"}, "INVALID_PARAMETERS", "cursor")
        return str(reason)
    assert set(body) == {"status", "error_code", "description"}
    assert (body["status"], body["error_code"]) == (False, "INVALID_PARAMS")
    name, _, reason = body["description"].partition(" ")
    assert name == "cursor"
    return str(reason)


def test_a_cursor_of_another_account_returns_only_the_callers_rows(owner: ApiClient, stranger: ApiClient) -> None:
    page = SINGLE.follow(stranger, SINGLE.get(owner).links["next"])
    assert page.total == MESSAGES
    assert set(page.texts) == {"Hello"}
