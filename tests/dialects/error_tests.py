"""Tests of errors that every dialect inherits. No error reveals internals."""

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import quote

import pytest
import requests
from django.db import connection

from smsreports.accounts.keys import AuthFailure, create_key, credentials_to_show
from smsreports.accounts.models import Account, ApiKey, Scope
from smsreports.api.serializers import MappingSerializer
from tests.client_signing import sign_headers
from tests.conftest import CLIENT, ApiClient, create_api_client, load_lines, message_line
from tests.server import Server

HOME = "127.0.0.1"
OTHER_METHODS = ("POST", "PUT", "PATCH", "DELETE", "OPTIONS")
ARABIC_3 = quote("٣")


def create_refused_key(failure: AuthFailure) -> str:
    """Create a key of acme that is refused for this reason when used from localhost."""
    account = Account.objects.get(name="acme")
    networks = ["10.0.0.0/8"] if failure is AuthFailure.FOREIGN_ADDRESS else []
    expired = datetime.now(UTC) - timedelta(seconds=1) if failure is AuthFailure.EXPIRED_KEY else None
    key = create_key(account, [Scope.READ], allowed_networks=networks, expires_at=expired)
    if failure is AuthFailure.INACTIVE_KEY:
        ApiKey.objects.update(is_active=False)
    if failure is AuthFailure.INACTIVE_ACCOUNT:
        Account.objects.update(is_active=False)
    if failure.name.endswith("_SIGNATURE"):
        ApiKey.objects.filter(account=account).update(requires_signature=True)
    return {AuthFailure.NO_KEY: "", AuthFailure.UNKNOWN_KEY: "sk_prod_nobody's"}.get(failure, key)


def build_signature_headers(failure: AuthFailure, key: str, path: str) -> dict[str, str]:
    """Build the headers of a request whose signature is refused for this reason; empty for other reasons."""
    if failure is AuthFailure.WRONG_SIGNATURE:
        return sign_headers("guessed", "GET", path)
    if failure not in (AuthFailure.UNTIMELY_SIGNATURE, AuthFailure.USED_SIGNATURE):
        return {}
    [_, secret] = credentials_to_show(ApiKey.objects.latest("id"), key)
    return sign_headers(secret, "GET", path, at=time.time() - (301 if failure is AuthFailure.UNTIMELY_SIGNATURE else 0))


