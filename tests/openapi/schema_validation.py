"""Validation of responses and values against the OpenAPI document."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

Json = Mapping[str, Any]
# Formats of values in requests: RFC 3339.
REQUEST_FORMATS = FormatChecker(formats=())
# Formats of values in responses: times are UTC, to the second.
RESPONSE_FORMATS = FormatChecker(formats=())
TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})")
UTC_SECOND = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _is_time(value: Any, pattern: re.Pattern[str] = TIME) -> bool:
    return not isinstance(value, str) or (bool(pattern.fullmatch(value)) and bool(datetime.fromisoformat(value)))


def _is_utc_second(value: Any) -> bool:
    return _is_time(value, UTC_SECOND)


def _is_day(value: Any) -> bool:
    return not isinstance(value, str) or (bool(DAY.fullmatch(value)) and bool(date.fromisoformat(value)))


REQUEST_FORMATS.checks("date-time", raises=ValueError)(_is_time)
RESPONSE_FORMATS.checks("date-time", raises=ValueError)(_is_utc_second)
for formats in (REQUEST_FORMATS, RESPONSE_FORMATS):
    formats.checks("date", raises=ValueError)(_is_day)


@dataclass(frozen=True)
class Description:
    """The OpenAPI document, as a client gets it."""

    document: Json

    def operations(self) -> Iterator[tuple[str, str, Json]]:
        """Yield the path, method and operation of each."""
        for path, methods in self.document["paths"].items():
            yield from ((path, method.upper(), operation) for method, operation in methods.items())

    def operation(self, method: str, path: str) -> Json:
        """Return the operation of a concrete path. HEAD has that of GET. Raises KeyError if there is none."""
        for template, methods in self.document["paths"].items():
            if re.fullmatch(re.sub(r"{\w+}", "[^/]+", template), path):
                operation: Json = methods["get" if method == "HEAD" else method.lower()]
                return operation
        raise KeyError(path)

    def resolve(self, part: Json) -> Json:
        """Follow `$ref` until there is none, and return what it refers to."""
        while "$ref" in part:
            keys = part["$ref"].removeprefix("#/").split("/")
            part = self.document
            for key in keys:
                part = part[key]
        return part

    def build_validator(self, schema: Json, formats: FormatChecker = REQUEST_FORMATS) -> Draft202012Validator:
        return Draft202012Validator({**schema, "components": self.document["components"]}, format_checker=formats)

    def check_value(self, schema: Json, value: Any) -> None:
        """Fail with the errors only: jsonschema's own exception prints the whole document."""
        errors = self.build_validator(schema, RESPONSE_FORMATS).iter_errors(value)
        assert [f"{error.json_path}: {error.message}" for error in errors] == []

    def is_valid(self, schema: Json, value: Any) -> bool:
        return bool(self.build_validator(schema).is_valid(value))

    def check_response(self, method: str, path: str, answer: Any) -> None:
        """Fail unless the document has the response: its status, headers, media type and body."""
        responses = self.operation(method, path)["responses"]
        assert str(answer.status_code) in responses, answer.content
        response = self.resolve(responses[str(answer.status_code)])
        for name, header in response.get("headers", {}).items():
            assert name in answer.headers or not header["required"], name
            if name in answer.headers:
                self.check_value(header["schema"], _parse_header(answer.headers[name], header["schema"]))
        if method != "HEAD":
            self._check_body(response["content"], answer)

    def _check_body(self, content: Json, answer: Any) -> None:
        media_type = answer.headers["Content-Type"].split(";")[0]
        assert media_type in content
        body = (answer.body if hasattr(answer, "body") else answer.content).decode()
        schema = content[media_type]["schema"]
        line_schema = schema.get("contentSchema")
        if line_schema:
            for line in body.splitlines():
                self.check_value(line_schema, json.loads(line))
        self.check_value(schema, json.loads(body) if media_type == "application/json" else body)


def _parse_header(text: str, schema: Json) -> Any:
    return int(text) if schema["type"] == "integer" else text
