"""`make run` from nothing to a server, and again: the data, the key and the password stay what they are."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import requests

from tests.first_run.folder import Folder, free_port
from tests.waiting import SOON, within

SMALL = "DEMO=--messages 300 --sends 200"


class First:
    """The first run of a folder, while it serves."""

    def __init__(self, folder: Folder, port: int, printed: str) -> None:
        self.folder, self.port, self.printed = folder, port, printed

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def secrets(printed: str) -> tuple[str, str]:
    """The key and the password that were printed."""
    key, password = re.search(r"API key +(\S+) ", printed), re.search(r"user staff, password (\S+)\n", printed)
    assert key is not None, printed
    assert password is not None, printed
    return key[1], password[1]


@pytest.fixture(scope="module")
def first(shared: Folder) -> Iterator[First]:
    port = free_port()
    with shared.served(port, SMALL) as printed:
        yield First(shared, port, printed)


def test_the_first_run_says_what_it_does_and_shows_traffic_of_today(first: First) -> None:
    steps = (
        "Making a database in ",
        "Making the tables.",
        "Loading demo traffic: 500 SMS of 90 days",
        "Site  ",
        "Kept in ",
    )
    places = [first.printed.index(step) for step in steps]
    assert places == sorted(places)
    key, _ = secrets(first.printed)
    query = {"date_from": f"{datetime.now(UTC):%Y-%m-%d}", "limit": "1"}
    got = requests.get(f"{first.url}/api/v1/sms/messages/unified", query, headers={"X-API-Key": key}, timeout=60)
    assert got.status_code == 200
    assert "smsreports_requests_total" in requests.get(f"{first.url}/metrics", timeout=60).text


def test_a_second_run_at_the_port_is_told_whose_it_is(first: First) -> None:
    done = first.folder.make("run", f"PORT={first.port}")
    assert done.code == 2
    assert (
        f"Port {first.port} is in use by a server of this folder, which is at {first.url}/. Take another: " in done.said
    )
    assert done.said.count("\n") == 1


def test_a_stop_of_the_database_tells_who_starts_it_again(first: First) -> None:
    assert requests.get(f"{first.url}/readyz", timeout=60).status_code == 200
    said = first.folder.manage("database", "stop").said
    assert said.startswith("Stopped for now: ")
    assert "manage.py quickstart" in said
    assert said.endswith("and the next query starts it again. End that first.\n")
    # A probe waits a second for it at most, and starting takes longer.
    within(SOON, lambda: requests.get(f"{first.url}/readyz", timeout=60).status_code == 200)


def test_a_second_copy_and_later_runs_print_the_same_key_and_password(first: First) -> None:
    """After an export, which the audit keeps with the key."""
    key, password = secrets(first.printed)
    path = f"{first.url}/api/v1/sms/messages/unified/export?period=30d"
    assert requests.get(path, headers={"X-API-Key": key}, timeout=60).status_code == 200
    port = free_port()
    with first.folder.served(port) as second:
        assert secrets(second) == (key, password)
        assert "Loading demo traffic" not in second
        page = requests.Session()
        login = f"http://127.0.0.1:{port}/admin/login/"
        token = re.search(r'csrfmiddlewaretoken" value="(\w+)"', page.get(login, timeout=60).text)
        assert token is not None
        form = {"username": "staff", "password": password, "csrfmiddlewaretoken": token[1], "next": "/admin/"}
        assert page.post(login, form, timeout=60, headers={"Referer": login}).url.endswith("/admin/")
