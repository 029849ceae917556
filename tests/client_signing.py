"""Signature of a request as a client computes it, from 23 Telecom's published recipe alone."""

import hashlib
import hmac
import time


def sign_headers(secret: str, method: str, path: str, body: bytes = b"", at: float | None = None) -> dict[str, str]:
    """Return the headers of a signed request: `path` has no query string, `body` is empty for GET."""
    timestamp = str(int(time.time() if at is None else at))
    message = f"{method}|{path}|{timestamp}|".encode() + body
    return {"X-Timestamp": timestamp, "X-Signature": hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()}
