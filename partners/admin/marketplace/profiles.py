"""Profiles in the admin: as the public sees them, with their history."""

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from partners.models import Account, LogoImage, Profile
from portal.staff.admins import ReadOnlyAdmin, Section, link_to
from portal.staff.site import admin_site


def profile_section(account: Account) -> Section:
    """An account's profile, to be read beside the standards."""
    profile = Profile.objects.with_logo().filter(account=account).first()
    context = {"profile": profile, "more": link_to(profile, str(_("History of the profile")))}
    return Section(_("Profile"), "staff/marketplace_profile.html", context)


@admin.register(Profile, site=admin_site)
class ProfileAdmin(ReadOnlyAdmin):
    """Partners write their profiles; staff read them and every version there was."""

    list_display = ("name", "of_account", "tagline", "changed_at")
    list_select_related = ("account",)
    search_fields = (
        "name__icontains",
        "account__name__icontains",
        "account__email__iexact",
        "account__ref__exact",
    )
    ordering = ("-changed_at", "-id")
    fields = ("account", ("name", "changed_at"))

    @display(description=_("account"))
    def of_account(self, profile: Profile) -> str:
        return link_to(profile.account)

    def get_sections(self, request: HttpRequest, row: Profile) -> list[Section]:
        return [profile_section(row.account), *super().get_sections(request, row)]


@admin.register(LogoImage, site=admin_site)
class LogoImageAdmin(ReadOnlyAdmin):
    """Logos, and who put them up when."""

    list_display = ("of_account", "uploaded_at", "uploaded_by", "digest")
    list_select_related = ("account", "uploaded_by")
    search_fields = ("digest__exact", "account__name__icontains", "account__ref__exact")
    ordering = ("-uploaded_at", "-id")
    fields = ("account", ("uploaded_by", "uploaded_at"), "digest")

    @display(description=_("account"))
    def of_account(self, logo: LogoImage) -> str:
        return link_to(logo.account)
