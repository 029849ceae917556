"""Answers to requests that no view can see, such as one with a malformed head, in the shape of the path's dialect."""

import re
from typing import Any

from gunicorn.http import errors as http
from rest_framework.exceptions import APIException, ParseError

from smsreports import exceptions
from smsreports.serving.connection import BodyTooSlow, BoundedRequest, FormTooLarge, Parser

# A request line as far as its path, whatever follows; an absolute URL's path counts.
TARGET = re.compile(rb"[\r\n]*(\S*)[ \t]+(?:https?://[^/\s]*)?(/[A-Za-z0-9/._~%-]*)")


def problem_of(fault: Exception) -> APIException:
    match fault:
        case http.LimitRequestLine():
            return exceptions.UriTooLong()
        case http.LimitRequestHeaders():
            return exceptions.HeadersTooLarge()
        case http.UnsupportedTransferCoding():
            return exceptions.UnsupportedCoding()
        case http.ExpectationFailed():
            return exceptions.ExpectationFailed()
        case FormTooLarge():
            return exceptions.RequestTooLarge("The body is too large for this address.")
        case BodyTooSlow():
            return exceptions.RequestTimeout()
        case http.ParseException() | http.NoMoreData() | StopIteration():
            return ParseError("The request is malformed.")
    return APIException("Something went wrong on our side.")


def stand_in(cfg: Any, client: Any, start: bytes) -> BoundedRequest:
    """Return a well-formed request to the same path as the one that begins with `start`, as far as the path can be
    read, so that the application answers it like any other: with an id, a log line and the dialect's error."""
    found = TARGET.match(start)
    method = b"HEAD" if found and found[1] == b"HEAD" else b"GET"
    path = found[2] if found else b"/"
    head = method + b" " + path + b" HTTP/1.1\r\nConnection: close\r\n\r\n"
    request: BoundedRequest = next(Parser(cfg, iter([head]), client))
    return request
