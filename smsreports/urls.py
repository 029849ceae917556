"""URL patterns of the whole site."""

from django.contrib import admin
from django.urls import include, path

from smsreports import pages, probes, routing
from smsreports.apidocs import views as openapi
from smsreports.staff.export import export_staff_list

admin.site.site_header = admin.site.site_title = "smsreports"

urlpatterns = [
    *routing.build_urlpatterns(),
    path("", pages.home, name="home"),
    path("api/schema", openapi.schema, name="schema"),
    path("api/docs", openapi.docs, name="docs"),
    path("healthz", probes.healthz, name="healthz"),
    path("readyz", probes.readyz, name="readyz"),
    path("metrics", probes.metrics, name="metrics"),
    path("admin/export/<slug:source>/", admin.site.admin_view(export_staff_list), name="staff-export"),
    path("admin/", admin.site.urls),
    path("reports/", include("smsreports.reports.urls")),
]

handler400 = pages.bad_request
handler403 = pages.forbidden
handler404 = pages.not_found
handler500 = pages.server_error
