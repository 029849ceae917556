"""Errors that any layer may raise. The API renders them in the dialect of the request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rest_framework.exceptions import APIException

# Retry-After when the database is unavailable.
RETRY_AFTER_SECONDS = 5


class ServiceUnavailable(APIException):
    status_code = 503
    default_detail = "The service is not available at the moment."


class TooSlow(ServiceUnavailable):
    """A query exceeded its time limit, and would exceed it again."""

    def __init__(self, seconds: int) -> None:
        super().__init__(
            f"This takes longer than {seconds} seconds. Narrow the window of days, or follow `cursor` from the Link"
            " header instead of page numbers."
        )


class RequestTooLarge(APIException):
    status_code = 413
    default_detail = "The request is too large."


class UriTooLong(APIException):
    status_code = 414
    default_detail = "The request line is too long."


class HeadersTooLarge(APIException):
    status_code = 431
    default_detail = "The request's headers are too many or too large."


class RequestTimeout(APIException):
    status_code = 408
    default_detail = "The request's body did not come in time."


class ExpectationFailed(APIException):
    status_code = 417
    default_detail = "Expect: may be 100-continue only."


class UnsupportedCoding(APIException):
    status_code = 501
    default_detail = "Transfer-Encoding: may be chunked only."


class InvalidParams(APIException):
    """The query string is invalid. `reasons` holds the errors by the dialect's parameter names."""

    status_code = 400

    def __init__(self, reasons: Mapping[str, Sequence[str]]) -> None:
        super().__init__("; ".join(f"{name} {', '.join(messages)}" for name, messages in reasons.items()))
        self.reasons = reasons
