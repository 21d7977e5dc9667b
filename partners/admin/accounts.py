"""Accounts, who sits in them, and their sites."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.db.models.functions import Lower
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern
from django.utils.formats import date_format
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from partners.addresses import as_stored
from partners.admin import adjusting
from partners.admin.account_parts import account_parts
from partners.admin.badges import Revoking
from partners.admin.visits import LookingOn
from partners.models import (
    Account,
    Contributor,
    Enrolment,
    Membership,
    PendingMembership,
    Site,
    SiteMove,
)
from portal.staff.admins import (
    KeptAdmin,
    ReadOnlyAdmin,
    ReadOnlyInline,
    Section,
    link_to,
    list_url,
)
from portal.staff.decisions import DecidingAdmin
from portal.staff.finding import Findable, Way, begins, equals
from portal.staff.parts import sections_of
from portal.staff.site import admin_site

# What an account leads to: the words, the list, and the permission to see it.
SHORTCUTS = (
    (_("Sites"), "partners.site"),
    (_("Points ledger"), "partners.pointsentry"),
    (_("Adjustments"), "partners.adjustmentrequest"),
    (_("Questions on lines"), "partners.linequestion"),
    (_("Revoked badges"), "partners.badgerevocation"),
    (_("Standings"), "partners.standing"),
    (_("Marketplace"), "partners.listing"),
    (_("Requests for quotes"), "partners.quoterequest"),
    (_("Claims, made and received"), "claims.claim"),
    (_("Subscriptions"), "billing.subscription"),
    (_("Invoices"), "billing.invoice"),
    (_("Payment methods"), "billing.paymentmethod"),
    (_("Mail"), "mail.message"),
)


class MembershipInline(ReadOnlyInline):
    model = Membership
    fields = ("user", "role", "since_at")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("user")  # type: ignore[no-any-return]


class PendingMembershipInline(ReadOnlyInline):
    model = PendingMembership
    by = "account"
    fields = ("email", "role")
    readonly_fields = fields


@admin.register(Account, site=admin_site)
class AccountAdmin(DecidingAdmin, KeptAdmin):
    """Accounts come from the platform; staff keep their name and addresses."""

    list_display = ("name", "email", "country", "currency", "joined", "ref")
    list_select_related = ("enrolment",)
    search_fields = (
        "name__icontains",
        "email__iexact",
        "ref__exact",
        "platform_ref__exact",
        "sites__address__icontains",
        "memberships__user__email__iexact",
        "memberships__user__ref__exact",
    )
    ordering = (Lower("name"), "id")
    fields = (
        ("name", "email", "invoice_email"),
        ("country", "currency", "joined"),
        ("ref", "platform_ref", "created_at"),
    )
    readonly_fields = ("country", "currency", "joined", "ref", "platform_ref", "created_at")
    inlines = (MembershipInline, PendingMembershipInline)
    history_below = ((Membership, "account_id"),)
    actions_detail = ("look_on", "adjust_points", "revoke_badge")
    adjusting_points, revoking, looking_on = adjusting.AdjustingPoints(), Revoking(), LookingOn()
    decisions = (revoking, looking_on)

    @display(description=_("in the programme since"))
    def joined(self, account: Account) -> str:
        enrolment = getattr(account, "enrolment", None)
        return date_format(enrolment.enrolled_on, "DATE_FORMAT") if enrolment else "–"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_adjust_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whether this person may; for one account, whether it is in the programme."""
        may = request.user.has_perm(adjusting.PERMISSION)
        return may and (not object_id or Enrolment.objects.filter(account=object_id).exists())

    @action(description=_("Adjust points"), permissions=["adjust"], icon="exposure")
    def adjust_points(self, _request: HttpRequest, object_id: str) -> HttpResponse:
        return redirect(f"admin:{adjusting.NAME}", object_id)

    def has_revoke_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whether this person may; for one account, whether there is a badge to revoke."""
        may = request.user.has_perm(Revoking.permission)
        account = Account.objects.filter(pk=object_id).first() if may and object_id else None
        return may and (account is None or self.revoking.ready(account))

    @action(description=_("Revoke badge"), permissions=["revoke"], icon="block")
    def revoke_badge(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.revoking.ask(self, request, Account.objects.filter(pk=object_id))

    def has_look_permission(self, request: HttpRequest, _object_id: Any = None) -> bool:
        return request.user.has_perm(LookingOn.permission)

    @action(description=_("See what it sees"), permissions=["look"], icon="visibility")
    def look_on(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.looking_on.ask(self, request, Account.objects.filter(pk=object_id))

    def get_urls(self) -> list[URLPattern]:
        return [*self.adjusting_points.urls(self), *super().get_urls()]

    def get_sections(self, request: HttpRequest, row: Account) -> list[Section]:
        """The latest of what belongs to the account, the ways to all of it, and its history."""
        query = urlencode({"q": row.ref})
        shortcuts = [
            (words, list_url(label, query=query))
            for words, label in SHORTCUTS
            if request.user.has_perm(label.replace(".", ".view_"))
        ]
        everything = Section(
            _("Everything of this account"), "staff/shortcuts.html", {"shortcuts": shortcuts}
        )
        parts = sections_of(account_parts, row, request=request)
        return [*parts, everything, *super().get_sections(request, row)]


class ContributorInline(ReadOnlyInline):
    model = Contributor
    by = "site"
    fields = ("account", "from_on", "to_on")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("account")  # type: ignore[no-any-return]


class SiteMoveInline(ReadOnlyInline):
    model = SiteMove
    by = "site"
    fields = ("moved_on", "from_account", "to_account")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        accounts = ("from_account", "to_account")
        return super().get_queryset(request).select_related(*accounts)  # type: ignore[no-any-return]


@admin.register(Site, site=admin_site)
class SiteAdmin(ReadOnlyAdmin):
    """Sites, who held them and who contributes to them, as the platform says."""

    list_display = ("address", "name", "in_account", "created_at")
    list_select_related = ("account",)
    search_fields = (
        "address__icontains",
        "name__icontains",
        "ref__exact",
        "platform_ref__exact",
        "account__name__icontains",
        "account__email__iexact",
        "account__ref__exact",
    )
    ordering = ("address",)
    fields = (("address", "name"), "account", ("ref", "platform_ref", "created_at"))
    inlines = (ContributorInline, SiteMoveInline)
    history_below = ((Contributor, "site_id"),)

    @display(description=_("account"))
    def in_account(self, site: Site) -> str:
        return link_to(site.account)

    def get_sections(self, request: HttpRequest, row: Site) -> list[Section]:
        """Ways to what happened to the site, and its history."""
        query = urlencode({"q": row.address})
        labels = (
            (_("Claims on it"), "claims.claim"),
            (_("Subscriptions"), "billing.subscription"),
            (_("Qualifying events"), "partners.qualifyingevent"),
            (_("Points it brought"), "partners.pointsentry"),
        )
        shortcuts = [
            (words, list_url(label, query=query))
            for words, label in labels
            if request.user.has_perm(label.replace(".", ".view_"))
        ]
        related = Section(_("Elsewhere"), "staff/shortcuts.html", {"shortcuts": shortcuts})
        return [related, *super().get_sections(request, row)]


def _ways_to_accounts(term: str) -> list[Way]:
    return [begins("name", term), equals("email", term), Q(ref=term), Q(platform_ref=term)]


def _ways_to_sites(term: str) -> list[Way]:
    return [Q(address__startswith=as_stored(term)), Q(ref=term), Q(platform_ref=term)]


admin_site.findable.append(
    Findable(
        title=_("Accounts"),
        model=Account,
        ways=_ways_to_accounts,
        detail=lambda account: f"{account.ref} · {account.email}",
    )
)
admin_site.findable.append(
    Findable(
        title=_("Sites"),
        model=Site,
        ways=_ways_to_sites,
        detail=lambda site: site.account.name,
        select_related=("account",),
    )
)
