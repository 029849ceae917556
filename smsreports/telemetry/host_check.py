"""Who asks whether we are up asks often, and by an address, not by a name."""

from django.conf import settings
from django.http import HttpRequest, HttpResponseRedirect
from django.middleware.common import CommonMiddleware


class ProbeAwareCommonMiddleware(CommonMiddleware):
    """Django's, which refuses hosts that are not in ALLOWED_HOSTS; but for the probes, whose answers name no host."""

    def process_request(self, request: HttpRequest) -> HttpResponseRedirect | None:  # type: ignore[override]
        if is_probe(request):
            return None
        return super().process_request(request)  # type: ignore[return-value]


def is_probe(request: HttpRequest) -> bool:
    return request.path_info in settings.PROBES
