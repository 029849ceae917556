"""Errors that any layer may raise and that the API answers in the caller's dialect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rest_framework.exceptions import APIException

# Seconds after which a caller may try again when the database did not answer.
RETRY_AFTER_SECONDS = 5


class ServiceUnavailable(APIException):
    status_code = 503
    default_detail = "The service is not available at the moment."


class TooSlow(ServiceUnavailable):
    """A query was given up after so many seconds; it would be given up again."""

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
    """The query string asks for what cannot be: `reasons` by the dialect's own parameter names."""

    status_code = 400

    def __init__(self, reasons: Mapping[str, Sequence[str]]) -> None:
        super().__init__("; ".join(f"{name} {', '.join(why)}" for name, why in reasons.items()))
        self.reasons = reasons
