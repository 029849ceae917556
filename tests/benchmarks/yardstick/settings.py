"""Our settings with other addresses, and DRF as it comes: without the credentials that ours checks."""

from smsreports.environment import read_text
from smsreports.settings import *  # noqa: F403

ROOT_URLCONF = read_text("BENCHMARK_URLS")
REST_FRAMEWORK = {"DEFAULT_AUTHENTICATION_CLASSES": [], "UNAUTHENTICATED_USER": None}
