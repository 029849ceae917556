"""The description, for programs; and the page on which people try it."""

from collections.abc import Callable
from hashlib import sha256

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import condition, require_safe
from django.views.decorators.vary import vary_on_headers

from smsreports.apidocs.document import render_json, render_yaml

# By its name in the query string: the media type, and the text.
FORMATS: dict[str, tuple[str, Callable[[], bytes]]] = {
    "json": ("application/json", render_json),
    "yaml": ("application/yaml", render_yaml),
}
# It changes with a release alone; until then whoever has it asks whether it is still the same.
MAX_AGE_SECONDS = 3600


def _compute_etag(request: HttpRequest) -> str:
    _, text = FORMATS[_choose_format(request)]
    return f'"{sha256(text()).hexdigest()[:32]}"'


def _choose_format(request: HttpRequest) -> str:
    """The format that is named; else the one that `Accept` likes best, and JSON where it likes neither."""
    if "format" in request.GET:
        if request.GET["format"] not in FORMATS:
            raise BadRequest(f"format must be one of {', '.join(FORMATS)}")
        return request.GET["format"]
    kinds = {kind: name for name, (kind, _) in FORMATS.items()}
    return kinds[request.get_preferred_type(list(kinds)) or "application/json"]


@require_safe
@cache_control(public=True, max_age=MAX_AGE_SECONDS)
@vary_on_headers("Accept")
@condition(etag_func=_compute_etag)
def schema(request: HttpRequest) -> HttpResponse:
    kind, text = FORMATS[_choose_format(request)]
    return HttpResponse(text(), kind)


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    return render(request, "docs.html")
