"""Signed requests as 23 Telecom documents them: signed text, signing secret and time tolerance."""

import hmac
import re
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import quote

# Seconds that a timestamp may be off in either direction, as the vendor documents.
TOLERANCE_SECONDS = 300
# Lets people and secret scanners tell a signing secret from a key.
SECRET_PREFIX = "sk_sign_"  # noqa: S105  a prefix, not a secret
TIMESTAMP_PATTERN = re.compile(r"[0-9]{1,12}")
SIGNATURE_PATTERN = re.compile(r"[0-9a-f]{64}")
# Scheme and host of an absolute request target, as sent to a proxy, then the path as group 1, then the rest.
TARGET_PATTERN = re.compile(rb"(?:[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*)?([^?#]*).*", re.DOTALL)


def derive_signing_secret(digest: str, server_secret: str) -> str:
    """Return the signing secret of the key with this digest.

    It is not stored. Neither the database nor the key is enough to compute it, because it depends on `server_secret`.
    """
    mac = hmac.new(server_secret.encode(), b"smsreports.signing:" + digest.encode(), sha256).digest()
    return SECRET_PREFIX + urlsafe_b64encode(mac).decode().rstrip("=")


def candidate_paths(target: str, decoded: str) -> list[bytes]:
    """Return the paths that a client may have signed for the raw request `target`, decoded by the server to `decoded`.

    These are the path as it was sent and, for clients that sign before they encode, the decoded path. A decoded path
    that still contains `%` is left out, because as a raw path it would name another resource. A path with `|`, the
    separator of the signed text, is left out as well. So a signature is valid for one resource only.
    """
    raw_path, decoded_path = TARGET_PATTERN.sub(rb"\1", target.encode("latin-1")), decoded.encode()
    paths = (raw_path,) if raw_path == decoded_path or b"%" in decoded_path else (raw_path, decoded_path)
    return [path for path in paths if b"|" not in path]


def encode_path(path: str) -> str:
    """Return the raw target for a decoded path, as most clients encode it. For servers that provide no raw target."""
    return quote(path)


@dataclass(frozen=True)
class SignedRequest:
    """Parts of a request that are signed: any one of `paths`, and the body as it was sent."""

    method: str
    paths: Sequence[bytes]
    body: bytes
    # X-Timestamp and X-Signature; empty if missing.
    timestamp: str
    signature: str

    def is_within_tolerance(self, now: float) -> bool:
        """Return True if the timestamp is valid and within TOLERANCE_SECONDS of the Unix second `now`."""
        return bool(TIMESTAMP_PATTERN.fullmatch(self.timestamp)) and abs(now - int(self.timestamp)) <= TOLERANCE_SECONDS

    def has_valid_signature(self, secret: str) -> bool:
        """Return True if the request was signed with `secret`."""
        if not SIGNATURE_PATTERN.fullmatch(self.signature):
            return False
        signature = self.signature.encode()
        return any(hmac.compare_digest(self._compute_signature(secret, path), signature) for path in self.paths)

    def _compute_signature(self, secret: str, path: bytes) -> bytes:
        header = b"|".join((self.method.encode(), path, self.timestamp.encode(), b""))
        mac = hmac.new(secret.encode(), header, sha256)
        mac.update(self.body)  # separately, because concatenating would copy a large body
        return mac.hexdigest().encode()
