"""State machine of a client's connection."""

import re
import time
from enum import Enum, auto
from io import BytesIO

from django.conf import settings
from django.urls import Resolver404, resolve
from gunicorn.config import Config
from gunicorn.http.body import ChunkedReader
from gunicorn.http.errors import LimitRequestHeaders, NoMoreData, ParseException
from gunicorn.http.message import Request
from gunicorn.http.parser import RequestParser
from gunicorn.util import unquote_to_wsgi_str

from smsreports.serving.chunks import ChunkScanner
from smsreports.serving.client_socket import ClientSocket

# Address of a socket: host and port, with two more numbers in IPv6, or the path of a Unix socket.
Address = tuple[str, int] | tuple[str, int, int, int] | str
# Bytes of a request line, of all headers together, and of the part of a request line that is kept for an error's shape.
MAX_LINE_BYTES = 8190
MAX_HEAD_BYTES = 64 * 1024
MAX_TARGET_BYTES = 300
# Seconds from the first byte of a request to the end of its headers, and from there to the end of its body.
HEAD_SECONDS = BODY_SECONDS = 10
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
BARE_LINE_FEED = re.compile(rb"(?<!\r)\n")


class FormTooLarge(ParseException):
    """A body that no view reads itself is larger than DATA_UPLOAD_MAX_MEMORY_SIZE."""


class BodyTooSlow(ParseException):
    """A body took longer than BODY_SECONDS."""


class Phase(Enum):
    # No byte of a request has been received.
    IDLE = auto()
    HEAD = auto()
    BODY = auto()
    # A thread handles the request.
    ANSWER = auto()
    # The loop sends the rest of the response.
    FLUSH = auto()
    # The response has been sent, and the client may close the connection.
    LINGER = auto()


class Progress(Enum):
    WAITS = auto()
    # A thread can handle the request: it is whole or refused, or its view reads the body itself.
    READY = auto()
    GONE = auto()


class BoundedRequest(Request):
    """Request that closes its connection if the view has not read all of an upload.

    gunicorn would wait in the thread for the rest.
    """

    reads_body = False

    def should_close(self) -> bool:
        return bool(super().should_close()) or (self.reads_body and not self._is_body_read())

    def _is_body_read(self) -> bool:
        reader = self.body.reader
        return reader.parser is None if isinstance(reader, ChunkedReader) else reader.length == 0


class Parser(RequestParser):
    mesg_class = BoundedRequest


