"""Points, and what they follow from: all of it facts, none of it edited."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from partners.models import (
    ContributorApproval,
    Enrolment,
    EventVoid,
    PointsDue,
    PointsEntry,
    QualifyingEvent,
    Standing,
)
from portal.staff.admins import ReadOnlyAdmin, ReadOnlyInline, link_to
from portal.staff.site import admin_site

BY_ACCOUNT = ("account__name__icontains", "account__email__iexact", "account__ref__exact")


@admin.register(PointsEntry, site=admin_site)
class PointsEntryAdmin(ReadOnlyAdmin):
    """The ledger of every account, line by line."""

    list_display = ("credited_on", "of_account", "signed", "kind", "for_site", "relation", "year")
    list_select_related = ("account", "site", "programme_year")
    list_filter = ("kind", "relation", "programme_year")
    search_fields = (*BY_ACCOUNT, "site__address__icontains", "event__source__exact")
    ordering = ("-id",)
    fields = (
        ("account", "programme_year"),
        ("kind", "points", "credited_on"),
        ("site", "relation"),
        ("event", "rule", "reverses"),
        ("note", "entered_by", "created_at"),
    )

    @display(description=_("account"))
    def of_account(self, entry: PointsEntry) -> str:
        return link_to(entry.account)

    @display(description=_("site"))
    def for_site(self, entry: PointsEntry) -> str:
        return link_to(entry.site)

    @display(description=_("points"))
    def signed(self, entry: PointsEntry) -> str:
        return f"{entry.points:+d}"

    @display(description=_("year"))
    def year(self, entry: PointsEntry) -> int:
        return entry.programme_year_id


class EventVoidInline(ReadOnlyInline):
    model = EventVoid
    by = "event"
    fields = ("reason", "voided_on")
    readonly_fields = fields


@admin.register(QualifyingEvent, site=admin_site)
class QualifyingEventAdmin(ReadOnlyAdmin):
    """Activations and renewals of premium plans."""

    list_display = ("occurs_on", "kind", "of_site", "paid_on", "product_code")
    list_select_related = ("site",)
    list_filter = ("kind",)
    search_fields = ("site__address__icontains", "site__account__ref__exact", "source__exact")
    ordering = ("-id",)
    fields = (
        "site",
        ("kind", "product_code"),
        ("occurs_on", "paid_on"),
        ("source", "recorded_at"),
    )
    inlines = (EventVoidInline,)

    @display(description=_("site"))
    def of_site(self, event: QualifyingEvent) -> str:
        return link_to(event.site)


@admin.register(PointsDue, site=admin_site)
class PointsDueAdmin(ReadOnlyAdmin):
    """What is still to be decided, and on which day."""

    list_display = ("due_on", "of_account", "of_site", "relation", "event_on")
    list_select_related = ("account", "event__site")
    list_filter = ("relation",)
    search_fields = (*BY_ACCOUNT, "event__site__address__icontains")
    date_hierarchy = "due_on"
    ordering = ("due_on", "event")
    fields = (("account", "relation"), "event", "due_on")

    @display(description=_("account"))
    def of_account(self, due: PointsDue) -> str:
        return link_to(due.account)

    @display(description=_("site"))
    def of_site(self, due: PointsDue) -> str:
        return link_to(due.event.site)

    @display(description=_("event"))
    def event_on(self, due: PointsDue) -> object:
        return due.event.occurs_on


@admin.register(Standing, site=admin_site)
class StandingAdmin(ReadOnlyAdmin):
    """Each account's points of a year, as the ledger adds up."""

    list_display = ("of_account", "programme_year", "points", "final_level")
    list_select_related = ("account", "programme_year")
    list_filter = ("programme_year",)
    search_fields = BY_ACCOUNT
    ordering = ("-programme_year", "-points", "-id")
    fields = ("account", ("programme_year", "points", "final_level"))

    @display(description=_("account"))
    def of_account(self, standing: Standing) -> str:
        return link_to(standing.account)


@admin.register(Enrolment, site=admin_site)
class EnrolmentAdmin(ReadOnlyAdmin):
    """Who joined, when, and under which terms."""

    list_display = ("of_account", "enrolled_on", "enrolled_by", "terms")
    list_select_related = ("account", "enrolled_by", "terms")
    search_fields = (*BY_ACCOUNT, "enrolled_by__email__iexact")
    ordering = ("-id",)
    fields = ("account", ("enrolled_at", "enrolled_by"), "terms")

    @display(description=_("account"))
    def of_account(self, enrolment: Enrolment) -> str:
        return link_to(enrolment.account)


@admin.register(ContributorApproval, site=admin_site)
class ContributorApprovalAdmin(ReadOnlyAdmin):
    """For which sites an account's contribution has been confirmed."""

    list_display = ("of_account", "of_site", "from_year", "approved_on", "ended_on")
    list_select_related = ("account", "site")
    search_fields = (*BY_ACCOUNT, "site__address__icontains")
    ordering = ("-id",)
    fields = (("account", "site"), ("from_year", "approved_on", "ended_on"))

    @display(description=_("account"))
    def of_account(self, approval: ContributorApproval) -> str:
        return link_to(approval.account)

    @display(description=_("site"))
    def of_site(self, approval: ContributorApproval) -> str:
        return link_to(approval.site)
