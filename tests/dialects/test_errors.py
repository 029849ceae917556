"""Every family of errors, in the shape of the dialect that was spoken; nothing of ours shows in any."""

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
from smsreports.api.viewsets import DialectViewSet
from tests.conftest import CLIENT, Person, load, message, person
from tests.recipe import signed
from tests.server import Server

HOME = "127.0.0.1"
OTHER_METHODS = ("POST", "PUT", "PATCH", "DELETE", "OPTIONS")
ARABIC_3 = quote("٣")


def refused(refusal: AuthFailure) -> str:
    """A key of acme that is refused for this reason when it is used from home."""
    account = Account.objects.get(name="acme")
    networks = ["10.0.0.0/8"] if refusal is AuthFailure.FOREIGN_ADDRESS else []
    expired = datetime.now(UTC) - timedelta(seconds=1) if refusal is AuthFailure.EXPIRED_KEY else None
    key = create_key(account, [Scope.READ], allowed_networks=networks, expires_at=expired)
    if refusal is AuthFailure.INACTIVE_KEY:
        ApiKey.objects.update(is_active=False)
    if refusal is AuthFailure.INACTIVE_ACCOUNT:
        Account.objects.update(is_active=False)
    if refusal.name.endswith("_SIGNATURE"):
        ApiKey.objects.filter(account=account).update(requires_signature=True)
    return {AuthFailure.NO_KEY: "", AuthFailure.UNKNOWN_KEY: "sk_prod_nobody's"}.get(refusal, key)


def badly_signed(refusal: AuthFailure, key: str, path: str) -> dict[str, str]:
    """The headers of a request that is refused for this reason; none for those that are about something else."""
    if refusal is AuthFailure.WRONG_SIGNATURE:
        return signed("guessed", "GET", path)
    if refusal not in (AuthFailure.UNTIMELY_SIGNATURE, AuthFailure.USED_SIGNATURE):
        return {}
    [_, secret] = credentials_to_show(ApiKey.objects.latest("id"), key)
    return signed(secret, "GET", path, at=time.time() - (301 if refusal is AuthFailure.UNTIMELY_SIGNATURE else 0))


