"""People in the admin: who they are, and what staff may do. Beside them, the history log."""

from typing import Any
from urllib.parse import urlencode

from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from portal.models import User
from portal.staff import log_pages  # noqa: F401 (registers the history log)
from portal.staff.admins import KeptAdmin, Section, list_url
from portal.staff.finding import Findable, Way, begins
from portal.staff.identity import confirm_identity
from portal.staff.site import admin_site


@admin.register(User, site=admin_site)
class UserAdmin(KeptAdmin):
    """People sign up by themselves and keep their own address and password.

    Staff give roles and close the door; only a superuser can change a superuser.
    """

    list_display = (
        "email",
        "name",
        "is_staff",
        "roles",
        "second_factor",
        "is_active",
        "last_login",
    )
    list_filter = ("is_staff", "is_active", "groups")
    search_fields = ("email__icontains", "name__icontains", "ref__exact")
    ordering = ("-id",)
    fields = (
        ("name", "email"),
        ("is_active", "is_staff", "is_superuser"),
        "groups",
        ("ref", "joined_at", "last_login"),
    )
    readonly_fields = ("email", "ref", "joined_at", "last_login", "is_superuser")
    filter_horizontal = ("groups",)
    # allauth takes up again only what was sent to an address without a query.
    preserve_filters = False

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """With their roles, and whether a second factor is set up."""
        factors = Authenticator.objects.filter(user=OuterRef("pk"))
        people: QuerySet = super().get_queryset(request)
        annotated: QuerySet = people.annotate(has_second_factor=Exists(factors))
        return annotated.prefetch_related("groups")

    @display(description=_("roles"))
    def roles(self, user: User) -> str:
        return ", ".join(group.name for group in user.groups.all()) or "–"

    @display(description=_("second factor"), boolean=True)
    def second_factor(self, user: Any) -> bool:
        return bool(user.has_second_factor)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        if obj and obj.is_superuser and not request.user.is_superuser:
            return False
        return bool(super().has_change_permission(request, obj))

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """To give roles and close doors, staff show again who they are."""
        if request.method == "POST" and self.has_change_permission(request):
            confirm_identity(request)
        page: HttpResponse = super().changeform_view(request, object_id, form_url, extra_context)
        return page

    def get_sections(self, request: HttpRequest, row: User) -> list[Section]:
        """Where else this person is found, and the history."""
        shortcuts = [
            (_("Accounts they sit in"), list_url("partners.account", query=f"q={row.ref}")),
            (_("Mail to them"), list_url("mail.message", query=f"q={row.email}")),
        ]
        if request.user.has_perm("portal.view_historyentry"):
            changes = urlencode({"person": row.email})
            shortcuts.append(
                (_("What they have changed"), list_url("portal.historyentry", query=changes))
            )
        related = Section(_("Elsewhere"), "staff/shortcuts.html", {"shortcuts": shortcuts})
        return [related, *super().get_sections(request, row)]


def _ways(term: str) -> list[Way]:
    email = Q(email__startswith=term.lower())
    return [begins("name", term), email, Q(ref=term)]


admin_site.findable.append(
    Findable(title=_("People"), model=User, ways=_ways, detail=lambda user: user.email)
)
