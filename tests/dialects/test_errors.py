"""Errors of both dialects: the tests that they share, and those of each."""

from typing import Any, ClassVar

import pytest
from django.db import connection

from smsreports.accounts.keys import AuthFailure
from tests.conftest import CLIENT, ApiClient, load_lines, message_line
from tests.dialects.error_tests import ErrorTests


class TestTelecom23(ErrorTests):
    prefix, list_path, item_path, size_param = "/api/v1/", "/api/v1/sms/messages", "/api/v1/sms/status/", "limit"
    forbidden_code = "FORBIDDEN"
    failures: ClassVar = {
        AuthFailure.NO_KEY: "UNAUTHORIZED",
        AuthFailure.UNKNOWN_KEY: "INVALID_API_KEY",
        AuthFailure.INACTIVE_KEY: "API_KEY_INACTIVE",
        AuthFailure.EXPIRED_KEY: "API_KEY_EXPIRED",
        AuthFailure.INACTIVE_ACCOUNT: "USER_NOT_ACTIVE",
        AuthFailure.FOREIGN_ADDRESS: "IP_NOT_ALLOWED",
        AuthFailure.NO_SIGNATURE: "SIGNATURE_REQUIRED",
        AuthFailure.UNTIMELY_SIGNATURE: "INVALID_SIGNATURE",
        AuthFailure.WRONG_SIGNATURE: "INVALID_SIGNATURE",
        AuthFailure.USED_SIGNATURE: "INVALID_SIGNATURE",
    }

    def build_headers(self, key: str) -> dict[str, str]:
        return {"X-Api-Key": key} if key else {}

    def error_code(self, response: Any) -> str:
        """Check the keys that the vendor's published samples read: `error_code` and `description`."""
        body = response.json()
        assert list(body) == ["status", "error_code", "description"]
        assert body["status"] is False
        assert body["description"]
        assert response.headers["Content-Type"] == "application/json"
        return str(body["error_code"])

    def assert_refused(self, api_client: ApiClient, query: str, name: str) -> None:
        response = api_client.request("GET", f"{self.list_path}?{query}")
        assert (response.status_code, self.error_code(response)) == (400, "INVALID_PARAMS")
        assert name in response.json()["description"]

    @pytest.mark.parametrize(
        ("query", "allowed"),
        [
            ("status=DELIVRD", "delivered, undelivered, expired, pending, sent, failed, unknown"),
            ("period=90d", "today, yesterday, 7d, 30d, this_month, last_month"),
            ("phone=12a", "1 to 15 digits"),
            ("phone=" + "1" * 8192, "1 to 15 digits"),
            ("phone=%D9%A3a", "1 to 15 digits"),
            ("country=USA", "two letters"),
            ("country=%C3%9C%C3%9F", "two letters"),
            ("from=2026-02-13&period=7d", "together with from or to"),
            ("from=2026-02-14&to=2026-02-13", "must not be after to"),
        ],
    )
    def test_an_invalid_filter_is_refused_with_the_allowed_values(
        self, owner: ApiClient, query: str, allowed: str
    ) -> None:
        self.assert_refused(owner, query, allowed)

    @pytest.mark.parametrize("path", ["messages/unified", "messages/unified/export"])
    def test_an_unknown_source_is_refused_with_the_allowed_sources(self, owner: ApiClient, path: str) -> None:
        response = owner.get(f"/api/v1/sms/{path}", {"source": "campaign"})
        assert (response.status_code, self.error_code(response)) == (400, "INVALID_PARAMS")
        assert response.json()["description"] == "source must be one of api, broadcasts, all"

    @pytest.mark.parametrize("sender", ["x" * 8192, "' OR 1=1 --", "%", "日本"])
    def test_an_unknown_sender_returns_an_empty_list(self, owner: ApiClient, sender: str) -> None:
        load_lines([message_line()])
        assert owner.get(self.list_path, {"sender": sender, "to": "9999-12-31"}).json()["total"] == 0

    @pytest.mark.parametrize("accept", ["text/html", "application/xml, text/*", "application/json;q=0", "nonsense"])
    def test_a_client_that_does_not_accept_json_gets_a_406_in_json(self, owner: ApiClient, accept: str) -> None:
        response = owner.get(self.list_path, Accept=accept)
        assert (response.status_code, self.error_code(response)) == (406, "NOT_ACCEPTABLE")

    @pytest.mark.parametrize(
        "accept",
        ["", "*/*", "application/*;q=0.1", "text/html, */*;q=0.8", "application/json; charset=utf-8"],
    )
    def test_a_client_that_accepts_json_gets_a_response(self, owner: ApiClient, accept: str) -> None:
        assert owner.get(self.list_path, Accept=accept).status_code == 200


