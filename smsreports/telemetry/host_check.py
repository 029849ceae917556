"""Check of the Host header, without health probes, which use an IP address instead of a host name."""

from django.conf import settings
from django.http import HttpRequest, HttpResponseRedirect
from django.middleware.common import CommonMiddleware


class ProbeAwareCommonMiddleware(CommonMiddleware):
    """Django's CommonMiddleware, which rejects hosts outside ALLOWED_HOSTS, except for probes.

    The responses to probes contain no host.
    """

    def process_request(self, request: HttpRequest) -> HttpResponseRedirect | None:  # type: ignore[override]
        if is_probe(request):
            return None
        return super().process_request(request)  # type: ignore[return-value]


def is_probe(request: HttpRequest) -> bool:
    return request.path_info in settings.PROBES