class Connection:
    """Connection that the loop reads until `advance` finds a request. Then one thread owns it until it is answered."""

    def __init__(self, cfg: Config, sock: ClientSocket, client: Address, server: Address) -> None:
        self.sock, self.client, self.server = sock, client, server
        self.phase = Phase.IDLE
        self.deadline = time.monotonic() + HEAD_SECONDS
        self.keeps_alive = False
        self._parser = Parser(cfg, sock, client)
        self._begin_request()

    def _begin_request(self) -> None:
        self.request: BoundedRequest | None = None
        self.refusal: Exception | None = None
        # First bytes of the request; their path decides the shape of an error.
        self.start = b""
        self._searched = 0
        self._chunks: ChunkScanner | None = None
        self.sock.begin_request()

    def next_request(self) -> None:
        """Prepare for the next request. Bytes after the last one are its beginning."""
        self._return_unread()
        self._begin_request()
        self.phase = Phase.IDLE

    def finish_body(self) -> bool:
        """Skip the unread rest of the body. Return True if another request may follow."""
        return bool(self._parser.finish_body())

    def advance(self) -> Progress:
        """Process the received bytes; the loop calls this after each read."""
        if self.phase is Phase.IDLE and self.sock.received:
            self.phase, self.deadline = Phase.HEAD, time.monotonic() + HEAD_SECONDS
        if self.phase in (Phase.IDLE, Phase.HEAD):
            if not self._is_head_there():
                return Progress.GONE if self.sock.has_ended else Progress.WAITS
            self._parse_head()
        if self.refusal or self.request is None or self._is_body_there():
            return Progress.READY
        return Progress.GONE if self.sock.has_ended else Progress.WAITS

    def _is_head_there(self) -> bool:
        """Return True if gunicorn's parser can process the head.

        That is if it is whole or too large, or if a line ends without a carriage return, which the parser rejects.
        """
        received, searched = self.sock.received, self._searched
        self._searched = len(received)
        end = received.find(b"\r\n\r\n", max(0, searched - 3))
        if max(end, 0) > MAX_HEAD_BYTES or (end < 0 and len(received) > MAX_HEAD_BYTES):
            self.refusal = LimitRequestHeaders("the head is too large")
        return bool(
            end >= 0
            or self.refusal
            or BARE_LINE_FEED.search(received, searched)
            or (len(received) > MAX_LINE_BYTES + 4 and received.find(b"\r\n", 2, MAX_LINE_BYTES + 4) < 0)
        )

    def _parse_head(self) -> None:
        self.start = bytes(self.sock.received[:MAX_TARGET_BYTES])
        self.phase, self.deadline = Phase.BODY, time.monotonic() + BODY_SECONDS
        try:
            self.request = next(self._parser)
        except (ParseException, NoMoreData, StopIteration) as error:
            self.refusal = self.refusal or error
            return
        self._return_unread()
        if self.refusal is None:
            self._choose_reader()

    def _choose_reader(self) -> None:
        """Choose the reader of the body: the view if it declares `reads_body`, else the loop, up to a limit."""
        assert self.request is not None
        reader = self.request.body.reader
        is_chunked = isinstance(reader, ChunkedReader)
        if not is_chunked and reader.length <= min(len(self.sock.received), settings.DATA_UPLOAD_MAX_MEMORY_SIZE):
            return
        if _view_reads_body(self.request.path):
            self.request.reads_body = True
            self.sock.let_view_read_body()
        elif is_chunked:
            self._chunks = ChunkScanner()
        elif reader.length > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            self.refusal = FormTooLarge("the body is too large")
        if not self.request.reads_body and self.refusal is None:
            if self.request._expected_100_continue and not self.sock.received:
                self.sock.sendall(CONTINUE)
            self.request._expected_100_continue = False

    def _is_body_there(self) -> bool:
        assert self.request is not None
        if self.request.reads_body:
            return True
        if self._chunks is None:
            return bool(self.request.body.reader.length <= len(self.sock.received))
        if self._chunks.is_complete(self.sock.received):
            self._decode_chunks()
            return True
        if len(self.sock.received) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            self.refusal = FormTooLarge("the body is too large")
        return self.refusal is not None

    def _decode_chunks(self) -> None:
        """Replace the chunks by a body with a length. Django treats a body without a length as empty."""
        request = self.request
        assert request is not None
        try:
            body = request.body.read()
        except (ParseException, OSError) as error:
            self.refusal = error if isinstance(error, ParseException) else ParseException()
            return
        self._return_unread()
        if len(body) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            self.refusal = FormTooLarge("the body is too large")
        request.body = BytesIO(body)
        request.headers = [pair for pair in request.headers if pair[0] != "TRANSFER-ENCODING"]
        request.headers.append(("CONTENT-LENGTH", str(len(body))))

    def _return_unread(self) -> None:
        """Return bytes to the socket that the parser has read but not used."""
        self.sock.received[:0] = self._parser.unreader.take_buffered()


def _view_reads_body(path: str) -> bool:
    """Return True if the view at `path` reads large bodies itself, which its attribute `reads_body` declares."""
    try:
        match = resolve(unquote_to_wsgi_str(path).encode("latin-1").decode(errors="replace"))
    except Resolver404:
        return False
    return bool(getattr(getattr(match.func, "cls", None), "reads_body", False))
