"""The description as a measure: which operation an answer belongs to, and whether it is what was promised."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

Json = Mapping[str, Any]
# What values must be, where the description has a format alone. Of requests, as RFC 3339 has it.
REQUESTED = FormatChecker(formats=())
# Of answers: a time is UTC, to the second.
ANSWERED = FormatChecker(formats=())
TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})")
UTC_SECOND = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _is_time(value: Any, form: re.Pattern[str] = TIME) -> bool:
    return not isinstance(value, str) or (bool(form.fullmatch(value)) and bool(datetime.fromisoformat(value)))


def _is_utc_second(value: Any) -> bool:
    return _is_time(value, UTC_SECOND)


def _is_day(value: Any) -> bool:
    return not isinstance(value, str) or (bool(DAY.fullmatch(value)) and bool(date.fromisoformat(value)))


REQUESTED.checks("date-time", raises=ValueError)(_is_time)
ANSWERED.checks("date-time", raises=ValueError)(_is_utc_second)
for formats in (REQUESTED, ANSWERED):
    formats.checks("date", raises=ValueError)(_is_day)


@dataclass(frozen=True)
class Description:
    """The document, as a client gets it."""

    document: Json

    def operations(self) -> Iterator[tuple[str, str, Json]]:
        for path, methods in self.document["paths"].items():
            yield from ((path, method.upper(), operation) for method, operation in methods.items())

    def operation(self, method: str, path: str) -> Json:
        """HEAD is described by GET."""
        for template, methods in self.document["paths"].items():
            if re.fullmatch(re.sub(r"{\w+}", "[^/]+", template), path):
                found: Json = methods["get" if method == "HEAD" else method.lower()]
                return found
        raise KeyError(path)

    def resolved(self, part: Json) -> Json:
        """What a `$ref` stands for."""
        while "$ref" in part:
            name = part["$ref"].removeprefix("#/").split("/")
            part = self.document
            for step in name:
                part = part[step]
        return part

    def validator(self, shape: Json, formats: FormatChecker = REQUESTED) -> Draft202012Validator:
        return Draft202012Validator({**shape, "components": self.document["components"]}, format_checker=formats)

    def measure(self, shape: Json, value: Any) -> None:
        """Fails with what is wrong alone: jsonschema's own exception tells the whole description."""
        errors = self.validator(shape, ANSWERED).iter_errors(value)
        assert [f"{error.json_path}: {error.message}" for error in errors] == []

    def fits(self, shape: Json, value: Any) -> bool:
        return bool(self.validator(shape).is_valid(value))

    def hold(self, method: str, path: str, answer: Any) -> None:
        """Fails where the answer is not one that the description has: its status, headers, media type and body."""
        promised = self.operation(method, path)["responses"]
        assert str(answer.status_code) in promised, answer.content
        told = self.resolved(promised[str(answer.status_code)])
        for name, header in told.get("headers", {}).items():
            assert name in answer.headers or not header["required"], name
            if name in answer.headers:
                self.measure(header["schema"], _read(answer.headers[name], header["schema"]))
        if method != "HEAD":
            self._hold_body(told["content"], answer)

    def _hold_body(self, content: Json, answer: Any) -> None:
        kind = answer.headers["Content-Type"].split(";")[0]
        assert kind in content
        body = (answer.body if hasattr(answer, "body") else answer.content).decode()
        lines = content[kind]["schema"].get("contentSchema")
        if lines:
            for line in body.splitlines():
                self.measure(lines, json.loads(line))
        self.measure(content[kind]["schema"], json.loads(body) if kind == "application/json" else body)


def _read(text: str, shape: Json) -> Any:
    return int(text) if shape["type"] == "integer" else text
