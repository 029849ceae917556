"""Base views of the report pages: access, navigation, filters, and CSV files."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Generic, NamedTuple, TypeVar

from django.contrib.auth import get_permission_codename
from django.contrib.auth.models import AnonymousUser, User
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.forms import BoundField
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.generic import View

from smsreports.database.snapshot import read_snapshot
from smsreports.reports.csv_response import Table, build_csv_response
from smsreports.reports.forms import DEFAULT_PERIOD, FILTER_FIELDS, FILTER_PARAMS, LINK_PARAMS, PERIOD_NAMES, ReportForm
from smsreports.reports.selection import DATE_PARAMS, Selection
from smsreports.sources import Source, find_campaigns, get_sources

FormT = TypeVar("FormT", bound=ReportForm)


class PageLink(NamedTuple):
    name: str
    href: str
    is_current: bool


@dataclass(frozen=True)
class FormContext:
    """Fields of the filters, and the parameters that each of the page's two forms passes on: those of the other form,
    and those of neither form."""

    fields: Sequence[BoundField]
    params_beside_days: Sequence[tuple[str, object]]
    params_beside_filters: Sequence[tuple[str, object]]


def get_viewable_sources(user: User | AnonymousUser) -> list[Source]:
    """Return the sources whose rows the user may view, by the same permissions as the admin."""
    sources = []
    for source in get_sources():
        model_options = source.model._meta
        if user.has_perm(f"{model_options.app_label}.{get_permission_codename('view', model_options)}"):
            sources.append(source)
    return sources


@method_decorator(never_cache, name="dispatch")
class ReportView(View):
    """Read-only page of one account, for staff."""

    http_method_names: ClassVar[list[str]] = ["get", "head"]  # type: ignore[misc]
    form_class: type[ReportForm] = ReportForm
    # Name of its URL. Also the name of its template, unless `template` is set.
    page: ClassVar[str]
    template: ClassVar[str] = ""
    # Heading, and its text in the navigation.
    title: ClassVar[str]
    # The navigation shows the page only to users who may view a source with campaigns.
    needs_campaigns: ClassVar[bool] = False
    # Parameters that no other page understands: links to other pages leave them out.
    own_params: ClassVar[Sequence[str]] = ()
    # Parameters of other pages that this page does not understand: links to it leave them out.
    unsupported_params: ClassVar[Sequence[str]] = ()

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        """Require a staff user who may view a source. Login leads back to the requested URL."""
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path(), reverse("reports:login"))
        if not request.user.is_staff:
            raise PermissionDenied
        self.sources = get_viewable_sources(request.user)
        if not self.sources:
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def render(self, selection: Selection | None, context: Mapping[str, object]) -> HttpResponse:
        """Return the page, with what every page shows beside its own context."""
        shared_context = {
            "selection": selection,
            "page": self.page,
            "title": self.title,
            "navigation": list(self.build_navigation(selection)),
        }
        return render(self.request, f"reports/{self.template or self.page}.html", {**shared_context, **context})

    def build_navigation(self, selection: Selection | None) -> Iterator[PageLink]:
        """Yield the link to each page that the user may view.

        A link keeps the parameters of the current page that its target understands.
        """
        for view in _navigation_views:
            if view.needs_campaigns and find_campaigns(self.sources) is None:
                continue
            is_current = view.page == self.page
            if selection is None:
                href = reverse(f"reports:{view.page}")
            else:
                dropped_params = () if is_current else _list_foreign_params(view)
                href = selection.without_params(*dropped_params).build_link(view.page)
            yield PageLink(view.title, href, is_current)


class FilteredReportView(ReportView, Generic[FormT]):
    """Page that its form filters. With `format=csv` it sends the same figures as a file."""

    form_class: type[FormT]
    # Parameters that choose the time. Clearing the filters keeps them.
    time_params: ClassVar[Sequence[str]] = DATE_PARAMS

    def get(self, request: HttpRequest) -> HttpResponseBase:
        if any(value == "" for value in request.GET.values()):
            return HttpResponseRedirect(_drop_blank_params(request))
        form = self.build_form(request)
        selection = Selection.from_form(form)
        if form.get_value("format") == "csv" or "format" in form.errors:
            return self.build_file_response(form, selection)
        return self.render_page(form, selection)

    def build_form(self, request: HttpRequest) -> FormT:
        return self.form_class(request.GET, self.sources)

    def render_page(self, form: FormT, selection: Selection | None) -> HttpResponse:
        context: dict[str, object] = {
            "form": form,
            "form_context": _build_form_context(self.request, form),
            "errors": _list_form_errors(form),
            "reset_link": None,
        }
        if selection is not None:
            context |= {
                "periods": self.build_period_links(form, selection),
                "active_filters": [
                    (name, selection.query_params[name]) for name in FILTER_PARAMS if name in selection.query_params
                ],
                "csv": selection.build_link(self.page, sort=form.data.get("sort"), format="csv"),
                "everything_link": selection.build_unfiltered_link(self.page, to="9999-12-31"),
            }
            if _has_filters(form):
                context["reset_link"] = selection.build_unfiltered_link(self.page, **self.get_time_params(selection))
            with read_snapshot():
                context |= self.build_context(form, selection)
        return self.render(selection, context)

    def build_file_response(self, form: FormT, selection: Selection | None) -> HttpResponseBase:
        """Return the CSV file, or 400 if a filter is invalid: a file cannot report that it ignored one."""
        if selection is None or not form.is_valid():
            errors = [f"{name}: {message}" for name, message in _list_form_errors(form)] or [
                "account: there is none yet"
            ]
            return HttpResponse("\n".join([*errors, ""]), "text/plain; charset=utf-8", status=400)
        with read_snapshot():
            return build_csv_response(f"{self.page}_{selection.account}", self.build_table(form, selection))

    def build_context(self, form: FormT, selection: Selection) -> Mapping[str, object]:
        """Return the template context of the page. It is called within one database snapshot."""
        raise NotImplementedError

    def build_table(self, form: FormT, selection: Selection) -> Table:
        """Return the page's data for its CSV file. It is called within one database snapshot."""
        raise NotImplementedError

    def build_period_links(self, form: FormT, selection: Selection) -> list[PageLink]:
        """Return the link to each period that needs no dates."""
        has_dates = any(form.get_value(name) for name in ("first", "last", "since", "until"))
        selected_period = None if has_dates else form.get_value("period") or DEFAULT_PERIOD
        return [
            PageLink(name, selection.build_link(self.page, period=period), period == selected_period)
            for period, name in PERIOD_NAMES.items()
        ]

    def get_time_params(self, selection: Selection) -> dict[str, str]:
        return {name: value for name, value in selection.query_params.items() if name in (*self.time_params, "tz")}


