"""HTTP client that times a response and discards its body."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse

# Large reads, because the client shares the machine with the server that it measures.
READ_BYTES = 1024 * 1024
# Seconds without a response before a request fails; the slowest baseline takes most of a minute.
TIMEOUT_SECONDS = 600


@dataclass(frozen=True)
class TimedResponse:
    """Times of a response in seconds from the request, and the size of its body in bytes.

    `seconds` is the time of the last byte, `first_byte` of the first, `first_row` of the one after the skipped bytes.
    """

    seconds: float
    first_byte: float
    first_row: float
    size: int
    headers: Mapping[str, str]


def timed_get(port: int, path: str, key: str = "", *, cookie: str = "", skip: int = 0) -> TimedResponse:
    """Time a request on a new connection, opened before the clock starts. Raises RuntimeError unless it gets a 200."""
    connection = HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS)
    connection.connect()
    try:
        start = time.perf_counter()
        headers = {"X-API-Key": key, "Cookie": cookie}
        connection.request("GET", path, headers={name: value for name, value in headers.items() if value})
        response = connection.getresponse()
        size = len(response.read(1))
        first_byte = time.perf_counter() - start
        size += len(response.read(skip))
        first_row = time.perf_counter() - start
        size += _drain(response)
        seconds = time.perf_counter() - start
    finally:
        connection.close()
    if response.status != 200:
        raise RuntimeError(f"GET {path} was answered {response.status}")
    return TimedResponse(seconds, first_byte, first_row, size, dict(response.headers))


def _drain(response: HTTPResponse) -> int:
    buffer, size = bytearray(READ_BYTES), 0
    while read := response.readinto(buffer):
        size += read
    return size
