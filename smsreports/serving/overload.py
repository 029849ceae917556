"""Answers 503 at once when the bounded request queue is full."""

from collections.abc import Callable
from threading import local

from django.http import FileResponse, HttpRequest
from django.http.response import HttpResponseBase

from smsreports import pages
from smsreports.concurrency.export_scheduler import export_scheduler
from smsreports.serving.client_socket import BLOCK_BYTES, ClientSocket
from smsreports.telemetry.host_check import is_probe
from smsreports.telemetry.metrics import get_metrics

_thread = local()


def reject_only() -> None:
    """Let the calling thread answer 503 to all its requests except probes."""
    _thread.rejects = True


class OverloadMiddleware:
    """Answers requests that are refused, or that the queue has no room for.

    It is the third in MIDDLEWARE, so that these responses have a request id, a log line and private cache headers.
    Probes always get their answer, because a busy process is healthy.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        sock = request.META.get("gunicorn.socket")
        if isinstance(sock, ClientSocket) and sock.refusal is not None:
            return pages.show_error(request, sock.refusal)
        if not getattr(_thread, "rejects", False) or is_probe(request):
            return self._pass_on(request)
        get_metrics().turned_away.labels("requests").inc()
        return pages.service_unavailable(request)

    def _pass_on(self, request: HttpRequest) -> HttpResponseBase:
        """Return the view's response. Exports of this process pause while an interactive request is in progress."""
        with export_scheduler.request_in_progress():
            response = self._get_response(request)
        if not response.streaming:
            export_scheduler.mark_request()
        elif isinstance(sock := request.META.get("gunicorn.socket"), ClientSocket):
            # A file of known size fits into memory. An export does not.
            sock.buffers_answer = response.has_header("Content-Length")
            if isinstance(response, FileResponse):
                response.block_size = BLOCK_BYTES
        return response
