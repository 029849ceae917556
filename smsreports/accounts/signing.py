"""Signed requests, by the recipe that 23 Telecom publishes: what is signed, with which secret, and for how long."""

import hmac
import re
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import quote

# Seconds that a timestamp may be off, either way: what the vendor promises.
TOLERANCE_SECONDS = 300
# So that people and secret scanners can tell it from a key.
SECRET_PREFIX = "sk_sign_"  # noqa: S105  no secret, but what one begins with
TIMESTAMP = re.compile(r"[0-9]{1,12}")
SIGNATURE = re.compile(r"[0-9a-f]{64}")
# What comes before the path, of a target that a client wrote out as for a proxy, and the path.
TARGET = re.compile(rb"(?:[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*)?([^?#]*).*", re.DOTALL)


def derive_signing_secret(digest: str, server_secret: str) -> str:
    """The secret that belongs to the key of this digest. It is stored nowhere: who has the database alone cannot
    make it, and who has the key alone cannot either."""
    made = hmac.new(server_secret.encode(), b"smsreports.signing:" + digest.encode(), sha256).digest()
    return SECRET_PREFIX + urlsafe_b64encode(made).decode().rstrip("=")


def candidate_paths(target: str, decoded: str) -> list[bytes]:
    """What a client may have signed as the path of a request for the raw `target`, which the server understands as the
    path `decoded`: the path as it was sent; or, as clients that encode last have it, the decoded one.

    A path that still holds `%` after it was decoded is not taken, since as it was sent it would name another resource;
    nor one with the recipe's separator. So a signature is good for one resource.
    """
    sent, meant = TARGET.sub(rb"\1", target.encode("latin-1")), decoded.encode()
    forms = (sent,) if sent == meant or b"%" in meant else (sent, meant)
    return [form for form in forms if b"|" not in form]


def encode_path(path: str) -> str:
    """The target for a path of which a server only tells the decoded form: as most clients would have sent it."""
    return quote(path)


@dataclass(frozen=True)
class SignedRequest:
    """A request as its sender signed it: with any one of `paths`, and the body as it was sent."""

    method: str
    paths: Sequence[bytes]
    body: bytes
    # The two headers, empty where they are missing.
    timestamp: str
    signature: str

    def is_within_tolerance(self, now: float) -> bool:
        """Whether the timestamp is one, and near the Unix second `now`."""
        return bool(TIMESTAMP.fullmatch(self.timestamp)) and abs(now - int(self.timestamp)) <= TOLERANCE_SECONDS

    def has_valid_signature(self, secret: str) -> bool:
        """Whether who signed it has the secret."""
        if not SIGNATURE.fullmatch(self.signature):
            return False
        given = self.signature.encode()
        return any(hmac.compare_digest(self._compute_signature(secret, path), given) for path in self.paths)

    def _compute_signature(self, secret: str, path: bytes) -> bytes:
        message = b"|".join((self.method.encode(), path, self.timestamp.encode(), b""))
        made = hmac.new(secret.encode(), message, sha256)
        made.update(self.body)  # which is large: never copied behind the rest
        return made.hexdigest().encode()
