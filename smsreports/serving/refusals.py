"""Error responses to requests that cannot reach a view, such as malformed ones, in the shape of the path's dialect."""

import re

from gunicorn.config import Config
from gunicorn.http import errors as http
from rest_framework.exceptions import APIException, ParseError

from smsreports import exceptions
from smsreports.serving.connection import Address, BodyTooSlow, BoundedRequest, FormTooLarge, Parser

# Method and path of a request line. Of an absolute URL, the path counts.
TARGET_PATTERN = re.compile(rb"[\r\n]*(\S*)[ \t]+(?:https?://[^/\s]*)?(/[A-Za-z0-9/._~%-]*)")


def to_refusal(error: Exception) -> APIException:
    """Return the exception whose response describes an error of gunicorn's parser, of our limits, or of our code."""
    match error:
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


def build_substitute_request(cfg: Config, client: Address, start: bytes) -> BoundedRequest:
    """Return a well-formed request with the path of the request that begins with `start`; "/" if it is unreadable.

    The application answers it like any other: with a request id, a log line and the dialect's error.
    """
    target = TARGET_PATTERN.match(start)
    method = b"HEAD" if target and target[1] == b"HEAD" else b"GET"
    path = target[2] if target else b"/"
    head = method + b" " + path + b" HTTP/1.1\r\nConnection: close\r\n\r\n"
    request: BoundedRequest = next(Parser(cfg, iter([head]), client))
    return request
