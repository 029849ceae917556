"""The queue of requests that wait for a thread: it is bounded, and who finds it full is told so at once."""

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
    """Of the calling thread, from now on."""
    _thread.rejects = True


class OverloadMiddleware:
    """The third in MIDDLEWARE, so that these answers have an id and a line too, and are private. Probes are answered:
    a process that has much to do is well."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        sock = request.META.get("gunicorn.socket")
        if isinstance(sock, ClientSocket) and sock.refusal is not None:
            return pages.show_error(request, sock.refusal)
        if not getattr(_thread, "rejects", False) or is_probe(request):
            return self._get_answer(request)
        get_metrics().turned_away.labels("requests").inc()
        return pages.service_unavailable(request)

    def _get_answer(self, request: HttpRequest) -> HttpResponseBase:
        with export_scheduler.request_in_progress():
            response = self._get_response(request)
        if not response.streaming:
            export_scheduler.mark_request()
        elif isinstance(sock := request.META.get("gunicorn.socket"), ClientSocket):
            # A file of known size fits into memory; an export does not.
            sock.buffers_answer = response.has_header("Content-Length")
            if isinstance(response, FileResponse):
                response.block_size = BLOCK_BYTES
        return response