class TestErsaal(ErrorTests):
    prefix, list_path, item_path, size_param = "/api/sms/", "/api/sms/messages", "/api/sms/messages/", "per_page"
    forbidden_code = "ACCESS_DENIED"
    failures: ClassVar = dict.fromkeys(AuthFailure, "Unauthenticated.") | {
        AuthFailure.FOREIGN_ADDRESS: "Unauthorized IP"
    }

    def build_headers(self, key: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {key}"} if key else {}

    def error_code(self, response: Any) -> str:
        """Check the format, and the rate limit headers, which every response has, also without authentication."""
        body = response.json()
        assert list(body) == ["message", "code", "details"]
        assert body["message"]
        assert response.headers["Content-Type"] == "application/json"
        assert int(response.headers["X-RateLimit-Remaining"]) <= int(response.headers["X-RateLimit-Limit"])
        assert (response.status_code == 429) == ("X-RateLimit-Reset" in response.headers)
        return str(body["code"])

    def failure_text(self, response: Any) -> str:
        assert self.error_code(response) == "UNAUTHORIZED"
        return str(response.json()["message"])

    def assert_refused(self, api_client: ApiClient, query: str, name: str) -> None:
        response = api_client.request("GET", f"{self.list_path}?{query}")
        assert (response.status_code, self.error_code(response)) == (400, "INVALID_PARAMETERS")
        details = response.json()["details"]
        assert name in str(details)
        assert all(isinstance(reason, str) for reasons in details.values() for reason in reasons)

    def test_the_details_contain_the_reasons_by_parameter(self, owner: ApiClient) -> None:
        body = owner.get(self.list_path, {"page": "0", "per_page": "x", "from": "tomorrow"}).json()
        number_error, day_error = "must be a whole number, 1 or more", "must be a date, YYYY-MM-DD"
        assert body["details"] == {"page": [number_error], "per_page": [number_error], "from": [day_error]}

    @pytest.mark.parametrize("accept", ["text/html", "image/png", "nonsense", ""])
    def test_the_response_is_json_for_any_accept_header(self, owner: ApiClient, accept: str) -> None:
        response = owner.get(self.list_path, Accept=accept)
        assert (response.status_code, response["Content-Type"]) == (200, "application/json")

    def test_the_remaining_requests_are_counted_down(self, owner: ApiClient, settings: Any) -> None:
        settings.RATE_LIMIT = 100
        remaining = [int(owner.get(self.list_path)["X-RateLimit-Remaining"]) for _ in range(3)]
        assert remaining == [99, 98, 97]

    def test_a_limited_request_gets_the_time_of_the_reset(self, owner: ApiClient, settings: Any) -> None:
        settings.RATE_LIMIT = 1
        _, limited = (owner.get(self.list_path) for _ in range(2))
        reset_at = int(limited["X-RateLimit-Reset"])
        assert (limited.status_code, reset_at % 60, limited["X-RateLimit-Remaining"]) == (429, 0, "0")
        with connection.cursor() as cursor:
            cursor.execute("SELECT floor(extract(epoch FROM now()))")
            ((now,),) = cursor.fetchall()
        assert now + int(limited["Retry-After"]) == reset_at

    @pytest.mark.parametrize("scheme", ["bearer {}", "BEARER {}", "Bearer  {} "])
    def test_the_authentication_scheme_is_case_insensitive(self, owner: ApiClient, scheme: str) -> None:
        response = CLIENT.get(self.list_path, headers={"Authorization": scheme.format(owner.key)})
        assert response.status_code == 200

    @pytest.mark.parametrize("scheme", ["{}", "Basic {}", "Bearer", "Bearer{}", ""])
    def test_other_authentication_schemes_are_refused(self, owner: ApiClient, scheme: str) -> None:
        response = CLIENT.get(self.list_path, headers={"Authorization": scheme.format(owner.key)})
        assert (response.status_code, self.failure_text(response)) == (401, "Unauthenticated.")
