"""Pagination of the HTML lists."""

from collections.abc import Mapping
from functools import cached_property

from django.http import HttpRequest

from smsreports.queries.list_request import ListRequest
from smsreports.queries.listing import Listing
from smsreports.queries.pagination import LinkHeaderPagination
from smsreports.reports.forms import PagedForm


class HtmlPagination(LinkHeaderPagination):
    """Pages by number and by cursor as in the API, with links within the site."""

    @cached_property
    def list_url(self) -> str:
        return self.request.path

    @property
    def links(self) -> Mapping[str, str]:
        return dict(self.link_relations())


def load_page(request: HttpRequest, form: PagedForm, listing: Listing, page_size: int) -> HtmlPagination:
    """Load the page of the listing that the form selects. The result has its rows and its links."""
    pages = HtmlPagination()
    list_request = ListRequest(page=form.get_value("page") or 1, size=page_size, cursor=form.get_value("cursor"))
    pages.read_page(listing, request, list_request)
    return pages
