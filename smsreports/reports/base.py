"""Who sees the pages, and how every page is asked and answered."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from django.contrib.auth import get_permission_codename
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.generic import View

from broadcasts_app.source import SOURCE as BROADCASTS
from smsreports.database.snapshot import read_snapshot
from smsreports.reports.csv_response import Table, build_csv_response
from smsreports.reports.forms import PERIOD_NAMES, ReportForm
from smsreports.reports.selection import DATE_PARAMS, Selection
from smsreports.sources import Source, get_sources

# What narrows an account's rows, in the order of the form.
FILTER_FIELDS = ("source", "status", "in_time", "country", "sender", "phone")
# What narrows them by links alone, and all that does.
LINK_PARAMS = ("broadcast", "event", "after", "before")
FILTER_PARAMS = (*FILTER_FIELDS, *LINK_PARAMS)
# What only the list of messages understands, and what only the page of health does and does not.
MESSAGES_ONLY_PARAMS = ("in_time", "phone", "since", "until", *LINK_PARAMS)
HEALTH_ONLY_PARAMS, NOT_ON_HEALTH_PARAMS = ("span", "at"), (*DATE_PARAMS, "status")
# The pages that a line of navigation leads to, by the names of their addresses.
NAVIGATION_TITLES = {
    "overview": "Overview",
    "messages": "Messages",
    "countries": "Countries",
    "senders": "Senders",
    "health": "Health",
    "broadcasts": "Broadcasts",
}


def get_viewable_sources(user: Any) -> list[Source]:
    """The sources whose rows the user may view, by the permissions that the admin goes by too."""
    return [source for source in get_sources() if user.has_perm(_get_view_permission(source))]


def _get_view_permission(source: Source) -> str:
    model = source.viewset.manager.model._meta
    return f"{model.app_label}.{get_permission_codename('view', model)}"


@method_decorator(never_cache, name="dispatch")
class ReportView(View):
    """A page: for staff, read only, of one account; the same figures as a file with `format=csv`."""

    http_method_names: ClassVar[list[str]] = ["get", "head"]  # type: ignore[misc]
    form_class: type[ReportForm] = ReportForm
    # The name of its address, and of its template.
    page: ClassVar[str]
    template: ClassVar[str] = ""
    title: ClassVar[str]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Whoever is not logged in comes back to this very address."""
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path(), reverse("reports:login"))
        if not request.user.is_staff:
            raise PermissionDenied
        self.sources = get_viewable_sources(request.user)
        if not self.sources:
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest) -> HttpResponseBase:
        if any(value == "" for value in request.GET.values()):
            return HttpResponseRedirect(_drop_blank_params(request))
        form = self.build_form(request)
        selection = Selection.from_form(form)
        if form.get_value("format") == "csv" or "format" in form.errors:
            return self.build_file_response(form, selection)
        return self.render_page(request, form, selection)

    def build_form(self, request: HttpRequest) -> ReportForm:
        return self.form_class(request.GET, self.sources)

    def render_page(self, request: HttpRequest, form: ReportForm, selection: Selection | None) -> HttpResponse:
        report_context: Mapping[str, Any] = {}
        if selection is not None:
            with read_snapshot():
                report_context = self.build_context(form, selection)
        context = {"form": form, "selection": selection, "page": self.page, "title": self.title, **report_context}
        context |= {"navigation": list(self.build_navigation(selection)), "faults": _list_form_errors(form)}
        context |= {"kept": _build_form_context(request, form)}
        if selection is not None:
            context |= {
                "periods": list(self.build_period_links(form, selection)),
                "narrowed": [
                    (name, selection.query_params[name]) for name in FILTER_PARAMS if name in selection.query_params
                ],
                "csv": selection.build_link(self.page, sort=form.data.get("sort"), format="csv"),
                "everything": selection.build_unfiltered_link(self.page, to="9999-12-31"),
                "reset": selection.build_unfiltered_link(self.page, **_get_day_params(selection))
                if _has_filters(form)
                else None,
            }
        return render(request, f"reports/{self.template or self.page}.html", context)

    def build_file_response(self, form: ReportForm, selection: Selection | None) -> HttpResponseBase:
        """A file cannot say that it left a filter out, so a wrong one gives none."""
        if selection is None or not form.is_valid():
            errors = [f"{name}: {reason}" for name, reason in _list_form_errors(form)] or ["account: there is none yet"]
            return HttpResponse("\n".join([*errors, ""]), "text/plain; charset=utf-8", status=400)
        with read_snapshot():
            return build_csv_response(f"{self.page}_{selection.account}", self.build_table(form, selection))

    def build_context(self, form: Any, selection: Selection) -> Mapping[str, Any]:
        """What the template shows; read in one snapshot."""
        raise NotImplementedError

    def build_table(self, form: Any, selection: Selection) -> Table:
        """The page's data as a file has them."""
        raise NotImplementedError

    def build_navigation(self, selection: Selection | None) -> Iterator[tuple[str, str, bool]]:
        """The same question on every page that the reader may see, as far as the page understands it."""
        for page, name in NAVIGATION_TITLES.items():
            if page == "broadcasts" and BROADCASTS not in self.sources:
                continue
            dropped_params = {
                "messages": HEALTH_ONLY_PARAMS,
                "health": (*MESSAGES_ONLY_PARAMS, *NOT_ON_HEALTH_PARAMS),
            }.get(page, (*MESSAGES_ONLY_PARAMS, *HEALTH_ONLY_PARAMS))
            if page == self.page:
                dropped_params = ()
            link = (
                selection.without_params(*dropped_params).build_link(page) if selection else reverse(f"reports:{page}")
            )
            yield name, link, page == self.page

    def build_period_links(self, form: Any, selection: Selection) -> Sequence[tuple[str, str, bool]]:
        """The choices of time that need no dates: name, address, and whether it is what is shown."""
        has_dates = any(form.get_value(name) for name in ("first", "last", "since", "until"))
        selected_period = None if has_dates else form.get_value("period") or "7d"
        return [
            (name, selection.build_link(self.page, period=period), period == selected_period)
            for period, name in PERIOD_NAMES.items()
        ]


