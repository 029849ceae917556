"""All settings, read from the environment and `.env`. A missing or invalid value stops the start and is named."""

from pathlib import Path

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from jinja2 import StrictUndefined

from smsreports import database
from smsreports.environment import (
    read_bool,
    read_choice,
    read_env_file,
    read_int,
    read_list,
    read_networks,
    read_pair,
    read_proxies,
    read_text,
)
from smsreports.installation import BASE_DIR as BASE_DIR
from smsreports.installation import TEMPLATES_DIR, find_home, read_version
from smsreports.telemetry import logs

# The folder of `.env` and `.data`.
HOME = find_home()
read_env_file(HOME / ".env")
VERSION = read_version()

# Defaults to production so that a missing variable fails safe.
MODE = read_choice("SMSREPORTS_MODE", ("production", "local"), "production")
LOCAL = MODE == "local"
DEBUG = read_bool("DEBUG", default=False)
SECRET_KEY = read_text("SECRET_KEY")
# Former keys. API keys and sessions created under them keep working while the key is replaced.
SECRET_KEY_FALLBACKS = read_list("SECRET_KEY_FALLBACKS", "")
ALLOWED_HOSTS = read_list("ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]" if LOCAL else None)
if "*" in ALLOWED_HOSTS:
    raise ImproperlyConfigured("ALLOWED_HOSTS is '*'; name the hosts, because links in responses are built from them")

# The embedded database is for local mode only; production must set DATABASE_URL.
SMSREPORTS_DATA = Path(read_text("SMSREPORTS_DATA", str(HOME / ".data"))).expanduser().resolve()
DATABASES = {
    "default": database.build_database_config(read_text("DATABASE_URL", "" if LOCAL else None) or None, SMSREPORTS_DATA)
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Documented limits.
# Rows of one export; the limit of a spreadsheet, 1,048,576, is just above it.
EXPORT_LIMIT = read_int("SMSREPORTS_EXPORT_LIMIT", default=1_000_000, minimum=1, maximum=100_000_000)
# Requests per minute of one account in one dialect: the 1,000 per second that 23 Telecom documents.
RATE_LIMIT = read_int("SMSREPORTS_RATE_LIMIT", default=60_000, minimum=1, maximum=100_000_000)
# Addresses and networks of trusted proxies, whose X-Forwarded-For and X-Forwarded-Proto are used.
PROXIES = read_proxies("SMSREPORTS_PROXIES")
# Seconds that running requests, including exports, have to finish when the server stops.
STOP_SECONDS = read_int("SMSREPORTS_STOP_SECONDS", default=30, minimum=1, maximum=86_400)

# Concurrent exports per account, across all processes. Two let a client download date ranges in parallel.
EXPORTS_AT_ONCE = read_int("SMSREPORTS_EXPORTS_AT_ONCE", default=2, minimum=1, maximum=100)
# Seconds that an export may take. A million rows take far less, and a longer snapshot prevents vacuuming of old rows.
EXPORT_SECONDS = read_int("SMSREPORTS_EXPORT_SECONDS", default=3600, minimum=1, maximum=86_400)
# Seconds that a statement of a request may take before the response is 503.
STATEMENT_SECONDS = read_int("SMSREPORTS_STATEMENT_SECONDS", default=30, minimum=1, maximum=3600)
# Seconds that a list, or statistics that no counter covers, may take in the database. Together with the slots for such
# queries this keeps one account from blocking the others.
LIST_SECONDS = read_int("SMSREPORTS_LIST_SECONDS", default=5, minimum=1, maximum=3600)
# Seconds in which a client must read each block of a response, which is 256 KiB of an export.
READER_SECONDS = read_int("SMSREPORTS_READER_SECONDS", default=60, minimum=1, maximum=3600)

# The dialects of the API. Each is a package that defines `dialect`.
DIALECTS = ["smsreports.dialects.telecom23", "smsreports.dialects.laravel"]

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "csp",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_filters",
    "rest_framework",
    "smsreports",
    "smsreports.accounts",
    "smsreports.counters",
    "smsreports.audit",
    "smsreports.demo",
    "messages_app",
    "broadcasts_app",
    "smsreports.ingest",
    "smsreports.reports",
]

