"""The queue of requests that wait for a thread: it is bounded, and who finds it full is told so at once."""

from collections.abc import Callable
from threading import local

from django.http import FileResponse, HttpRequest
from django.http.response import HttpResponseBase

from smsreports import pages
from smsreports.export.turns import turns
from smsreports.serving.client_socket import BLOCK_BYTES, ClientSocket
from smsreports.telemetry.hosts import is_probe
from smsreports.telemetry.meters import meters

# Requests that wait while every thread is taken: the last of them has its answer after half a second of lists.
LONGEST = 32
# Threads that do nothing but tell the others to come back.
TELLERS = 2

_thread = local()


def become_teller() -> None:
    """Of the calling thread, from now on."""
    _thread.tells = True


class TurnedAway:
    """The third in MIDDLEWARE, so that these answers have an id and a line too, and are private. Probes are answered:
    a process that has much to do is well."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        sock = request.META.get("gunicorn.socket")
        if isinstance(sock, ClientSocket) and sock.refusal is not None:
            return pages.show_error(request, sock.refusal)
        if not getattr(_thread, "tells", False) or is_probe(request):
            return self._answer(request)
        meters().turned_away.labels("requests").inc()
        return pages.unavailable(request)

    def _answer(self, request: HttpRequest) -> HttpResponseBase:
        with turns.answering():
            response = self._get_response(request)
        if not response.streaming:
            turns.answered()
        elif isinstance(sock := request.META.get("gunicorn.socket"), ClientSocket):
            # A file of known size fits into memory; an export does not.
            sock.buffers_answer = response.has_header("Content-Length")
            if isinstance(response, FileResponse):
                response.block_size = BLOCK_BYTES
        return response