_navigation_views: list[type[ReportView]] = []


def register_navigation(*views: type[ReportView]) -> None:
    """Set the pages of the navigation, in its order."""
    _navigation_views[:] = views


def _list_foreign_params(view: type[ReportView]) -> tuple[str, ...]:
    """Return the parameters that `view` does not understand."""
    own_of_others = (name for other in _navigation_views if other is not view for name in other.own_params)
    return (*own_of_others, *view.unsupported_params)


def _has_filters(form: ReportForm) -> bool:
    return any(form.data.get(form.add_prefix(name)) for name in FILTER_PARAMS)


def _build_form_context(request: HttpRequest, form: ReportForm) -> FormContext:
    fields = [form[name] for name in ("account", *FILTER_FIELDS, "at", "tz") if name in form.fields]
    params = [(name, value) for name, value in request.GET.items() if name not in ("page", "cursor", "format")]
    return FormContext(
        [field for field in fields if not field.is_hidden],
        [(name, value) for name, value in params if name not in DATE_PARAMS],
        [(name, value) for name, value in params if name in (*DATE_PARAMS, *LINK_PARAMS, "span", "sort")],
    )


def _list_form_errors(form: ReportForm) -> list[tuple[str, str]]:
    """Return parameter name and message of each error."""
    return [(form.add_prefix(name), " ".join(map(str, messages))) for name, messages in form.errors.items()]


def _drop_blank_params(request: HttpRequest) -> str:
    """Return the URL without empty parameters: forms send their empty fields too."""
    query = request.GET.copy()
    for name in list(query):
        if not query[name]:
            del query[name]
    return f"{request.path}?{query.urlencode()}" if query else request.path
