"""Settings. Everything a deployment decides is read from the environment (see `.env.example`).

Two modes, told apart by `PORTAL_MODE`:

* `rehearsal` (default): an embedded database when `DATABASE_URL` is unset, a clock that can be
  moved, a mailbox page instead of a mail server. Nothing to install, nothing to configure.
* `production`: refuses to start unless what must be set is set (`portal/checks.py`).
"""

from pathlib import Path

import environ
from django.utils.translation import gettext_lazy as _

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
environ.Env.read_env(BASE_DIR / ".env")

PORTAL_MODE = env.str("PORTAL_MODE", default="rehearsal")
PRODUCTION = PORTAL_MODE == "production"
REHEARSAL = not PRODUCTION
DEBUG = env.bool("DEBUG", default=False)

# --- Names and addresses -------------------------------------------------------------------------

PLATFORM_NAME = env.str("PLATFORM_NAME", default="Fernwell")
PROGRAMME_NAME = env.str("PROGRAMME_NAME", default="Fernwell Partners")
ISSUER_NAME = env.str("ISSUER_NAME", default="Fernwell Sites Ltd")
ISSUER_CODE = env.str("ISSUER_CODE", default="FW")
# As invoices show them. What is right for the demo would be wrong on anybody's real invoices.
ISSUER_ADDRESS = env.list(
    "ISSUER_ADDRESS", default=[] if PRODUCTION else ["1 Fern Lane", "Marshford", "United Kingdom"]
)
ISSUER_TAX_NUMBER = env.str("ISSUER_TAX_NUMBER", default="" if PRODUCTION else "GB 000 0000 00")
SITE_URL = env.str("SITE_URL", default="http://localhost:8000").rstrip("/")
SUPPORT_EMAIL = env.str("SUPPORT_EMAIL", default="partners@fernwell.example")
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default=f"{PROGRAMME_NAME} <{SUPPORT_EMAIL}>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])

# In rehearsal the key is only there to be stable between restarts; production must bring its own.
REHEARSAL_SECRET_KEY = "rehearsal-only-key-that-production-refuses-to-start-with"  # noqa: S105
SECRET_KEY = env.str("SECRET_KEY", default=REHEARSAL_SECRET_KEY)

# --- Applications --------------------------------------------------------------------------------

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "csp",
    "django_htmx",
    "pgtrigger",
    "pghistory",
    "portal",
    "portal.mail",
    "partners",
    "billing",
    "claims",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "portal.middleware.RehearsalClockMiddleware",
    "portal.middleware.StaffSecondFactorMiddleware",
    "portal.middleware.AuditMiddleware",
]

ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portal.context.names",
            ],
        },
    }
]

# --- Database ------------------------------------------------------------------------------------

if "DATABASE_URL" in env.ENVIRON and env.str("DATABASE_URL"):
    DATABASE_URL = env.str("DATABASE_URL")
elif PRODUCTION:
    DATABASE_URL = ""  # portal/checks.py says what is missing
else:
    from portal.lib import embedded_postgres

    DATABASE_URL = embedded_postgres.url(BASE_DIR / "var" / "postgres")

DATABASES = {
    "default": {
        **env.db_url_config(DATABASE_URL or "postgres://unset"),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }
}
# A socket's folder comes as `?host=`; put where `manage.py dbshell` finds it too.
_socket = DATABASES["default"].get("OPTIONS", {}).pop("host", "")
DATABASES["default"]["HOST"] = _socket or DATABASES["default"]["HOST"]

# Rate limits are counted here, so that several processes need a cache they share.
CACHES = {
    "default": env.cache_url("CACHE_URL", default="locmemcache://"),
    # Parts of pages that are the same for everyone: drawn anew by each version that starts.
    "template_fragments": env.cache_url_config("locmemcache://fragments"),
}

# --- Jobs ----------------------------------------------------------------------------------------


def _broker_on(database_url: str) -> str:
    """Celery over the portal's own database, for one machine without a broker."""
    scheme, _, rest = database_url.partition("://")
    return f"sqla+postgresql+psycopg://{rest}" if scheme.startswith("postgres") else ""


CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default="") or _broker_on(DATABASE_URL)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_SOFT_TIME_LIMIT = 30 * 60
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_REDIRECT_STDOUTS = False
if CELERY_BROKER_URL.startswith("sqla+"):
    # The database carries tasks; remote control would leave a queue behind at every start.
    CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
    CELERY_BROKER_TRANSPORT_OPTIONS = {"pool_pre_ping": True, "pool_size": 2}

# --- Mail ----------------------------------------------------------------------------------------
# Every mail is a row first (portal/mail). In rehearsal "sending" means: it is in the mailbox page.

