"""What an account reads of who took what out: every entry once, newest first, in pages, and nobody else's."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from hypothesis import given
from hypothesis import strategies as st

from smsreports.accounts.models import Account, ApiKey, Reveal
from smsreports.audit.models import Export, ExportEnd
from smsreports.audit.recorder import redact_filters
from tests.conftest import Person

AUDIT = "/api/v1/audit"
EXPORT_KEYS = ["id", "kind", "at", "by", "address", "filter", "format", "rows", "bytes", "sha256", "state"]
NOON = datetime(2026, 2, 13, 12, tzinfo=UTC)


@pytest.fixture
def somebody(db: None) -> User:
    return User.objects.create_user("somebody")


def began(account: str, at: datetime = NOON, **fields: Any) -> Export:
    """An export of the account's own key."""
    by = {} if "user" in fields else {"key": ApiKey.objects.filter(account__name=account).first()}
    found = Account.objects.get(name=account)
    given: dict[str, Any] = {"format": "csv", "total": 3, "limit": 2, "begun_at": at} | by | fields
    return Export.everyones.create(account=found, **given)


def looked(account: str, who: User, at: datetime = NOON) -> Reveal:
    found = Account.objects.get(name=account)
    return Reveal.objects.create(
        account=found, user=who, model="x", row=1, reference="m-1", reason="they asked", address="192.0.2.7", at=at
    )


def entries(who: Person, **params: str) -> Any:
    answer = who.get(AUDIT, {"to": "9999-12-31"} | params)
    assert answer.status_code == 200, answer.body
    return answer.json()


def test_an_export_is_told_with_its_end(owner: Person) -> None:
    export = began("acme", filter={"phone": "…", "period": "7d"}, address="192.0.2.1")
    ExportEnd.objects.create(export=export, rows=2, bytes=99, sha256="f" * 64, is_whole=True)
    assert entries(owner) == {
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


def test_an_export_without_an_end_that_nobody_runs_is_broken(owner: Person) -> None:
    began("acme")
    [entry] = entries(owner)["entries"]
    assert (entry["state"], entry["rows"], entry["sha256"]) == ("broken", None, None)


def test_a_reveal_is_told_with_its_reason(owner: Person, somebody: User) -> None:
    looked("acme", somebody)
    [entry] = entries(owner)["entries"]
    assert entry["by"] == {"staff": "somebody"}
    assert (entry["kind"], entry["reason"], entry["reference"]) == ("reveal", "they asked", "m-1")
    assert (entry["address"], entry["state"]) == ("192.0.2.7", None)


def test_an_export_by_staff_shows_as_staff(owner: Person, somebody: User) -> None:
    began("acme", user=somebody)
    assert entries(owner)["entries"][0]["by"] == {"staff": "somebody"}


def test_entries_of_others_are_not_there(owner: Person, stranger: Person, somebody: User) -> None:
    began("acme")
    looked("acme", somebody)
    assert (entries(stranger)["entries"], entries(stranger)["total"]) == ([], 0)


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_pages_together_hold_every_entry_once_newest_first(owner: Person, somebody: User, size: int) -> None:
    """Many at the same moment."""
    for number in range(4):
        at = NOON - timedelta(minutes=number % 2)
        began("acme", at)
        looked("acme", somebody, at)
    pages = [entries(owner, limit=str(size), page=str(number))["entries"] for number in range(1, 10)]
    found = [entry for page in pages for entry in page]
    assert len({entry["id"] for entry in found}) == len(found) == 8
    keys = [(entry["at"], entry["kind"]) for entry in found]
    assert keys == sorted(keys, key=lambda key: (key[0], key[1] == "export"), reverse=True)


@pytest.mark.parametrize("page", ["2", "9223372036854775807"])
def test_a_page_past_the_end_is_empty(owner: Person, page: str) -> None:
    began("acme")
    found = entries(owner, page=page)
    assert (found["entries"], found["total"], found["total_pages"]) == ([], 1, 1)


def test_days_narrow_it(owner: Person, somebody: User) -> None:
    began("acme", NOON - timedelta(days=1))
    looked("acme", somebody, NOON)
    found = owner.get(AUDIT, {"from": "2026-02-12", "to": "2026-02-12"}).json()
    assert [entry["kind"] for entry in found["entries"]] == ["export"]
    assert owner.get(AUDIT).json()["total"] == 0
    began("acme", datetime.now(UTC))
    assert owner.get(AUDIT).json()["total"] == 1


@pytest.mark.parametrize("asked", [{"page": "0"}, {"period": "9d"}, {"period": "7d", "to": "2026-02-12"}])
def test_a_wrong_question_is_told(owner: Person, asked: dict[str, str]) -> None:
    answer = owner.get(AUDIT, asked)
    assert (answer.status_code, answer.json()["error_code"]) == (400, "INVALID_PARAMS")


@given(phone=st.text(min_size=1), sender=st.from_regex(r"\+?[0-9]{7,15}", fullmatch=True))
def test_no_filter_keeps_a_whole_number(phone: str, sender: str) -> None:
    kept = redact_filters({"phone": phone, "sender": sender, "from": "2026-02-13", "period": "30d"})
    assert kept["phone"] == "…"
    assert sender.lstrip("+") not in kept["sender"]
    assert kept["sender"].count("•") >= 5
    assert (kept["from"], kept["period"]) == ("2026-02-13", "30d")


def test_a_sender_that_is_no_number_is_kept() -> None:
    assert redact_filters({"sender": "MyApp 24/7"}) == {"sender": "MyApp 24/7"}
