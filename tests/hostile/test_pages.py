"""Staff pages with malicious parameters and messages."""

from typing import Any
from urllib.parse import quote, urlencode

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.conftest import ALL_DAYS, load_lines, message_line
from tests.isolation.conftest import list_swept_routes
from tests.isolation.routes import Route
from tests.isolation.sweep_requests import build_request, list_parameters, list_route_values

SCRIPT = "<script>alert(1)</script>"
# Values that inject a script by text or attribute, a header, and SQL.
VALUES = (f'" onmouseover="alert(1)">{SCRIPT}', "a\r\nX-Injected: 1", "\0' OR 1=1 -- %s%(x)s")
UNESCAPED = (SCRIPT, '" onmouseover', '"><b>')
FORMULA = "=cmd|'/c calc'!A1"


@pytest.fixture
def traffic(db: None) -> None:
    load_lines(
        [message_line(message=SCRIPT, sender_id='"><b>', client_message_id=f"{SCRIPT}{number}") for number in range(3)]
    )


@pytest.mark.usefixtures("traffic")
@pytest.mark.parametrize(
    "route", [route for route in list_swept_routes() if not route.endpoint], ids=lambda route: route.pattern
)
def test_no_page_runs_scripts_from_parameters_or_messages(staff: Client, route: Route) -> None:
    staff.raise_request_exception = False
    names = list_parameters(route) or ["next"]
    account_values = list_route_values(route, "acme")[:1]
    for query in ({name: value} for name in names for value in VALUES if account_values):
        request = build_request(route, account_values[0], {"account": "acme"} | ALL_DAYS | query)
        response: Any = staff.generic(request.method, request.url)
        page = b"".join(response).decode()
        assert response.status_code < 500, request.url
        assert "X-Injected" not in response.headers
        if response.headers["Content-Type"].startswith("text/html"):
            assert [text for text in UNESCAPED if text in page] == [], request.url


@pytest.mark.parametrize(
    "next_url", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "\r\n//x"]
)
@pytest.mark.parametrize("login", ["/reports/login", "/admin/login/"])
def test_login_does_not_redirect_to_another_site(staff: Client, login: str, next_url: str, settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # the others are slow on purpose
    user = User.objects.get(username="staff")
    user.set_password("a long enough one")
    user.save()
    form = {"username": "staff", "password": "a long enough one", "next": next_url}
    response = Client().post(f"{login}?next={quote(next_url)}", form)
    assert response.status_code == 302
    assert response["Location"] in ("/reports/", "/accounts/profile/", "/admin/")


@pytest.mark.parametrize("page", ["", "messages", "countries", "senders", "broadcasts"])
def test_no_cell_of_a_csv_file_is_a_formula(staff: Client, db: None, page: str) -> None:
    load_lines([message_line(sender_id=FORMULA, message=FORMULA)])
    response: Any = staff.get(f"/reports/{page}?{urlencode({'account': 'acme', 'format': 'csv'} | ALL_DAYS)}")
    assert response.status_code == 200
    cells = b"".join(response).decode("utf-8-sig").replace("\n", ",").split(",")
    assert [cell for cell in cells if cell.strip('"').startswith("=")] == []
