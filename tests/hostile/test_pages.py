"""The pages for staff, with what an address or a message may hold against whoever opens it."""

from typing import Any
from urllib.parse import quote, urlencode

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.conftest import EVER, load, message
from tests.isolation.addresses import Address
from tests.isolation.conftest import swept
from tests.isolation.questions import asking, ids, understood

SCRIPT = "<script>alert(1)</script>"
# What would run a script from a text, or from an attribute; split a header; end a string of SQL.
VALUES = (f'" onmouseover="alert(1)">{SCRIPT}', "a\r\nX-Injected: 1", "\0' OR 1=1 -- %s%(x)s")
RUNS = (SCRIPT, '" onmouseover', '"><b>')
FORMULA = "=cmd|'/c calc'!A1"


@pytest.fixture
def traffic(db: None) -> None:
    load([message(message=SCRIPT, sender_id='"><b>', client_message_id=f"{SCRIPT}{number}") for number in range(3)])


@pytest.mark.usefixtures("traffic")
@pytest.mark.parametrize("address", [one for one in swept() if not one.door], ids=lambda address: address.route)
def test_no_page_runs_what_an_address_or_a_message_says(staff: Client, address: Address) -> None:
    staff.raise_request_exception = False
    names = understood(address) or ["next"]
    of = ids(address, "acme")[:1]
    for query in ({name: value} for name in names for value in VALUES if of):
        asked = asking(address, of[0], {"account": "acme"} | EVER | query)
        answer: Any = staff.generic(asked.method, asked.url)
        page = b"".join(answer).decode()
        assert answer.status_code < 500, asked.url
        assert "X-Injected" not in answer.headers
        if answer.headers["Content-Type"].startswith("text/html"):
            assert [word for word in RUNS if word in page] == [], asked.url


@pytest.mark.parametrize(
    "where", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "\r\n//x"]
)
@pytest.mark.parametrize("login", ["/reports/login", "/admin/login/"])
def test_a_login_leads_nowhere_else(staff: Client, login: str, where: str, settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # the others are slow on purpose
    somebody = User.objects.get(username="staff")
    somebody.set_password("a long enough one")
    somebody.save()
    said = {"username": "staff", "password": "a long enough one", "next": where}
    answer = Client().post(f"{login}?next={quote(where)}", said)
    assert answer.status_code == 302
    assert answer["Location"] in ("/reports/", "/accounts/profile/", "/admin/")


@pytest.mark.parametrize("page", ["", "messages", "countries", "senders", "broadcasts"])
def test_no_cell_of_a_pages_file_is_run_by_a_spreadsheet(staff: Client, db: None, page: str) -> None:
    load([message(sender_id=FORMULA, message=FORMULA)])
    answer: Any = staff.get(f"/reports/{page}?{urlencode({'account': 'acme', 'format': 'csv'} | EVER)}")
    assert answer.status_code == 200
    cells = b"".join(answer).decode("utf-8-sig").replace("\n", ",").split(",")
    assert [cell for cell in cells if cell.strip('"').startswith("=")] == []