MIDDLEWARE = [
    "smsreports.telemetry.middleware.RequestMiddleware",
    "smsreports.middleware.PrivateResponseMiddleware",
    "smsreports.serving.overload.OverloadMiddleware",
    "smsreports.accounts.client_address.ProxyHeadersMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "smsreports.telemetry.host_check.ProbeAwareCommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "smsreports.middleware.ErrorPageMiddleware",
]
# API paths have no trailing slash and never redirect: plain curl does not follow.
APPEND_SLASH = False

# Bytes of a form. The server accepts larger bodies only for views that read them in chunks.
DATA_UPLOAD_MAX_MEMORY_SIZE = 64 * 1024

ROOT_URLCONF = "smsreports.urls"
WSGI_APPLICATION = "smsreports.wsgi.application"
# Our own pages are in `templates/jinja2/`: Jinja2 renders a page of many rows several times faster, and takes the HTML
# of a repeated element from a macro. `templates/django/` is for what extends a template of Django's admin.
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [TEMPLATES_DIR / "jinja2"],
        "OPTIONS": {
            "environment": "smsreports.jinja.build_environment",
            "autoescape": True,
            # A misspelled name is an error instead of an empty text.
            "undefined": StrictUndefined,
        },
    },
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [TEMPLATES_DIR / "django"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    },
]

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]

# All stored and displayed times are UTC.
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
USE_I18N = False
# With seconds, because they matter for one-time codes.
DATETIME_FORMAT = "Y-m-d H:i:s"

STATIC_URL = "static/"
# Static files are served from their packages, so there is no collected copy that could be stale or missing.
WHITENOISE_USE_FINDERS = True

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not LOCAL
# Header that a proxy sets after it terminated TLS, e.g. `HTTP_X_FORWARDED_PROTO=https`.
SECURE_PROXY_SSL_HEADER = read_pair("PROXY_SSL_HEADER")
if SECURE_PROXY_SSL_HEADER and not PROXIES:
    raise ImproperlyConfigured(
        "PROXY_SSL_HEADER is set, but SMSREPORTS_PROXIES names no proxy that may send this header. "
        "Set SMSREPORTS_PROXIES to the addresses or networks of your proxies, e.g. 127.0.0.1"
    )
SECURE_SSL_REDIRECT = read_bool("SECURE_SSL_REDIRECT", default=not LOCAL)
# Load balancers and Prometheus use plain HTTP and an address that is not in ALLOWED_HOSTS.
PROBES = ("/healthz", "/readyz", "/metrics")
SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz|metrics)$"]
# Networks of Prometheus. Other clients get 404 for /metrics.
METRICS_FROM = read_networks("SMSREPORTS_METRICS_FROM", "127.0.0.0/8,::1")
SECURE_HSTS_SECONDS = 0 if LOCAL else 365 * 24 * 3600
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = not LOCAL

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_RENDERER_CLASSES": ["smsreports.api.rendering.ExactJsonRenderer"],
    "DEFAULT_PARSER_CLASSES": [],
    "DEFAULT_THROTTLE_CLASSES": [],
    "EXCEPTION_HANDLER": "smsreports.api.errors.handle_exception",
    "DEFAULT_SCHEMA_CLASS": "smsreports.apidocs.operations.DescribedSchema",
    "UNAUTHENTICATED_USER": None,
    "UNAUTHENTICATED_TOKEN": None,
}

SPECTACULAR_SETTINGS = {
    "OAS_VERSION": "3.1.1",
    "TITLE": "smsreports",
    "VERSION": VERSION,
    "SERVERS": [{"url": "/", "description": "This server."}],
    # Keep the order in which the dialects declare their endpoints and parameters.
    "SORT_OPERATIONS": False,
    "SCHEMA_PATH_PREFIX": "",
    # The schemas are written by hand, so there are no serializer choices to turn into enums.
    "POSTPROCESSING_HOOKS": [],
}

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
LOG_LEVEL = read_choice("LOG_LEVEL", LEVELS, "INFO")
LOGGING = logs.build_logging_config(read_choice("LOG_FORMAT", ("json", "line"), "line" if LOCAL else "json"), LOG_LEVEL)
