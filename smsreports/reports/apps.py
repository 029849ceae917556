"""Django app of the report pages."""

from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "smsreports.reports"
    label = "reports"
