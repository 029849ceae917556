"""Every URL pattern of the site, read from the URL configuration, with the view behind it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from django.contrib import admin
from django.db.models import Model
from django.urls import URLPattern, URLResolver, get_resolver

from smsreports.accounts.models import Scope
from smsreports.api.errors import get_dialects
from smsreports.dialects.base import Dialect, Endpoint
from smsreports.reports.base import ReportView
from smsreports.staff.admin import ReadOnlyTrafficAdmin

PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")
# `admin/<app>/<model>/…`
MODEL_ROUTE = re.compile(r"admin/(\w+)/(\w+)/")

# Public patterns, served without a key or a login. The tests request them, too, and look for names of accounts.
PUBLIC_ROUTES: Mapping[str, str] = {
    "": "the front page names the dialects",
    "healthz": "reports that the process and its database respond",
    "readyz": "reports that requests may be sent, or why not",
    "metrics": "totals over all accounts, for the operator's networks",
    "api/schema": "describes the endpoints",
    "api/docs": "describes the endpoints",
    "reports/login": "a form",
    "admin/login/": "a form",
    **{f"^{dialect.prefix}": "the dialect's 404" for dialect in get_dialects()},
}
ADMIN_LABELS = dict.fromkeys(model._meta.app_label for model in admin.site._registry)
# Pages for staff, guarded by Django's permissions. They are not about one account, so there is nothing to isolate.
STAFF_ROUTES: Mapping[str, str] = {
    "reports/logout": "ends a session",
    "admin/": "models, and the user's own last actions",
    "admin/logout/": "ends a session",
    "admin/password_change/": "the user's own password",
    "admin/password_change/done/": "the user's own password",
    "admin/autocomplete/": "chooses an account or a user in a form",
    "admin/jsi18n/": "texts of the admin",
    "admin/r/<path:content_type_id>/<path:object_id>/": "redirects to an object's page on the site; no model has one",
    f"admin/^(?P<app_label>{'|'.join(ADMIN_LABELS)})/$": "models",
    "admin/(?P<url>.*)$": "the admin's 404",
    "admin/accounts/account/": "the list of accounts",
    "admin/accounts/apikey/": "keys of every account",
    "admin/accounts/reveal/": "reveals, of every account",
    "admin/admin/logentry/": "log of changes, of every account",
    "admin/audit/export/": "exports, of every account",
    "admin/auth/user/": "users",
    "admin/auth/group/": "roles",
}


@dataclass(frozen=True)
class Route:
    """URL pattern with its prefixes, its name and its view."""

    name: str
    pattern: str
    view: Any

    @property
    def parameters(self) -> Sequence[str]:
        return PARAMETER.findall(self.pattern)

    def build_path(self, **values: Any) -> str:
        return "/" + PARAMETER.sub(lambda match: quote(str(values[match[1]]), safe=""), self.pattern)

    @property
    def endpoint(self) -> Endpoint | None:
        """Endpoint of a dialect that the view serves."""
        endpoint: Endpoint | None = getattr(self.view, "initkwargs", {}).get("endpoint")
        return endpoint

    @property
    def dialect(self) -> Dialect:
        dialect: Dialect = self.view.initkwargs["dialect"]
        return dialect

    @property
    def is_write(self) -> bool:
        return self.endpoint is not None and self.endpoint.scope == Scope.WRITE

    @property
    def report_view(self) -> type[ReportView] | None:
        view_class = getattr(self.view, "view_class", None)
        return view_class if view_class and issubclass(view_class, ReportView) else None

    @property
    def model_admin(self) -> ReadOnlyTrafficAdmin[Model] | None:
        """Admin of a traffic model that the view belongs to."""
        match = MODEL_ROUTE.match(self.pattern)
        if match is None:
            return None
        for model, model_admin in admin.site._registry.items():
            if model._meta.label_lower == ".".join(match.groups()) and isinstance(model_admin, ReadOnlyTrafficAdmin):
                return model_admin
        return None

    @property
    def is_exempt(self) -> bool:
        """Return whether the sweep skips the pattern. The pages of a model are exempt with its list."""
        match = MODEL_ROUTE.match(self.pattern)
        return self.pattern in PUBLIC_ROUTES or (match[0] if match else self.pattern) in STAFF_ROUTES


def list_routes() -> list[Route]:
    return list(_walk_patterns(get_resolver().url_patterns, ""))


def _walk_patterns(patterns: Sequence[Any], prefix: str) -> Iterator[Route]:
    for pattern in patterns:
        full_pattern = f"{prefix}{pattern.pattern}"
        if isinstance(pattern, URLResolver):
            yield from _walk_patterns(pattern.url_patterns, full_pattern)
        elif isinstance(pattern, URLPattern):
            yield Route(pattern.name or "", full_pattern, pattern.callback)
