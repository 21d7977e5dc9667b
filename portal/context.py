"""Names every template may use."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from portal.lib import clock


def names(request: HttpRequest) -> dict[str, Any]:
    return {
        "PLATFORM_NAME": settings.PLATFORM_NAME,
        "PROGRAMME_NAME": settings.PROGRAMME_NAME,
        "SUPPORT_EMAIL": settings.SUPPORT_EMAIL,
        "SITE_URL": settings.SITE_URL,
        "REHEARSAL": settings.REHEARSAL,
        "today": clock.today(),
    }