class Errors:
    """What every dialect tells of errors; it says where to ask, and how an error of each kind looks."""

    prefix: ClassVar[str]
    # A list, and one row by the id that follows.
    many: ClassVar[str]
    one: ClassVar[str]
    # The parameter for the size of a page.
    size: ClassVar[str]
    # The code of a key without the scope.
    forbidden: ClassVar[str]
    # How each refusal of a key is told.
    refusals: ClassVar[dict[AuthFailure, str]]

    def header(self, key: str) -> dict[str, str]:
        raise NotImplementedError

    def code(self, answer: Any) -> str:
        """The error's code, after its shape was checked."""
        raise NotImplementedError

    def told(self, answer: Any) -> str:
        """Of a refused key, what `refusals` has."""
        return self.code(answer)

    def assert_refused(self, who: Person, query: str, name: str) -> None:
        """The list refuses `query` and names `name`."""
        raise NotImplementedError

    def test_a_request_is_refused_for_what_is_wrong_with_its_key(self, owner: Person) -> None:
        for refusal in AuthFailure:
            key = refused(refusal)
            headers = self.header(key) | badly_signed(refusal, key, self.many)
            if refusal is AuthFailure.USED_SIGNATURE:
                assert CLIENT.get(self.many, headers=headers, REMOTE_ADDR=HOME).status_code == 200
            answer = CLIENT.get(self.many, headers=headers, REMOTE_ADDR=HOME)
            assert answer.status_code == 401
            assert answer["WWW-Authenticate"] in ("X-API-Key", "Bearer")
            assert self.told(answer) == self.refusals[refusal], refusal
            ApiKey.objects.update(is_active=True)
            Account.objects.update(is_active=True)

    def test_a_key_without_the_scope_is_refused(self, db: None) -> None:
        answer = person("acme", Scope.WRITE).get(self.many)
        assert (answer.status_code, self.code(answer)) == (403, self.forbidden)

    @pytest.mark.parametrize("rest", ["nothing", "messages/", "messages/m-1/more", "", "%ff", "%00", "a" * 3000])
    def test_an_address_that_does_not_exist_is_not_found(self, owner: Person, rest: str) -> None:
        answer = owner.get(f"{self.prefix}{rest}")
        assert (answer.status_code, self.code(answer)) == (404, "NOT_FOUND")

    @pytest.mark.parametrize("key", ["nobody's", "%00", "%ff", "M-1", "m-1%20", "%2F"])
    def test_an_id_that_does_not_exist_is_not_found(self, owner: Person, key: str) -> None:
        load([message(client_message_id="m-1")])
        answer = owner.get(f"{self.one}{key}")
        assert (answer.status_code, self.code(answer)) == (404, "NOT_FOUND")

    def test_another_accounts_id_is_not_found_either(self, owner: Person, stranger: Person) -> None:
        load([message(client_message_id="m-1")])
        assert owner.get(f"{self.one}m-1").status_code == 200
        theirs, nobodys = (stranger.get(f"{self.one}{key}") for key in ("m-1", "m-2"))
        assert (theirs.status_code, theirs.content) == (404, nobodys.content)

    @pytest.mark.parametrize("method", OTHER_METHODS)
    def test_other_methods_are_refused(self, owner: Person, method: str) -> None:
        for address in (self.many, f"{self.one}m-1"):
            answer = owner.ask(method, address)
            assert (answer.status_code, self.code(answer)) == (405, "METHOD_NOT_ALLOWED")
            assert answer["Allow"] == "GET, HEAD"
        nowhere = owner.ask(method, f"{self.prefix}nothing")
        assert (nowhere.status_code, self.code(nowhere)) == (404, "NOT_FOUND")

    def test_more_requests_than_allowed_are_refused_for_the_rest_of_the_minute(
        self, owner: Person, mate: Person, stranger: Person, settings: Any
    ) -> None:
        """A test is one transaction, which is one moment to the database: no minute ends meanwhile."""
        settings.RATE_LIMIT = 2
        first, second, over = (who.get(self.many) for who in (owner, mate, owner))
        assert (first.status_code, second.status_code) == (200, 200)
        assert (over.status_code, self.code(over)) == (429, "RATE_LIMIT_EXCEEDED")
        assert 1 <= int(over["Retry-After"]) <= 60
        assert stranger.get(self.many).status_code == 200

    def test_a_crash_shows_nothing_of_the_database(self, owner: Person, caplog: pytest.LogCaptureFixture) -> None:
        load([message(recipient="+4915112345678", message="a secret")])
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE messages_app_message RENAME COLUMN text TO missing")
        answer = owner.get(self.many, {"from": "2026-01-01", "phone": "4915112345678"})
        assert (answer.status_code, self.code(answer)) == (500, "INTERNAL_ERROR")
        assert_nothing_shows(answer, "SELECT", "messages_app", "missing", "text", "<")
        assert_nothing_is_logged(caplog, "4915112345678", "SELECT", "missing")

    def test_a_crash_shows_nothing_of_the_row(
        self, owner: Person, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def written(self: Any, rows: Any) -> Any:
            raise ValueError([dict(row) for row in rows])

        monkeypatch.setattr(DialectViewSet, "render_rows", written)
        load([message(recipient="+4915112345678", message="a secret")])
        answer = owner.get(self.many, {"from": "2026-01-01"})
        assert (answer.status_code, self.code(answer)) == (500, "INTERNAL_ERROR")
        assert_nothing_shows(answer, "ValueError", "Traceback", "secret", "4915112345678", "<")
        assert_nothing_is_logged(caplog, "4915112345678", "secret")
        assert "ValueError" in caplog.text

    def test_a_database_that_is_gone_is_told_as_a_pause(self, without_database: Server) -> None:
        for address in (self.many, f"{self.one}m-1"):
            answer = requests.get(without_database.url + address, headers=self.header("sk_prod_x"), timeout=30)
            assert (answer.status_code, self.code(answer)) == (503, "UNAVAILABLE")
            assert int(answer.headers["Retry-After"]) > 0
        assert "sk_prod_x" not in without_database.log.read_text()

    @pytest.mark.parametrize("value", ["0", "-1", "%00", "%ff", str(10**20), ARABIC_3, "9" * 8192])
    def test_a_number_that_cannot_be_read_is_refused_by_name(self, owner: Person, value: str) -> None:
        self.assert_refused(owner, f"page={value}", "page")
        self.assert_refused(owner, f"{self.size}={value}", self.size)

    @pytest.mark.parametrize("value", ["%00", "%ff", "2026-02-30", f"202{ARABIC_3}-01-01", "x" * 8192])
    def test_a_day_that_cannot_be_read_is_refused_by_name(self, owner: Person, value: str) -> None:
        self.assert_refused(owner, f"from={value}", "from")
        self.assert_refused(owner, f"to={value}", "to")

    def test_a_parameter_given_twice_is_refused_by_name(self, owner: Person) -> None:
        self.assert_refused(owner, "page=1&page=1", "page")

    def test_more_than_a_hundred_parameters_are_refused(self, owner: Person) -> None:
        self.assert_refused(owner, "&".join(f"p{number}=1" for number in range(200)), "query string")

    @pytest.mark.parametrize("query", ["colour=%00", "colour=&colour=", "colour=" + "x" * 8192, "&&&", "=", "?"])
    def test_what_is_not_known_is_ignored(self, owner: Person, query: str) -> None:
        assert owner.ask("GET", f"{self.many}?{query}").status_code == 200

    @pytest.mark.parametrize("query", ["colour=%ff", "%ff=1", "%c3%28"])
    def test_what_is_no_text_is_refused_wherever_it_is(self, owner: Person, query: str) -> None:
        self.assert_refused(owner, query, "UTF-8")


class TestTelecom23(Errors):
    prefix, many, one, size = "/api/v1/", "/api/v1/sms/messages", "/api/v1/sms/status/", "limit"
    forbidden = "FORBIDDEN"
    refusals: ClassVar = {
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

    def header(self, key: str) -> dict[str, str]:
        return {"X-Api-Key": key} if key else {}

    def code(self, answer: Any) -> str:
        """Its published samples read `error_code` and `description` of every answer that is no success."""
        body = answer.json()
        assert list(body) == ["status", "error_code", "description"]
        assert body["status"] is False
        assert body["description"]
        assert answer.headers["Content-Type"] == "application/json"
        return str(body["error_code"])

    def assert_refused(self, who: Person, query: str, name: str) -> None:
        answer = who.ask("GET", f"{self.many}?{query}")
        assert (answer.status_code, self.code(answer)) == (400, "INVALID_PARAMS")
        assert name in answer.json()["description"]

    @pytest.mark.parametrize(
        ("query", "allowed"),
        [
            ("status=DELIVRD", "delivered, undelivered, expired, pending, sent, failed, unknown"),
            ("period=90d", "today, yesterday, 7d, 30d, this_month, last_month"),
            ("phone=12a", "1 to 15 digits"),
            ("phone=" + "1" * 8192, "1 to 15 digits"),
            ("phone=%D9%A3", "1 to 15 digits"),
            ("country=USA", "two letters"),
            ("country=%C3%9C%C3%9F", "two letters"),
            ("from=2026-02-13&period=7d", "together with from or to"),
            ("from=2026-02-14&to=2026-02-13", "must not be after to"),
        ],
    )
    def test_a_filter_that_cannot_be_is_refused_with_what_can(self, owner: Person, query: str, allowed: str) -> None:
        self.assert_refused(owner, query, allowed)

    @pytest.mark.parametrize("path", ["messages/unified", "messages/unified/export"])
    def test_another_source_is_refused_with_the_sources(self, owner: Person, path: str) -> None:
        answer = owner.get(f"/api/v1/sms/{path}", {"source": "campaign"})
        assert (answer.status_code, self.code(answer)) == (400, "INVALID_PARAMS")
        assert answer.json()["description"] == "source must be one of api, broadcasts, all"

    @pytest.mark.parametrize("sender", ["x" * 8192, "' OR 1=1 --", "%", "日本"])
    def test_a_sender_that_nobody_has_is_no_fault(self, owner: Person, sender: str) -> None:
        load([message()])
        assert owner.get(self.many, {"sender": sender, "to": "9999-12-31"}).json()["total"] == 0

    @pytest.mark.parametrize("accept", ["text/html", "application/xml, text/*", "application/json;q=0", "nonsense"])
    def test_a_client_that_takes_no_json_is_told_so_in_json(self, owner: Person, accept: str) -> None:
        answer = owner.get(self.many, Accept=accept)
        assert (answer.status_code, self.code(answer)) == (406, "NOT_ACCEPTABLE")

    @pytest.mark.parametrize(
        "accept",
        ["", "*/*", "application/*;q=0.1", "text/html, */*;q=0.8", "application/json; charset=utf-8"],
    )
    def test_a_client_that_takes_json_gets_it(self, owner: Person, accept: str) -> None:
        assert owner.get(self.many, Accept=accept).status_code == 200


class TestErsaal(Errors):
    prefix, many, one, size = "/api/sms/", "/api/sms/messages", "/api/sms/messages/", "per_page"
    forbidden = "ACCESS_DENIED"
    refusals: ClassVar = dict.fromkeys(AuthFailure, "Unauthenticated.") | {
        AuthFailure.FOREIGN_ADDRESS: "Unauthorized IP"
    }

    def header(self, key: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {key}"} if key else {}

    def code(self, answer: Any) -> str:
        """Every answer tells what is left of the minute, whether anybody is known to ask or not."""
        body = answer.json()
        assert list(body) == ["message", "code", "details"]
        assert body["message"]
        assert answer.headers["Content-Type"] == "application/json"
        assert int(answer.headers["X-RateLimit-Remaining"]) <= int(answer.headers["X-RateLimit-Limit"])
        assert (answer.status_code == 429) == ("X-RateLimit-Reset" in answer.headers)
        return str(body["code"])

    def told(self, answer: Any) -> str:
        assert self.code(answer) == "UNAUTHORIZED"
        return str(answer.json()["message"])

    def assert_refused(self, who: Person, query: str, name: str) -> None:
        answer = who.ask("GET", f"{self.many}?{query}")
        assert (answer.status_code, self.code(answer)) == (400, "INVALID_PARAMETERS")
        details = answer.json()["details"]
        assert name in str(details)
        assert all(isinstance(reason, str) for reasons in details.values() for reason in reasons)

    def test_reasons_are_given_by_parameter(self, owner: Person) -> None:
        found = owner.get(self.many, {"page": "0", "per_page": "x", "from": "tomorrow"}).json()
        whole, day = "must be a whole number, 1 or more", "must be a date, YYYY-MM-DD"
        assert found["details"] == {"page": [whole], "per_page": [whole], "from": [day]}

    @pytest.mark.parametrize("accept", ["text/html", "image/png", "nonsense", ""])
    def test_it_answers_json_whatever_the_client_takes(self, owner: Person, accept: str) -> None:
        answer = owner.get(self.many, Accept=accept)
        assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")

    def test_what_is_left_of_the_minute_is_counted_down(self, owner: Person, settings: Any) -> None:
        settings.RATE_LIMIT = 100
        left = [int(owner.get(self.many)["X-RateLimit-Remaining"]) for _ in range(3)]
        assert left == [99, 98, 97]

    def test_the_minutes_end_is_told_when_it_is_used_up(self, owner: Person, settings: Any) -> None:
        settings.RATE_LIMIT = 1
        _, over = (owner.get(self.many) for _ in range(2))
        ends = int(over["X-RateLimit-Reset"])
        assert (over.status_code, ends % 60, over["X-RateLimit-Remaining"]) == (429, 0, "0")
        with connection.cursor() as cursor:
            cursor.execute("SELECT floor(extract(epoch FROM now()))")
            ((now,),) = cursor.fetchall()
        assert now + int(over["Retry-After"]) == ends

    @pytest.mark.parametrize("scheme", ["bearer {}", "BEARER {}", "Bearer  {} "])
    def test_the_scheme_may_be_written_in_any_case(self, owner: Person, scheme: str) -> None:
        answer = CLIENT.get(self.many, headers={"Authorization": scheme.format(owner.key)})
        assert answer.status_code == 200

    @pytest.mark.parametrize("scheme", ["{}", "Basic {}", "Bearer", "Bearer{}", ""])
    def test_another_scheme_is_refused(self, owner: Person, scheme: str) -> None:
        answer = CLIENT.get(self.many, headers={"Authorization": scheme.format(owner.key)})
        assert (answer.status_code, self.told(answer)) == (401, "Unauthenticated.")


def assert_nothing_shows(answer: Any, *words: str) -> None:
    assert [word for word in words if word.encode() in answer.content] == []


def assert_nothing_is_logged(caplog: pytest.LogCaptureFixture, *words: str) -> None:
    """As the log's own handler would write it, with the traceback."""
    write: Callable[[logging.LogRecord], str] = logging.Formatter().format
    lines = [write(record) for record in caplog.records]
    assert any("crash in a request" in line for line in lines)
    assert [word for word in words for line in lines if word in line] == []
