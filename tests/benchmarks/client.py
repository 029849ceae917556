"""A client that reads an answer and keeps nothing of it."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse

# Read at once: the client must cost little, because it shares the machine with what it measures.
BLOCK = 1024 * 1024
# Seconds after which an answer is not coming: the slowest yardstick takes most of a minute.
PATIENCE = 600


@dataclass(frozen=True)
class Answer:
    """`seconds` from the request to the last byte of the body, `first_byte` to its first; `first_row` to what comes
    after the bytes that were to be skipped; `size` in bytes."""

    seconds: float
    first_byte: float
    first_row: float
    size: int
    headers: Mapping[str, str]


def get(port: int, path: str, key: str = "", *, cookie: str = "", skip: int = 0) -> Answer:
    """One request on a connection of its own, opened before the clock starts. Anything but a 200 raises."""
    connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    connection.connect()
    try:
        begun = time.perf_counter()
        given = {"X-API-Key": key, "Cookie": cookie}
        connection.request("GET", path, headers={name: value for name, value in given.items() if value})
        response = connection.getresponse()
        size = len(response.read(1))
        first_byte = time.perf_counter() - begun
        size += len(response.read(skip))
        first_row = time.perf_counter() - begun
        size += _drain(response)
        seconds = time.perf_counter() - begun
    finally:
        connection.close()
    if response.status != 200:
        raise RuntimeError(f"GET {path} was answered {response.status}")
    return Answer(seconds, first_byte, first_row, size, dict(response.headers))


def _drain(response: HTTPResponse) -> int:
    buffer, size = bytearray(BLOCK), 0
    while read := response.readinto(buffer):
        size += read
    return size