vars().update(env.email_url("EMAIL_URL", default="dummymail://"))
EMAIL_TIMEOUT = 30  # seconds; a server that hangs must not hang the queue
# Who carries the mail on and tells what became of it (portal/mail/providers.py); or nobody.
MAIL_PROVIDER = env.str("MAIL_PROVIDER", default="")
ANYMAIL = {
    "WEBHOOK_SECRET": env.str("MAIL_EVENTS_SECRET", default=""),
    "MAILGUN_WEBHOOK_SIGNING_KEY": env.str("MAIL_EVENTS_SIGNING_KEY", default=""),
}

# --- People --------------------------------------------------------------------------------------

AUTH_USER_MODEL = "portal.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "start"
ACCOUNT_ADAPTER = "portal.people.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_SIGNUP_FORM_CLASS = "portal.people.NameForm"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_CONFIRM_EMAIL_ON_GET = False
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = True
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
ACCOUNT_DEFAULT_HTTP_PROTOCOL = SITE_URL.partition("://")[0]
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = REHEARSAL
MFA_TOTP_ISSUER = PROGRAMME_NAME
# How many proxies of ours stand before the portal: whose word on a visitor's address counts.
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", default=0)
STAFF_SESSION_SECONDS = 8 * 60 * 60

# --- Language, time, money -----------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English (US)")), ("en-gb", _("English (UK)"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
# The zone in which "today" is decided for charges, points and deadlines, and in which times show.
BUSINESS_TIME_ZONE = TIME_ZONE = env.str("BUSINESS_TIME_ZONE", default="Europe/London")
CURRENCIES = env.list("CURRENCIES", default=["USD", "EUR", "GBP", "JPY"])

# --- Gateway -------------------------------------------------------------------------------------

PAYMENT_GATEWAY = env.str("PAYMENT_GATEWAY", default="simulated")
STRIPE_SECRET_KEY = env.str("STRIPE_SECRET_KEY", default="")
STRIPE_WEBHOOK_SECRET = env.str("STRIPE_WEBHOOK_SECRET", default="")
STRIPE_API_BASE = env.str("STRIPE_API_BASE", default="https://api.stripe.com").rstrip("/")

# --- Static files --------------------------------------------------------------------------------

STATIC_URL = "static/"
# Collected for production only; rehearsal serves the sources (and WhiteNoise warns of no folder).
STATIC_ROOT = BASE_DIR / "staticfiles" if PRODUCTION else None
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = REHEARSAL
WHITENOISE_AUTOREFRESH = REHEARSAL
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}

# --- Security ------------------------------------------------------------------------------------

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = PRODUCTION
SECURE_SSL_REDIRECT = PRODUCTION
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PRODUCTION else None
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = PRODUCTION
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    },
}

# --- The admin -----------------------------------------------------------------------------------
# Who may do what stands in portal/staff/roles.py, the sidebar in portal/staff/navigation.py. The
# admin's pages have a security policy of their own (portal/staff/site.py).

UNFOLD = {
    "SITE_TITLE": PROGRAMME_NAME,
    "SITE_HEADER": PROGRAMME_NAME,
    "SITE_SUBHEADER": _("Staff"),
    "SITE_SYMBOL": "eco",
    "SITE_FAVICONS": [{"rel": "icon", "href": "portal.staff.navigation.favicon"}],
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "BORDER_RADIUS": "6px",
    "STYLES": ["portal.staff.navigation.fonts", "portal.staff.navigation.stylesheet"],
    "SIDEBAR": {"show_search": True, "navigation": "portal.staff.navigation.sidebar"},
    "ACCOUNT": {
        "navigation": [
            {"title": _("Your second factor"), "link": "portal.staff.navigation.sign_in_link"}
        ]
    },
    # The portal's paper and fern (static/css/tokens.css), as steps from light to dark.
    "COLORS": {
        "base": {
            "50": "#f5f4ee",
            "100": "#eae9e0",
            "200": "#dddbcf",
            "300": "#c3c2b5",
            "400": "#9aa79e",
            "500": "#5f6962",
            "600": "#465049",
            "700": "#2b3731",
            "800": "#1f2924",
            "900": "#17201b",
            "950": "#101613",
        },
        "primary": {
            "50": "#f2f8f3",
            "100": "#e1ebdd",
            "200": "#c5dec9",
            "300": "#a5d3b3",
            "400": "#8ad2a4",
            "500": "#4f9f71",
            "600": "#1d5b3d",
            "700": "#174c33",
            "800": "#123f2a",
            "900": "#0e3322",
            "950": "#081f15",
        },
    },
}

# --- Logging -------------------------------------------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "portal.lib.logs.WithoutTokens",
            "format": "%(asctime)s %(levelname)s %(name)s: %(message)s",
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {
        "django.server": {"level": "WARNING"},
        "celery": {"level": "WARNING"},
    },
}
SILENCED_SYSTEM_CHECKS: list[str] = []
