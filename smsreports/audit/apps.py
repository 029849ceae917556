"""The audit application."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "smsreports.audit"
    label = "audit"
