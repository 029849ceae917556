"""`make run` in a new folder, and again: the data, the key and the password stay the same."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import requests

from tests.first_run.folder import Folder, free_port
from tests.waiting import SOON, within

SMALL = "DEMO=--messages 300 --sends 200"


class FirstRun:
    """The first run in a folder, while its server runs."""

    def __init__(self, folder: Folder, port: int, output: str) -> None:
        self.folder, self.port, self.output = folder, port, output

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def parse_credentials(output: str) -> tuple[str, str]:
    """Return the printed key and password."""
    key, password = re.search(r"API key +(\S+) ", output), re.search(r"user staff, password (\S+)\n", output)
    assert key is not None, output
    assert password is not None, output
    return key[1], password[1]


@pytest.fixture(scope="module")
def first(shared: Folder) -> Iterator[FirstRun]:
    port = free_port()
    with shared.serve(port, SMALL) as output:
        yield FirstRun(shared, port, output)


def test_the_first_run_prints_its_steps_and_loads_traffic_of_today(first: FirstRun) -> None:
    steps = (
        "Making a database in ",
        "Making the tables.",
        "Loading demo traffic: 500 SMS of 90 days",
        "Site  ",
        "Kept in ",
    )
    positions = [first.output.index(step) for step in steps]
    assert positions == sorted(positions)
    key, _ = parse_credentials(first.output)
    query = {"date_from": f"{datetime.now(UTC):%Y-%m-%d}", "limit": "1"}
    answer = requests.get(f"{first.url}/api/v1/sms/messages/unified", query, headers={"X-API-Key": key}, timeout=60)
    assert answer.status_code == 200
    assert "smsreports_requests_total" in requests.get(f"{first.url}/metrics", timeout=60).text


def test_a_second_run_on_the_port_names_the_running_server(first: FirstRun) -> None:
    result = first.folder.make("run", f"PORT={first.port}")
    assert result.code == 2
    assert (
        f"Port {first.port} is in use by a server of this folder, which is at {first.url}/. Take another: "
        in result.text
    )
    assert result.text.count("\n") == 1


def test_a_stop_of_the_database_names_the_process_that_starts_it_again(first: FirstRun) -> None:
    assert requests.get(f"{first.url}/readyz", timeout=60).status_code == 200
    text = first.folder.manage("database", "stop").text
    assert text.startswith("Stopped for now: ")
    assert "manage.py quickstart" in text
    assert text.endswith("and the next query starts it again. End that first.\n")
    # A probe waits at most a second for the database, and its start takes longer.
    within(SOON, lambda: requests.get(f"{first.url}/readyz", timeout=60).status_code == 200)


def test_a_second_copy_and_later_runs_print_the_same_key_and_password(first: FirstRun) -> None:
    """The audit log keeps an export with its key."""
    key, password = parse_credentials(first.output)
    path = f"{first.url}/api/v1/sms/messages/unified/export?period=30d"
    assert requests.get(path, headers={"X-API-Key": key}, timeout=60).status_code == 200
    port = free_port()
    with first.folder.serve(port) as second:
        assert parse_credentials(second) == (key, password)
        assert "Loading demo traffic" not in second
        page = requests.Session()
        login = f"http://127.0.0.1:{port}/admin/login/"
        token = re.search(r'csrfmiddlewaretoken" value="(\w+)"', page.get(login, timeout=60).text)
        assert token is not None
        form = {"username": "staff", "password": password, "csrfmiddlewaretoken": token[1], "next": "/admin/"}
        assert page.post(login, form, timeout=60, headers={"Referer": login}).url.endswith("/admin/")