class ErrorTests:
    """Tests of errors for every dialect. A subclass declares its paths and the format of its errors."""

    prefix: ClassVar[str]
    # Path of a list, and prefix of the path of a single row.
    list_path: ClassVar[str]
    item_path: ClassVar[str]
    # Parameter for the page size.
    size_param: ClassVar[str]
    # Error code for a key without the scope.
    forbidden_code: ClassVar[str]
    # Text that `failure_text` returns for each authentication failure.
    failures: ClassVar[dict[AuthFailure, str]]

    def build_headers(self, key: str) -> dict[str, str]:
        raise NotImplementedError

    def error_code(self, response: Any) -> str:
        """Check the format of an error and return its code."""
        raise NotImplementedError

    def failure_text(self, response: Any) -> str:
        """Return the part of an authentication error that tells the failures apart."""
        return self.error_code(response)

    def assert_refused(self, api_client: ApiClient, query: str, name: str) -> None:
        """Assert that the list refuses the query string with an error that contains `name`."""
        raise NotImplementedError

    def test_each_authentication_failure_has_its_own_error(self, owner: ApiClient) -> None:
        for failure in AuthFailure:
            key = create_refused_key(failure)
            headers = self.build_headers(key) | build_signature_headers(failure, key, self.list_path)
            if failure is AuthFailure.USED_SIGNATURE:
                assert CLIENT.get(self.list_path, headers=headers, REMOTE_ADDR=HOME).status_code == 200
            response = CLIENT.get(self.list_path, headers=headers, REMOTE_ADDR=HOME)
            assert response.status_code == 401
            assert response["WWW-Authenticate"] in ("X-API-Key", "Bearer")
            assert self.failure_text(response) == self.failures[failure], failure
            ApiKey.objects.update(is_active=True)
            Account.objects.update(is_active=True)

    def test_a_key_without_the_scope_is_refused(self, db: None) -> None:
        response = create_api_client("acme", Scope.WRITE).get(self.list_path)
        assert (response.status_code, self.error_code(response)) == (403, self.forbidden_code)

    @pytest.mark.parametrize("rest", ["nothing", "messages/", "messages/m-1/more", "", "%ff", "%00", "a" * 3000])
    def test_an_unknown_path_is_not_found(self, owner: ApiClient, rest: str) -> None:
        response = owner.get(f"{self.prefix}{rest}")
        assert (response.status_code, self.error_code(response)) == (404, "NOT_FOUND")

    @pytest.mark.parametrize("key", ["nobody's", "%00", "%ff", "M-1", "m-1%20", "%2F"])
    def test_an_unknown_id_is_not_found(self, owner: ApiClient, key: str) -> None:
        load_lines([message_line(client_message_id="m-1")])
        response = owner.get(f"{self.item_path}{key}")
        assert (response.status_code, self.error_code(response)) == (404, "NOT_FOUND")

    def test_the_id_of_another_account_is_not_found(self, owner: ApiClient, stranger: ApiClient) -> None:
        load_lines([message_line(client_message_id="m-1")])
        assert owner.get(f"{self.item_path}m-1").status_code == 200
        foreign, unknown = (stranger.get(f"{self.item_path}{key}") for key in ("m-1", "m-2"))
        assert (foreign.status_code, foreign.content) == (404, unknown.content)

    @pytest.mark.parametrize("method", OTHER_METHODS)
    def test_other_methods_are_not_allowed(self, owner: ApiClient, method: str) -> None:
        for address in (self.list_path, f"{self.item_path}m-1"):
            response = owner.request(method, address)
            assert (response.status_code, self.error_code(response)) == (405, "METHOD_NOT_ALLOWED")
            assert response["Allow"] == "GET, HEAD"
        unknown = owner.request(method, f"{self.prefix}nothing")
        assert (unknown.status_code, self.error_code(unknown)) == (404, "NOT_FOUND")

    def test_requests_beyond_the_rate_limit_are_refused_until_the_minute_ends(
        self, owner: ApiClient, colleague: ApiClient, stranger: ApiClient, settings: Any
    ) -> None:
        """A test is one transaction, in which the database's clock stands still, so no minute ends during it."""
        settings.RATE_LIMIT = 2
        first, second, limited = (api_client.get(self.list_path) for api_client in (owner, colleague, owner))
        assert (first.status_code, second.status_code) == (200, 200)
        assert (limited.status_code, self.error_code(limited)) == (429, "RATE_LIMIT_EXCEEDED")
        assert 1 <= int(limited["Retry-After"]) <= 60
        assert stranger.get(self.list_path).status_code == 200

    def test_an_internal_error_reveals_nothing_of_the_database(
        self, owner: ApiClient, caplog: pytest.LogCaptureFixture
    ) -> None:
        load_lines([message_line(recipient="+4915112345678", message="a secret")])
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE messages_app_message RENAME COLUMN text TO missing")
        response = owner.get(self.list_path, {"from": "2026-01-01", "phone": "4915112345678"})
        assert (response.status_code, self.error_code(response)) == (500, "INTERNAL_ERROR")
        assert_not_in_response(response, "SELECT", "messages_app", "missing", "text", "<")
        assert_not_in_log(caplog, "4915112345678", "SELECT", "missing")

    def test_an_internal_error_reveals_nothing_of_the_row(
        self, owner: ApiClient, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def to_representation(self: Any, row: Any) -> Any:
            raise ValueError(dict(row))

        monkeypatch.setattr(MappingSerializer, "to_representation", to_representation)
        load_lines([message_line(recipient="+4915112345678", message="a secret")])
        response = owner.get(self.list_path, {"from": "2026-01-01"})
        assert (response.status_code, self.error_code(response)) == (500, "INTERNAL_ERROR")
        assert_not_in_response(response, "ValueError", "Traceback", "secret", "4915112345678", "<")
        assert_not_in_log(caplog, "4915112345678", "secret")
        assert "ValueError" in caplog.text

    def test_a_missing_database_is_answered_with_503_and_retry_after(self, without_database: Server) -> None:
        for address in (self.list_path, f"{self.item_path}m-1"):
            response = requests.get(without_database.url + address, headers=self.build_headers("sk_prod_x"), timeout=30)
            assert (response.status_code, self.error_code(response)) == (503, "UNAVAILABLE")
            assert int(response.headers["Retry-After"]) > 0
        assert "sk_prod_x" not in without_database.log.read_text()

    @pytest.mark.parametrize("value", ["0", "-1", "%00", "%ff", str(10**20), ARABIC_3, "9" * 8192])
    def test_an_invalid_number_is_refused_with_its_parameter(self, owner: ApiClient, value: str) -> None:
        self.assert_refused(owner, f"page={value}", "page")
        self.assert_refused(owner, f"{self.size_param}={value}", self.size_param)

    @pytest.mark.parametrize("value", ["%00", "%ff", "2026-02-30", f"202{ARABIC_3}-01-01", "x" * 8192])
    def test_an_invalid_day_is_refused_with_its_parameter(self, owner: ApiClient, value: str) -> None:
        self.assert_refused(owner, f"from={value}", "from")
        self.assert_refused(owner, f"to={value}", "to")

    def test_a_repeated_parameter_is_refused_with_its_name(self, owner: ApiClient) -> None:
        self.assert_refused(owner, "page=1&page=1", "page")

    def test_more_than_a_hundred_parameters_are_refused(self, owner: ApiClient) -> None:
        self.assert_refused(owner, "&".join(f"p{number}=1" for number in range(200)), "query string")

    @pytest.mark.parametrize("query", ["colour=%00", "colour=&colour=", "colour=" + "x" * 8192, "&&&", "=", "?"])
    def test_unknown_parameters_are_ignored(self, owner: ApiClient, query: str) -> None:
        assert owner.request("GET", f"{self.list_path}?{query}").status_code == 200

    @pytest.mark.parametrize("query", ["colour=%ff", "%ff=1", "%c3%28"])
    def test_invalid_utf8_is_refused_in_any_parameter(self, owner: ApiClient, query: str) -> None:
        self.assert_refused(owner, query, "UTF-8")


def assert_not_in_response(response: Any, *words: str) -> None:
    assert [word for word in words if word.encode() in response.content] == []


def assert_not_in_log(caplog: pytest.LogCaptureFixture, *words: str) -> None:
    """Check the text that the log's own handler would write, with the traceback."""
    format_record: Callable[[logging.LogRecord], str] = logging.Formatter().format
    lines = [format_record(record) for record in caplog.records]
    assert any("crash in a request" in line for line in lines)
    assert [word for word in words for line in lines if word in line] == []
