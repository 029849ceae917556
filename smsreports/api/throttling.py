"""Throttle of requests by account."""

from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from smsreports.accounts.throttling import RateLimitState, consume_request


class AccountRateThrottle(BaseThrottle):
    """Counts the request, and refuses it if its account is over its limit of this minute in this dialect.

    The view gets the state as `rate_limit`, for the headers of the response.
    """

    state: RateLimitState

    def allow_request(self, request: Request, view: APIView) -> bool:
        account = request.auth.account  # type: ignore[union-attr]  # an ApiKey
        self.state = consume_request(account, view.dialect.slug)  # type: ignore[attr-defined]  # a DialectViewSet
        view.rate_limit = self.state  # type: ignore[attr-defined]
        return not self.state.is_exceeded

    def wait(self) -> float:
        """Return the seconds until the next minute."""
        return self.state.retry_after