def _has_filters(form: ReportForm) -> bool:
    return any(form.data.get(form.add_prefix(name)) for name in FILTER_PARAMS)


def _get_day_params(selection: Selection) -> dict[str, str]:
    return {
        name: value
        for name, value in selection.query_params.items()
        if name in (*DATE_PARAMS, *HEALTH_ONLY_PARAMS, "tz")
    }


def _build_form_context(request: HttpRequest, form: ReportForm) -> dict[str, Any]:
    """Each of the page's two forms carries on what the other one says, and what is in neither, as it was
    said."""
    fields = [form[name] for name in ("account", *FILTER_FIELDS, "at", "tz") if name in form.fields]
    pairs = [(name, value) for name, value in request.GET.items() if name not in ("page", "cursor", "format")]
    return {
        "fields": [field for field in fields if not field.is_hidden],
        "days": [(name, value) for name, value in pairs if name not in DATE_PARAMS],
        "filters": [(name, value) for name, value in pairs if name in (*DATE_PARAMS, *LINK_PARAMS, "span", "sort")],
    }


def _list_form_errors(form: ReportForm) -> list[tuple[str, str]]:
    """By the names in the address."""
    return [(form.add_prefix(name), " ".join(map(str, reasons))) for name, reasons in form.errors.items()]


def _drop_blank_params(request: HttpRequest) -> str:
    """A form sends its empty fields too; an address to be shared has none."""
    query = request.GET.copy()
    for name in list(query):
        if not query[name]:
            del query[name]
    return f"{request.path}?{query.urlencode()}" if query else request.path
