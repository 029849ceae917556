"""URLs of the report pages."""

from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth.views import LoginView, LogoutView
from django.urls import path, reverse_lazy

from smsreports.reports.base import register_navigation
from smsreports.reports.breakdowns import CountriesView, SendersView
from smsreports.reports.broadcasts import BroadcastsView, BroadcastView
from smsreports.reports.health.views import HealthView
from smsreports.reports.messages import MessagesView, MessageView
from smsreports.reports.overview import OverviewView

register_navigation(OverviewView, MessagesView, CountriesView, SendersView, HealthView, BroadcastsView)

app_name = "reports"
urlpatterns = [
    path("messages", MessagesView.as_view(), name="messages"),
    path("messages/<str:label>/<int:row>", MessageView.as_view(), name="message"),
    path("countries", CountriesView.as_view(), name="countries"),
    path("senders", SendersView.as_view(), name="senders"),
    path("health", HealthView.as_view(), name="health"),
    path("broadcasts", BroadcastsView.as_view(), name="broadcasts"),
    path("broadcasts/<int:row>", BroadcastView.as_view(), name="broadcast"),
    path("", OverviewView.as_view(), name="overview"),
    path(
        "login",
        LoginView.as_view(
            template_name="reports/login.html",
            # This form rejects users who are not staff.
            authentication_form=AdminAuthenticationForm,
            next_page=reverse_lazy("reports:overview"),
        ),
        name="login",
    ),
    path("logout", LogoutView.as_view(next_page=reverse_lazy("reports:login")), name="logout"),
]
