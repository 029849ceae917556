"""Views of the OpenAPI document and of the page on which people try the API."""

from collections.abc import Callable
from hashlib import sha256

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import condition, require_safe
from django.views.decorators.vary import vary_on_headers

from smsreports.apidocs.document import render_json, render_yaml

# (media type, function that renders the document) by the value of `format`.
FORMATS: dict[str, tuple[str, Callable[[], bytes]]] = {
    "json": ("application/json", render_json),
    "yaml": ("application/yaml", render_yaml),
}
# The document changes with releases only. After this time clients revalidate it by its ETag.
MAX_AGE_SECONDS = 3600


def _compute_etag(request: HttpRequest) -> str:
    _, render_document = FORMATS[_choose_format(request)]
    return f'"{sha256(render_document()).hexdigest()[:32]}"'


def _choose_format(request: HttpRequest) -> str:
    """Return the format in the query string, else the one that `Accept` prefers, else JSON.

    Raises BadRequest if the query string names an unknown format.
    """
    if "format" in request.GET:
        if request.GET["format"] not in FORMATS:
            raise BadRequest(f"format must be one of {', '.join(FORMATS)}")
        return request.GET["format"]
    names = {media_type: name for name, (media_type, _) in FORMATS.items()}
    return names[request.get_preferred_type(list(names)) or "application/json"]


@require_safe
@cache_control(public=True, max_age=MAX_AGE_SECONDS)
@vary_on_headers("Accept")
@condition(etag_func=_compute_etag)
def schema(request: HttpRequest) -> HttpResponse:
    media_type, render_document = FORMATS[_choose_format(request)]
    return HttpResponse(render_document(), media_type)


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    return render(request, "docs.html")
