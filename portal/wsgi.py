"""The door for a web server: `gunicorn portal.wsgi`. Shut on unsafe production settings."""

import os

from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

application = get_wsgi_application()

from billing.checks import gateway_is_configured  # noqa: E402  (needs the settings)
from portal.checks import production_is_configured  # noqa: E402

if refusals := production_is_configured() + gateway_is_configured():
    raise ImproperlyConfigured(" ".join(str(refusal.msg) for refusal in refusals))
