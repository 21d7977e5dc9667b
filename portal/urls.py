"""Every address of the portal."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.urls import include, path
from django.views.i18n import set_language

from portal.home.views import start
from portal.staff.site import admin_site

urlpatterns = [
    path("", start.start, name="start"),
    path("health/", start.health, name="health"),
    path("language/", login_not_required(set_language), name="set_language"),
    path("people/", include("allauth.urls")),
    path("admin/", admin_site.urls),
    path("", include("portal.home.urls")),
    path("", include("partners.urls")),
    path("", include("billing.urls")),
    path("", include("claims.urls")),
    path("", include("portal.mail.urls")),
]

if settings.REHEARSAL:
    urlpatterns.append(path("rehearsal/", include("portal.home.rehearsal_urls")))
