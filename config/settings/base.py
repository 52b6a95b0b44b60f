"""The settings of the service.

Each variable of the environment is read once, here, through `config.env`; the README's table
of variables is compared with this file by a test.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from config import admin_look, api_document, env, keys, logs
from config.settings.roles import (  # noqa: F401  # the settings of roles, as Django finds them
    DEFAULT_MODEL,
    DEFINED_ROLES,
    DISTILL_BACKEND,
    GEMINI_API_KEY,
    LOCAL_API_KEY,
    LOCAL_API_URL,
    LOCAL_MODEL,
    ORCHESTRATOR_MODEL,
    ROLE_DEFAULTS,
)

# Where things are
# ----------------------------------------------------------------------------
BASE_DIR = env.BASE_DIR
# Folder of the local database and of the key files; relative to the project.
DATA_DIR = env.data_dir()
# TCP port on which `manage.py dev` listens, on 127.0.0.1 only.
PORT = env.integer("PORT", 8000, low=1, high=65535)

# Keys: each also as X_FILE, and else from a file under DATA_DIR/keys/. A bad one stops the start.
# ----------------------------------------------------------------------------
# Fernet keys, newest first: the first encrypts, all of them decrypt.
REGISTRY_ENCRYPTION_KEYS = keys.load_ring(env.key_text("REGISTRY_ENCRYPTION_KEYS"))
# Signs sessions and forms; 32 characters or more.
REGISTRY_SECRET_KEY = keys.load_secret(
    env.key_text("REGISTRY_SECRET_KEY"), "REGISTRY_SECRET_KEY", others=REGISTRY_ENCRYPTION_KEYS
)
# Makes fingerprints of stored keys, so that equal keys can be seen; 32 characters or more.
REGISTRY_FINGERPRINT_KEY = keys.load_secret(
    env.key_text("REGISTRY_FINGERPRINT_KEY"),
    "REGISTRY_FINGERPRINT_KEY",
    others=[REGISTRY_SECRET_KEY, *REGISTRY_ENCRYPTION_KEYS],
)
SECRET_KEY = REGISTRY_SECRET_KEY
FERNET_KEYS = REGISTRY_ENCRYPTION_KEYS
# The ring holds real Fernet keys: a derivation with a fixed salt would add nothing.
FERNET_USE_HKDF = False

# Who may come in, and how
# ----------------------------------------------------------------------------
# Shows technical error pages. Never on a machine that others can reach.
DEBUG = env.boolean("REGISTRY_DEBUG", False)
# Chooser lists and list formats without a login; nothing else opens.
REGISTRY_PUBLIC_LISTS = env.boolean("REGISTRY_PUBLIC_LISTS", False)
# Host names under which the service is reached.
ALLOWED_HOSTS = env.listing("REGISTRY_ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
# Origins (https://host) whose forms are accepted, when a proxy changes the host name.
CSRF_TRUSTED_ORIGINS = env.listing("REGISTRY_CSRF_TRUSTED_ORIGINS")
# Addresses of proxies whose X-Forwarded-For and X-Forwarded-Proto are believed.
REGISTRY_TRUSTED_PROXIES = env.listing("REGISTRY_TRUSTED_PROXIES")
# The service is reached over https: secure cookies, redirect from http, HSTS for a year.
REGISTRY_HTTPS = env.boolean("REGISTRY_HTTPS", False)
# host:port pairs that may be private addresses, such as ollama:11434. Only the environment can
# name them: no page and no call of the API.
REGISTRY_PRIVATE_HOSTS = env.host_ports("REGISTRY_PRIVATE_HOSTS")
# Wrong passwords for one account within the lock time before it is locked.
REGISTRY_LOGIN_ATTEMPTS = env.integer("REGISTRY_LOGIN_ATTEMPTS", 10, low=1)
# How long such a lock lasts, in seconds.
REGISTRY_LOGIN_LOCK_SECONDS = env.integer("REGISTRY_LOGIN_LOCK_SECONDS", 900, low=1)
# Life of a new API token when none is asked for, in days.
REGISTRY_TOKEN_DAYS = env.integer("REGISTRY_TOKEN_DAYS", 365, low=1, high=3650)

# Limits of the API
# ----------------------------------------------------------------------------
# Writes per minute and token (or user, with a session); 0 is no limit.
REGISTRY_WRITES_PER_MINUTE = env.integer("REGISTRY_WRITES_PER_MINUTE", 600)
# Reads per minute and token, user or address; 0 is no limit.
REGISTRY_READS_PER_MINUTE = env.integer("REGISTRY_READS_PER_MINUTE", 0)
# How long an Idempotency-Key is remembered, in hours.
REGISTRY_IDEMPOTENCY_HOURS = env.integer("REGISTRY_IDEMPOTENCY_HOURS", 24, low=1, high=8760)
# Longest request body, in bytes; a longer one is 413.
REGISTRY_MAX_BODY_BYTES = env.integer("REGISTRY_MAX_BODY_BYTES", 1_048_576, low=1024)
DATA_UPLOAD_MAX_MEMORY_SIZE = REGISTRY_MAX_BODY_BYTES

# Calls to providers, and background work
# ----------------------------------------------------------------------------
# One whole call to a provider, in seconds: name, connection, TLS, headers and body.
REGISTRY_HTTP_SECONDS = env.integer("REGISTRY_HTTP_SECONDS", 10, low=1, high=60)
# Longest answer of a provider that is read, in bytes; a list of models may have 4 MiB.
REGISTRY_HTTP_MAX_BYTES = env.integer("REGISTRY_HTTP_MAX_BYTES", 1_048_576, low=1024)
# All calls of one connection test together, in seconds.
REGISTRY_TEST_SECONDS = env.integer("REGISTRY_TEST_SECONDS", 15, low=1, high=60)
# How long a host may take to load a model (Ollama), in seconds, beside REGISTRY_TEST_SECONDS.
REGISTRY_LOAD_SECONDS = env.integer("REGISTRY_LOAD_SECONDS", 45, low=1, high=60)
# Calls to one host at once, by all workers together.
REGISTRY_HOST_CONCURRENCY = env.integer("REGISTRY_HOST_CONCURRENCY", 8, low=1, high=64)
# Pause between two tests of one model that people ask for in the admin, in seconds.
REGISTRY_TEST_PAUSE_SECONDS = env.integer("REGISTRY_TEST_PAUSE_SECONDS", 10, low=0, high=3600)
# How long finished tests are kept, in days; the timeline of a model's health stays.
REGISTRY_TEST_DAYS = env.integer("REGISTRY_TEST_DAYS", 90, low=1, high=3650)
# Threads of a worker process; more than REGISTRY_HOST_CONCURRENCY, so that one slow host does
# not keep the others waiting.
REGISTRY_WORKER_THREADS = env.integer("REGISTRY_WORKER_THREADS", 16, low=1, high=256)
# TCP port of the sandbox provider, on 127.0.0.1.
REGISTRY_SANDBOX_PORT = env.integer("REGISTRY_SANDBOX_PORT", 8100, low=1, high=65535)

# Clients that report what they can serve
# ----------------------------------------------------------------------------
# How long a quota mark blocks when the client does not say, in seconds.
REGISTRY_QUOTA_SECONDS = env.integer("REGISTRY_QUOTA_SECONDS", 300, low=1, high=86_400)
# A client that has not been heard of for so long is taken off the lists, in seconds; 0 is never.
REGISTRY_CLIENT_MAX_AGE = env.integer("REGISTRY_CLIENT_MAX_AGE", 0)
# A passed connection test with inference ends the quota marks on that model of that provider.
REGISTRY_TEST_CLEARS_QUOTA = env.boolean("REGISTRY_TEST_CLEARS_QUOTA", True)
# How long `/api/v1/changes` remembers, in days.
REGISTRY_CHANGES_DAYS = env.integer("REGISTRY_CHANGES_DAYS", 90, low=1, high=3650)

# The web server
# ----------------------------------------------------------------------------
# Processes, each with its own memory of prepared lists.
REGISTRY_WEB_WORKERS = env.integer("REGISTRY_WEB_WORKERS", 2, low=1, high=64)
# Threads of a process, each with its own database connection.
REGISTRY_WEB_THREADS = env.integer("REGISTRY_WEB_THREADS", 4, low=1, high=64)
# DEBUG, INFO, WARNING or ERROR.
REGISTRY_LOG_LEVEL = env.choice("REGISTRY_LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR"))

# Database and cache
# ----------------------------------------------------------------------------
# Readers beside one writer (WAL); a writer takes its lock when its transaction begins, so
# that it waits (20 s) instead of failing half-way.
SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL",
}
# postgres://user:password@host:port/name, or sqlite:////folder/file.
DATABASES: dict[str, dict[str, Any]] = {
    "default": env.database("DATABASE_URL")
    or {"ENGINE": "django.db.backends.sqlite3", "NAME": DATA_DIR / "registry.sqlite3"}
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"] |= {"ENGINE": "config.sqlite", "OPTIONS": SQLITE_OPTIONS}
    # Opening the file costs as much as a chooser list's whole request.
    DATABASES["default"]["CONN_MAX_AGE"] = 60
    DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
else:
    # No query here runs so long that compiling it first would pay.
    DATABASES["default"].setdefault("OPTIONS", {}).setdefault("options", "-c jit=off")
    DATABASES["default"] |= {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# redis://host:port/number
REDIS_URL = env.text("REDIS_URL")
# Rings the workers; without Redis it is a folder of files. config/queue.py has the rest.
REGISTRY_BROKER_URL = REDIS_URL or "filesystem://localhost//"
REGISTRY_CELERY_APP = "config.celery.app"

# The parts
# ----------------------------------------------------------------------------
INSTALLED_APPS = [
    # Not "unfold" alone: that puts unfold's own site in place of ours.
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "config.admin_site.RegistryAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "auditlog",
    "audit.apps.AuditConfig",
    "registry.apps.RegistryConfig",
    "roles.apps.RolesConfig",
]
MIDDLEWARE = [
    "config.middleware.TrustedProxies",
    "django.middleware.security.SecurityMiddleware",
    "config.middleware.ResponseHeaders",
    "config.middleware.NoLargeForms",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "audit.middleware.AuditContextMiddleware",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
APPEND_SLASH = False
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
STATIC_URL = "/static/"
STATICFILES_DIRS = [path for path in (BASE_DIR / "static",) if path.is_dir()]
# Served from the packages as they are: nothing to collect before a start.
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False

# Language and time
# ----------------------------------------------------------------------------
LANGUAGE_CODE = "en-gb"
USE_I18N = True
USE_TZ = True
# The zone in which the admin shows times; the API always answers in UTC.
TIME_ZONE = env.time_zone("REGISTRY_TIME_ZONE", "UTC")

# Login, sessions and cookies
# ----------------------------------------------------------------------------
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
CSRF_FAILURE_VIEW = "config.errors.csrf_failed"
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "/admin/"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = REGISTRY_HTTPS
CSRF_COOKIE_SECURE = REGISTRY_HTTPS
SECURE_SSL_REDIRECT = REGISTRY_HTTPS
# Probes come from inside, without https.
SECURE_REDIRECT_EXEMPT = [r"^livez$", r"^readyz$"]
SECURE_HSTS_SECONDS = int(timedelta(days=365).total_seconds()) if REGISTRY_HTTPS else 0
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# Libraries
# ----------------------------------------------------------------------------
AUDITLOG_LOGENTRY_MODEL = "audit.LogEntry"
# Its own migrations would create the table that ours replaces.
MIGRATION_MODULES = {"auditlog": None}
DATABASE_ROUTERS = ["audit.tracking.TrailRouter"]
AUDITLOG_STORE_JSON_CHANGES = True
AUDITLOG_INCLUDE_ALL_MODELS = False
# The trail names what a link pointed to, not its number.
AUDITLOG_USE_FK_STRING_REPRESENTATION = True
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "registry.api.authentication.TokenAuthentication",
        "registry.api.authentication.AdminSessionAuthentication",
    ],
    # A view that declares nothing is closed.
    "DEFAULT_PERMISSION_CLASSES": ["registry.api.permissions.Denied"],
    "DEFAULT_PARSER_CLASSES": ["config.api.parsers.BoundedJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PAGINATION_CLASS": "config.api.pagination.PagePagination",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "config.api.errors.handler",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    # No ?format= and no .json: one shape at one address.
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS = api_document.SPECTACULAR
UNFOLD = admin_look.UNFOLD

# Errors and logs: never a value that came with a request
# ----------------------------------------------------------------------------
DEFAULT_EXCEPTION_REPORTER = "config.reporting.ClosedReporter"
DEFAULT_EXCEPTION_REPORTER_FILTER = "config.reporting.ClosedReporterFilter"
LOGGING = logs.configuration(REGISTRY_LOG_LEVEL)
