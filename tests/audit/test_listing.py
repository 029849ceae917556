"""Audit log of an account: exports and reveals, newest first, in pages."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from hypothesis import given
from hypothesis import strategies as st

from smsreports.accounts.models import Account, ApiKey, Reveal
from smsreports.audit.models import Export, ExportEnd
from smsreports.audit.recorder import redact_filters
from tests.conftest import ApiClient

AUDIT = "/api/v1/audit"
EXPORT_KEYS = ["id", "kind", "at", "by", "address", "filter", "format", "rows", "bytes", "sha256", "state"]
NOON = datetime(2026, 2, 13, 12, tzinfo=UTC)


@pytest.fixture
def somebody(db: None) -> User:
    return User.objects.create_user("somebody")


def create_export(account: str, at: datetime = NOON, **fields: Any) -> Export:
    """Create an export without a result, by the account's own key unless `user` is given."""
    by = {} if "user" in fields else {"key": ApiKey.objects.filter(account__name=account).first()}
    account_ = Account.objects.get(name=account)
    values: dict[str, Any] = {"format": "csv", "total": 3, "limit": 2, "begun_at": at} | by | fields
    return Export.unscoped.create(account=account_, **values)


def create_reveal(account: str, user: User, at: datetime = NOON) -> Reveal:
    account_ = Account.objects.get(name=account)
    return Reveal.objects.create(
        account=account_,
        user=user,
        model="x",
        row=1,
        reference="m-1",
        reason="they asked",
        address="192.0.2.7",
        at=at,
    )


def get_entries(api_client: ApiClient, **params: str) -> Any:
    response = api_client.get(AUDIT, {"to": "9999-12-31"} | params)
    assert response.status_code == 200, response.body
    return response.json()


def test_an_export_is_listed_with_its_result(owner: ApiClient) -> None:
    export = create_export("acme", filter={"phone": "…", "period": "7d"}, address="192.0.2.1")
    ExportEnd.objects.create(export=export, rows=2, bytes=99, sha256="f" * 64, is_whole=True)
    assert get_entries(owner) == {
        "status": True,
        "entries": [
            {
                "id": str(export.pk),
                "kind": "export",
                "at": "2026-02-13T12:00:00Z",
                "by": {"key": owner.key[:14]},
                "address": "192.0.2.1",
                "filter": {"phone": "…", "period": "7d"},
                "format": "csv",
                "rows": 2,
                "bytes": 99,
                "sha256": "f" * 64,
                "state": "finished",
                "reason": None,
                "reference": None,
            }
        ],
        "total": 1,
        "page": 1,
        "limit": 25,
        "total_pages": 1,
    }


def test_an_export_without_a_result_or_transaction_is_broken(owner: ApiClient) -> None:
    create_export("acme")
    [entry] = get_entries(owner)["entries"]
    assert (entry["state"], entry["rows"], entry["sha256"]) == ("broken", None, None)


def test_a_reveal_is_listed_with_its_reason(owner: ApiClient, somebody: User) -> None:
    create_reveal("acme", somebody)
    [entry] = get_entries(owner)["entries"]
    assert entry["by"] == {"staff": "somebody"}
    assert (entry["kind"], entry["reason"], entry["reference"]) == ("reveal", "they asked", "m-1")
    assert (entry["address"], entry["state"]) == ("192.0.2.7", None)


def test_an_export_by_staff_is_listed_with_the_username(owner: ApiClient, somebody: User) -> None:
    create_export("acme", user=somebody)
    assert get_entries(owner)["entries"][0]["by"] == {"staff": "somebody"}


def test_entries_of_another_account_are_not_listed(owner: ApiClient, stranger: ApiClient, somebody: User) -> None:
    create_export("acme")
    create_reveal("acme", somebody)
    assert (get_entries(stranger)["entries"], get_entries(stranger)["total"]) == ([], 0)


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_pages_together_hold_every_entry_once_newest_first(owner: ApiClient, somebody: User, size: int) -> None:
    """Several entries have the same time."""
    for number in range(4):
        at = NOON - timedelta(minutes=number % 2)
        create_export("acme", at)
        create_reveal("acme", somebody, at)
    pages = [get_entries(owner, limit=str(size), page=str(number))["entries"] for number in range(1, 10)]
    entries = [entry for page in pages for entry in page]
    assert len({entry["id"] for entry in entries}) == len(entries) == 8
    keys = [(entry["at"], entry["kind"]) for entry in entries]
    assert keys == sorted(keys, key=lambda key: (key[0], key[1] == "export"), reverse=True)


@pytest.mark.parametrize("page", ["2", "9223372036854775807"])
def test_a_page_past_the_end_is_empty(owner: ApiClient, page: str) -> None:
    create_export("acme")
    body = get_entries(owner, page=page)
    assert (body["entries"], body["total"], body["total_pages"]) == ([], 1, 1)


def test_the_window_filters_the_entries(owner: ApiClient, somebody: User) -> None:
    create_export("acme", NOON - timedelta(days=1))
    create_reveal("acme", somebody, NOON)
    body = owner.get(AUDIT, {"from": "2026-02-12", "to": "2026-02-12"}).json()
    assert [entry["kind"] for entry in body["entries"]] == ["export"]
    assert owner.get(AUDIT).json()["total"] == 0
    create_export("acme", datetime.now(UTC))
    assert owner.get(AUDIT).json()["total"] == 1


@pytest.mark.parametrize("params", [{"page": "0"}, {"period": "9d"}, {"period": "7d", "to": "2026-02-12"}])
def test_invalid_parameters_are_refused(owner: ApiClient, params: dict[str, str]) -> None:
    response = owner.get(AUDIT, params)
    assert (response.status_code, response.json()["error_code"]) == (400, "INVALID_PARAMS")


@given(phone=st.text(min_size=1), sender=st.from_regex(r"\+?[0-9]{7,15}", fullmatch=True))
def test_redacted_filters_contain_no_whole_number(phone: str, sender: str) -> None:
    redacted = redact_filters({"phone": phone, "sender": sender, "from": "2026-02-13", "period": "30d"})
    assert redacted["phone"] == "…"
    assert sender.lstrip("+") not in redacted["sender"]
    assert redacted["sender"].count("•") >= 5
    assert (redacted["from"], redacted["period"]) == ("2026-02-13", "30d")


def test_a_sender_that_is_not_a_number_is_not_redacted() -> None:
    assert redact_filters({"sender": "MyApp 24/7"}) == {"sender": "MyApp 24/7"}
