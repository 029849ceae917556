"""What a storm would see: each lie that a file could tell."""

import json
from typing import Any

import pytest

from tests.faults.downloads import End, File
from tests.faults.history import History, wrong_ids
from tests.faults.verdicts import is_lost_end, wrong_content, wrong_end

CONTENT = b"".join(json.dumps({"client_message_id": f"m-{n}", "message_id": None}).encode() + b"\n" for n in range(3))
IDS = ["m-0", "m-1", "m-2"]


def file(end: End = End.CLEAN, content: bytes = CONTENT, *, is_complete: bool = True) -> File:
    return File("x", 3, content, end, is_complete)


def receipt(**fields: Any) -> dict[str, Any]:
    true = file()
    told = {"state": "finished", "bytes": len(CONTENT), "sha256": true.sha256, "rows": 3, "truncated": False}
    return told | fields


@pytest.fixture
def history() -> History:
    """Of three batches, the second one of two ids."""
    made = History("acme")
    for ids in (IDS[:1], IDS[1:], ["m-3"]):
        made.sends({"type": "message", "client_message_id": key} for key in ids)
    return made


@pytest.mark.parametrize("end", [End.CLEAN, End.BROKEN, End.LEFT])
def test_a_true_receipt_is_no_fault(end: End) -> None:
    assert list(wrong_end(file(end), receipt())) == []


@pytest.mark.parametrize("end", [End.BROKEN, End.LEFT])
def test_a_broken_file_is_no_fault(end: End) -> None:
    assert list(wrong_end(file(end, CONTENT[:9]), receipt(state="broken"))) == []


@pytest.mark.parametrize(
    ("came", "told"),
    [
        (file(), {"state": "broken"}),
        (file(), {"state": "running"}),
        (file(), {"rows": 2}),
        (file(), {"bytes": 7}),
        (file(), {"truncated": True}),
        (file(content=CONTENT[:-1]), {}),
        (file(is_complete=False), {}),
        (file(End.HUNG), {}),
        (file(End.BROKEN), {"state": "running"}),
        (file(End.BROKEN, CONTENT[:9]), {"rows": 1}),
        (file(End.BROKEN, CONTENT.replace(b"m-1", b"m-7")), {}),
    ],
)
def test_each_lie_is_a_fault(came: File, told: dict[str, Any]) -> None:
    assert list(wrong_end(came, receipt(**told))) != []


def test_a_lost_end_is_counted_apart() -> None:
    assert is_lost_end(file(End.BROKEN, CONTENT[:9]), receipt())
    assert not is_lost_end(file(End.LEFT, CONTENT[:9]), receipt())
    assert not is_lost_end(file(End.BROKEN), receipt(state="broken"))


def test_one_moment_of_a_history_is_no_fault(history: History) -> None:
    assert list(wrong_content(file(), "ndjson", "all", {history: 2})) == []
    for ids in ([], IDS[:1], IDS, [*IDS, "m-3"]):
        assert list(wrong_ids(ids, {history: 0}, "api")) == []


@pytest.mark.parametrize(
    ("ids", "least"),
    [
        (IDS, 3),
        (IDS[:2], 1),
        (IDS[1:], 0),
        (["m-0", "m-3"], 1),
        ([*IDS, "m-2"], 2),
        ([*IDS, "foreign"], 2),
        (IDS[:2], 3),
    ],
    ids=["lost", "half", "later first", "one between", "twice", "foreign", "half and lost"],
)
def test_what_no_moment_can_hold_is_a_fault(history: History, ids: list[str], least: int) -> None:
    assert list(wrong_ids(ids, {history: least}, "all")) != []


def test_a_file_of_the_other_source_holds_nothing_of_it(history: History) -> None:
    assert list(wrong_ids([], {history: 3}, "broadcasts")) == []
    assert list(wrong_ids(IDS, {history: 3}, "broadcasts")) != []
