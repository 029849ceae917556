"""Every address of the site, read off the URL map, and what is at each: nobody lists them by hand."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from django.contrib import admin
from django.urls import URLPattern, URLResolver, get_resolver

from smsreports.accounts.models import Scope
from smsreports.dialects.base import Dialect, Endpoint
from smsreports.reports.base import ReportView
from smsreports.staff.admin import ReadOnlyTrafficAdmin

PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")
# `admin/<app>/<model>/…`
OF_MODEL = re.compile(r"admin/(\w+)/(\w+)/")

# Shown to everybody, without a key or a login, and so nothing of any account. They are asked for, too.
EVERYBODYS: Mapping[str, str] = {
    "": "the front page names the dialects",
    "healthz": "says that the process and its database answer",
    "readyz": "says that requests may come, or why not",
    "metrics": "counts of requests, of all accounts together, to the operator's networks",
    "api/schema": "describes the addresses",
    "api/docs": "describes the addresses",
    "reports/login": "a form",
    "admin/login/": "a form",
    "^api/v1/": "the dialect's 404",
    "^api/sms/": "the dialect's 404",
}
# Shown to staff by Django's permissions, whichever account it is about: not of one account, so nothing to keep apart.
STAFFS: Mapping[str, str] = {
    "reports/logout": "ends a session",
    "admin/": "models, and what oneself did last",
    "admin/logout/": "ends a session",
    "admin/password_change/": "one's own password",
    "admin/password_change/done/": "one's own password",
    "admin/autocomplete/": "chooses an account or a person in a form",
    "admin/jsi18n/": "texts of the admin",
    "admin/r/<path:content_type_id>/<path:object_id>/": "leads to an object's page; none of ours has one",
    "admin/^(?P<app_label>accounts|admin|audit|messages_app|broadcasts_app|ingest|auth)/$": "models",
    "admin/(?P<url>.*)$": "the admin's 404",
    "admin/accounts/account/": "the list of accounts",
    "admin/accounts/apikey/": "keys of every account",
    "admin/accounts/reveal/": "who looked at what, of every account",
    "admin/admin/logentry/": "who did what, of every account",
    "admin/audit/export/": "who took which file, of every account",
    "admin/auth/user/": "people",
    "admin/auth/group/": "roles",
}


@dataclass(frozen=True)
class Address:
    """A pattern of the URL map: its whole route, and what answers there."""

    name: str
    route: str
    view: Any

    @property
    def parameters(self) -> Sequence[str]:
        return PARAMETER.findall(self.route)

    def path(self, **values: Any) -> str:
        return "/" + PARAMETER.sub(lambda found: quote(str(values[found[1]]), safe=""), self.route)

    @property
    def door(self) -> Endpoint | None:
        """Of a dialect."""
        found: Endpoint | None = getattr(self.view, "initkwargs", {}).get("endpoint")
        return found

    @property
    def dialect(self) -> Dialect:
        found: Dialect = self.view.initkwargs["dialect"]
        return found

    @property
    def writes(self) -> bool:
        return self.door is not None and self.door.scope == Scope.WRITE

    @property
    def page(self) -> type[ReportView] | None:
        found = getattr(self.view, "view_class", None)
        return found if found and issubclass(found, ReportView) else None

    @property
    def staff(self) -> ReadOnlyTrafficAdmin | None:
        """The admin of a traffic model."""
        found = OF_MODEL.match(self.route)
        for model, of in admin.site._registry.items() if found else ():
            if found and model._meta.label_lower == ".".join(found.groups()) and isinstance(of, ReadOnlyTrafficAdmin):
                return of
        return None

    @property
    def exempt(self) -> bool:
        """What is below an exempt model's list is exempt with it."""
        of_model = OF_MODEL.match(self.route)
        return self.route in EVERYBODYS or (of_model[0] if of_model else self.route) in STAFFS


def addresses() -> list[Address]:
    return list(_below(get_resolver().url_patterns, ""))


def _below(patterns: Sequence[Any], prefix: str) -> Iterator[Address]:
    for pattern in patterns:
        route = f"{prefix}{pattern.pattern}"
        if isinstance(pattern, URLResolver):
            yield from _below(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern):
            yield Address(pattern.name or "", route, pattern.callback)
