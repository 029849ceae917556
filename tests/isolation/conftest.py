"""Responses to the watched account, recorded before and after the other account loads and writes traffic."""

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Any
from urllib.parse import unquote

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client

from smsreports.accounts.models import Scope
from smsreports.sms import windows
from tests.conftest import ApiClient, create_api_client, create_finished_export, load_lines
from tests.isolation.routes import Route, list_routes
from tests.isolation.sweep_requests import SweepRequest, build_first_page_request, build_requests
from tests.isolation.twin_accounts import OTHER, TODAY, WATCHED, build_event_lines, build_traffic_lines
from tests.isolation.write_requests import WriteRequest, build_write_requests, list_write_routes

# Values that differ between two equal requests: times in names of files, in headers and in signatures of cursors,
# tokens of forms and ids of requests.
PER_REQUEST_VALUES = re.compile(
    rb"messages_export_\d{8}T\d{6}Z|\nExpires: [^\n]+|csrftoken=[^;]+; expires=[^;]+"
    rb"|(?<=cursor=)([\w.-]+)%3A[\w%-]+"
    rb'|name="csrfmiddlewaretoken" value="\w+"|\nX-(?:Request|Export)-ID: [^\n]+',
    re.IGNORECASE,
)
CURSOR = re.compile(rb"[?&;]cursor=([^&\"'>]+)")


@dataclass
class Sweep:
    """API clients of both accounts, a superuser's browser, and the responses recorded with them."""

    clients: dict[str, ApiClient]
    staff: Client
    # Responses by request, then by what the other account had done before.
    responses: dict[SweepRequest, dict[str, bytes]] = field(default_factory=dict)
    rows_by_step: dict[str, dict[str, list[Any]]] = field(default_factory=dict)

    def fetch(self, request: SweepRequest, account: str = WATCHED) -> bytes:
        """Return status, headers and body of the response.

        The transaction is rolled back, so that neither rate limits nor the audit log remember the request.
        """
        with transaction.atomic():
            response = self._send(request, account)
            head = "".join(sorted(f"{name}: {value}\n" for name, value in response.headers.items()))
            cookies = "".join(morsel.OutputString() + "\n" for morsel in response.cookies.values())
            body = response.body if request.by_key else b"".join(response)
            transaction.set_rollback(True)
        return f"{response.status_code}\n{head}{cookies}\n".encode() + body

    def _send(self, request: SweepRequest, account: str) -> Any:
        if request.by_key:
            return self.clients[account].request(request.method, request.url)
        return self.staff.generic(request.method, request.url)

    def send_write(self, write: WriteRequest, account: str) -> Any:
        return self.clients[account].request(write.method, write.url, write.body, content_type=write.content_type)

    def find_cursors(self, route: Route, account: str) -> list[str]:
        """Return the cursors in the response to the account's first page, without duplicates."""
        request = build_first_page_request(route, account)
        links = CURSOR.findall(self.fetch(request, account)) if request is not None else []
        return list(dict.fromkeys(unquote(link.decode()) for link in links))

    def record(self, step: str, requests: list[SweepRequest]) -> None:
        """Store the responses to the watched account and its rows, after the other account's `step`."""
        for request in requests:
            self.responses.setdefault(request, {})[step] = PER_REQUEST_VALUES.sub(rb"\1", self.fetch(request))
        self.rows_by_step[step] = {model._meta.label: list_rows(model, WATCHED) for model in ACCOUNT_MODELS}


# Models with a foreign key to the account.
ACCOUNT_MODELS: list[Any] = [
    model for model in apps.get_models() if any(field.name == "account" for field in model._meta.get_fields())
]


def list_rows(model: Any, account: str) -> list[Any]:
    return sorted(model._base_manager.filter(account__name=account).values_list(), key=repr)


def list_swept_routes() -> list[Route]:
    """Return the routes that show data of one account."""
    return [route for route in list_routes() if not route.is_exempt and not route.is_write]


class FrozenMeta(type):
    """Metaclass that lets every datetime pass as a FrozenDatetime in `isinstance`."""

    def __instancecheck__(cls, value: object) -> bool:
        return isinstance(value, datetime)


class FrozenDatetime(datetime, metaclass=FrozenMeta):
    """Datetime whose `now` is always noon of the frozen day."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
        return datetime(TODAY.year, TODAY.month, TODAY.day, 12, tzinfo=tz)


@pytest.fixture(scope="module")
def frozen_day() -> Iterator[None]:
    """Freeze the current day in every module; pages, which show the age of pending SMS, see its noon."""
    today = windows.utc_today
    with pytest.MonkeyPatch.context() as patched:
        for name, module in list(sys.modules.items()):
            if getattr(module, "utc_today", None) is today:
                patched.setattr(module, "utc_today", lambda: TODAY)
            if name.startswith("smsreports.reports.") and getattr(module, "datetime", None) is datetime:
                patched.setattr(module, "datetime", FrozenDatetime)
        yield


@pytest.fixture(scope="module")
def sweep(committed: None, frozen_day: None) -> Sweep:
    """Record the responses to the watched account in three steps of the other account.

    At first it has no traffic, then the same as the watched account and more, and at last it has used every write.
    """
    staff = Client(raise_request_exception=False)
    staff.force_login(User.objects.create_superuser("staff"))
    sweep = Sweep({name: create_api_client(name, *Scope) for name in (WATCHED, OTHER)}, staff)
    load_lines(build_traffic_lines(WATCHED))
    for name in (WATCHED, OTHER):
        sweep.clients[name].get("/api/v1/sms/messages")  # sets the time at which the key was last used
        create_finished_export(sweep.clients[name])
    requests = _build_all_requests(sweep, WATCHED)
    sweep.record("nothing", requests)
    load_lines(build_traffic_lines(OTHER))
    requests = list(dict.fromkeys([*requests, *_build_all_requests(sweep, OTHER)]))
    load_lines([*build_traffic_lines(OTHER, first=1000), *build_event_lines(OTHER, status="UNDELIV")])
    sweep.record("loading", requests)
    for route in list_write_routes():
        for write in [
            *build_write_requests(route, "1"),
            *build_write_requests(route, "2", WATCHED),
            *build_write_requests(route, "4711"),
        ]:
            sweep.send_write(write, OTHER)
    sweep.record("writing", requests)
    return sweep


def _build_all_requests(sweep: Sweep, account: str) -> list[SweepRequest]:
    """Return the requests to every route, with the cursors that `account` gets there."""
    return [
        request
        for route in list_swept_routes()
        for request in build_requests(route, sweep.find_cursors(route, account))
    ]
