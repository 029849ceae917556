"""Checks of exported files: each wrong file or manifest is found, and correct ones pass."""

import json
from typing import Any

import pytest

from tests.faults.downloads import DownloadedFile, Ending
from tests.faults.file_checks import check_content, check_ending, is_lost_ending
from tests.faults.history import History, find_wrong_ids

CONTENT = b"".join(json.dumps({"client_message_id": f"m-{n}", "message_id": None}).encode() + b"\n" for n in range(3))
IDS = ["m-0", "m-1", "m-2"]


def build_file(end: Ending = Ending.CLEAN, content: bytes = CONTENT, *, is_complete: bool = True) -> DownloadedFile:
    return DownloadedFile("x", 3, content, end, is_complete)


def build_manifest(**fields: Any) -> dict[str, Any]:
    file = build_file()
    manifest = {"state": "finished", "bytes": len(CONTENT), "sha256": file.sha256, "rows": 3, "truncated": False}
    return manifest | fields


@pytest.fixture
def history() -> History:
    """History of three batches, the second one with two ids."""
    history = History("acme")
    for ids in (IDS[:1], IDS[1:], ["m-3"]):
        history.add_batch({"type": "message", "client_message_id": key} for key in ids)
    return history


@pytest.mark.parametrize("end", [Ending.CLEAN, Ending.BROKEN, Ending.LEFT])
def test_a_correct_manifest_passes(end: Ending) -> None:
    assert list(check_ending(build_file(end), build_manifest())) == []


@pytest.mark.parametrize("end", [Ending.BROKEN, Ending.LEFT])
def test_a_broken_file_with_a_broken_manifest_passes(end: Ending) -> None:
    assert list(check_ending(build_file(end, CONTENT[:9]), build_manifest(state="broken"))) == []


@pytest.mark.parametrize(
    ("file", "fields"),
    [
        (build_file(), {"state": "broken"}),
        (build_file(), {"state": "running"}),
        (build_file(), {"rows": 2}),
        (build_file(), {"bytes": 7}),
        (build_file(), {"truncated": True}),
        (build_file(content=CONTENT[:-1]), {}),
        (build_file(is_complete=False), {}),
        (build_file(Ending.HUNG), {}),
        (build_file(Ending.BROKEN), {"state": "running"}),
        (build_file(Ending.BROKEN, CONTENT[:9]), {"rows": 1}),
        (build_file(Ending.BROKEN, CONTENT.replace(b"m-1", b"m-7")), {}),
    ],
)
def test_a_wrong_file_or_manifest_is_an_error(file: DownloadedFile, fields: dict[str, Any]) -> None:
    assert list(check_ending(file, build_manifest(**fields))) != []


def test_a_lost_ending_is_a_case_of_its_own() -> None:
    assert is_lost_ending(build_file(Ending.BROKEN, CONTENT[:9]), build_manifest())
    assert not is_lost_ending(build_file(Ending.LEFT, CONTENT[:9]), build_manifest())
    assert not is_lost_ending(build_file(Ending.BROKEN), build_manifest(state="broken"))


def test_a_snapshot_of_a_history_passes(history: History) -> None:
    assert list(check_content(build_file(), "ndjson", "all", {history: 2})) == []
    for ids in ([], IDS[:1], IDS, [*IDS, "m-3"]):
        assert list(find_wrong_ids(ids, {history: 0}, "api")) == []


@pytest.mark.parametrize(
    ("ids", "min_batches"),
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
def test_ids_that_are_no_snapshot_are_an_error(history: History, ids: list[str], min_batches: int) -> None:
    assert list(find_wrong_ids(ids, {history: min_batches}, "all")) != []


def test_a_file_of_one_source_has_no_ids_of_the_other(history: History) -> None:
    assert list(find_wrong_ids([], {history: 3}, "broadcasts")) == []
    assert list(find_wrong_ids(IDS, {history: 3}, "broadcasts")) != []
