"""Settings of the project with other URLs, and with DRF's defaults instead of its authentication."""

from smsreports.environment import read_text
from smsreports.settings import *  # noqa: F403

ROOT_URLCONF = read_text("BENCHMARK_URLS")
REST_FRAMEWORK = {"DEFAULT_AUTHENTICATION_CLASSES": [], "UNAUTHENTICATED_USER": None}
