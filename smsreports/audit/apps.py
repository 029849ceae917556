"""Django application of the audit log."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "smsreports.audit"
    label = "audit"
