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

from broadcasts_app.exports import SOURCE as BROADCASTS
from smsreports.api.snapshot import snapshot
from smsreports.reports.forms import PERIOD_NAMES, ReportForm
from smsreports.reports.selection import DAYS, Selection
from smsreports.reports.tables import Table, answer
from smsreports.sources import Source, registered

# What narrows an account's rows, in the order of the form.
FIELDS = ("source", "status", "in_time", "country", "sender", "phone")
# What narrows them by links alone, and all that does.
BY_LINKS = ("broadcast", "event", "after", "before")
NARROWING = (*FIELDS, *BY_LINKS)
# What only the list of messages understands, and what only the page of health does and does not.
OF_MESSAGES = ("in_time", "phone", "since", "until", *BY_LINKS)
OF_HEALTH, NOT_OF_HEALTH = ("span", "at"), (*DAYS, "status")
# The pages that a line of navigation leads to, by the names of their addresses.
NAVIGATION = {
    "overview": "Overview",
    "messages": "Messages",
    "countries": "Countries",
    "senders": "Senders",
    "health": "Health",
    "broadcasts": "Broadcasts",
}


def seen_by(user: Any) -> list[Source]:
    """The sources whose rows the user may view, by the permissions that the admin goes by too."""
    return [source for source in registered() if user.has_perm(_permission(source))]


def _permission(source: Source) -> str:
    model = source.viewset.rows.model._meta
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
        self.sources = seen_by(request.user)
        if not self.sources:
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest) -> HttpResponseBase:
        if any(value == "" for value in request.GET.values()):
            return HttpResponseRedirect(_without_blanks(request))
        form = self.asked(request)
        selection = Selection.of(form)
        if form.value("format") == "csv" or "format" in form.errors:
            return self.file(form, selection)
        return self.shown(request, form, selection)

    def asked(self, request: HttpRequest) -> ReportForm:
        return self.form_class(request.GET, self.sources)

    def shown(self, request: HttpRequest, form: ReportForm, selection: Selection | None) -> HttpResponse:
        found: Mapping[str, Any] = {}
        if selection is not None:
            with snapshot():
                found = self.figures(form, selection)
        context = {"form": form, "selection": selection, "page": self.page, "title": self.title, **found}
        context |= {"navigation": list(self.navigation(selection)), "faults": _faults(form)}
        context |= {"kept": _kept(request, form)}
        if selection is not None:
            context |= {
                "periods": list(self.periods(form, selection)),
                "narrowed": [(name, selection.address[name]) for name in NARROWING if name in selection.address],
                "csv": selection.link(self.page, sort=form.data.get("sort"), format="csv"),
                "everything": selection.bare(self.page, to="9999-12-31"),
                "reset": selection.bare(self.page, **_days(selection)) if _narrowed(form) else None,
            }
        return render(request, f"reports/{self.template or self.page}.html", context)

    def file(self, form: ReportForm, selection: Selection | None) -> HttpResponseBase:
        """A file cannot say that it left a filter out, so a wrong one gives none."""
        if selection is None or not form.is_valid():
            faults = [f"{name}: {reason}" for name, reason in _faults(form)] or ["account: there is none yet"]
            return HttpResponse("\n".join([*faults, ""]), "text/plain; charset=utf-8", status=400)
        with snapshot():
            return answer(f"{self.page}_{selection.account}", self.table(form, selection))

    def figures(self, form: Any, selection: Selection) -> Mapping[str, Any]:
        """What the template shows; read in one snapshot."""
        raise NotImplementedError

    def table(self, form: Any, selection: Selection) -> Table:
        """The page's data as a file has them."""
        raise NotImplementedError

    def navigation(self, selection: Selection | None) -> Iterator[tuple[str, str, bool]]:
        """The same question on every page that the reader may see, as far as the page understands it."""
        for page, name in NAVIGATION.items():
            if page == "broadcasts" and BROADCASTS not in self.sources:
                continue
            left = {"messages": OF_HEALTH, "health": (*OF_MESSAGES, *NOT_OF_HEALTH)}.get(
                page, (*OF_MESSAGES, *OF_HEALTH)
            )
            if page == self.page:
                left = ()
            link = selection.without(*left).link(page) if selection else reverse(f"reports:{page}")
            yield name, link, page == self.page

    def periods(self, form: Any, selection: Selection) -> Sequence[tuple[str, str, bool]]:
        """The choices of time that need no dates: name, address, and whether it is what is shown."""
        days = any(form.value(name) for name in ("first", "last", "since", "until"))
        now = None if days else form.value("period") or "7d"
        return [
            (name, selection.link(self.page, period=period), period == now) for period, name in PERIOD_NAMES.items()
        ]


def _narrowed(form: ReportForm) -> bool:
    return any(form.data.get(form.add_prefix(name)) for name in NARROWING)


def _days(selection: Selection) -> dict[str, str]:
    return {name: value for name, value in selection.address.items() if name in (*DAYS, *OF_HEALTH, "tz")}


def _kept(request: HttpRequest, form: ReportForm) -> dict[str, Any]:
    """Each of the page's two forms carries on what the other one says, and what is in neither, as it was
    said."""
    fields = [form[name] for name in ("account", *FIELDS, "at", "tz") if name in form.fields]
    pairs = [(name, value) for name, value in request.GET.items() if name not in ("page", "cursor", "format")]
    return {
        "fields": [field for field in fields if not field.is_hidden],
        "days": [(name, value) for name, value in pairs if name not in DAYS],
        "filters": [(name, value) for name, value in pairs if name in (*DAYS, *BY_LINKS, "span", "sort")],
    }


def _faults(form: ReportForm) -> list[tuple[str, str]]:
    """By the names in the address."""
    return [(form.add_prefix(name), " ".join(map(str, reasons))) for name, reasons in form.errors.items()]


def _without_blanks(request: HttpRequest) -> str:
    """A form sends its empty fields too; an address to be shared has none."""
    query = request.GET.copy()
    for name in list(query):
        if not query[name]:
            del query[name]
    return f"{request.path}?{query.urlencode()}" if query else request.path
