"""Listings: who is in the directory, and taking one down or putting it up again."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from partners.actions.marketplace.listings import list_again, remove_listing
from partners.admin.marketplace.profiles import profile_section
from partners.errors import AlreadyListedError, ApplicationOpenError, NotListedError
from partners.models import Listing
from partners.models.listings import RemovalReason
from portal.lib import clock
from portal.staff.admins import ReadOnlyAdmin, Section
from portal.staff.decisions import DecidingAdmin, Decision, RefusedError, WhyForm
from portal.staff.site import admin_site


class RemovalForm(forms.Form):
    """Which standard is failed, and what to say about it."""

    reason = forms.ChoiceField(
        label=_("Why is it removed?"),
        choices=[("", _("Choose the reason")), *RemovalReason.choices],
        widget=UnfoldAdminSelectWidget,
    )
    note = forms.CharField(
        label=_("Note"),
        required=False,
        help_text=_("The partner is told the reason and this note, word for word."),
        max_length=Listing._meta.get_field("removal_note").max_length,  # noqa: SLF001
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )


class Removing(Decision):
    """Take listings down."""

    name = "removal"
    permission = "partners.change_listing"
    title = _("Remove from the marketplace")
    words = _(
        "Only failing the standards is a reason; a rank that has fallen is none. The team is told."
    )
    button = _("Remove")
    form_class = RemovalForm
    select_related = ("account",)

    def ready(self, row: Listing) -> bool:
        return row.removed_at is None

    def decide(self, request: HttpRequest, row: Listing, cleaned: dict[str, Any]) -> str:
        try:
            remove_listing(
                row,
                reason=RemovalReason(cleaned["reason"]),
                note=cleaned["note"],
                by=request.user,  # type: ignore[arg-type]
                at=clock.now(),
            )
        except NotListedError as refusal:
            text = _now("%(account)s: removed already; left as it is.")
            raise RefusedError(text % {"account": row.account}) from refusal
        return _now("%(account)s is removed. The team is told.") % {"account": row.account}


class ListingAgain(Decision):
    """Put what was removed up again."""

    name = "again"
    permission = "partners.add_listing"
    title = _("List again")
    words = _("The profile becomes public as it is now, whatever the rank. The team is told.")
    button = _("List again")
    form_class = WhyForm
    select_related = ("account",)

    def ready(self, row: Listing) -> bool:
        return row.removed_at is not None

    def decide(self, request: HttpRequest, row: Listing, _cleaned: dict[str, Any]) -> str:
        names = {"account": row.account}
        try:
            list_again(row, by=request.user, at=clock.now())  # type: ignore[arg-type]
        except AlreadyListedError as refusal:
            raise RefusedError(_now("%(account)s is listed already.") % names) from refusal
        except ApplicationOpenError as refusal:
            text = _now("%(account)s has applied again: decide on the application instead.")
            raise RefusedError(text % names) from refusal
        return _now("%(account)s is listed again. The team is told.") % names


@admin.register(Listing, site=admin_site)
class ListingAdmin(DecidingAdmin, ReadOnlyAdmin):
    """Everyone who is or was in the directory."""

    list_display = ("of_account", "state", "listed_at", "removed_at", "removed_for")
    list_select_related = ("account",)
    list_filter = (("removed_at", admin.EmptyFieldListFilter), "removed_for")
    search_fields = (
        "account__name__icontains",
        "account__email__iexact",
        "account__ref__exact",
        "account__profile__name__icontains",
    )
    ordering = ("-listed_at", "-id")
    fields = (
        "account",
        ("listed_at", "listed_by", "application"),
        ("removed_at", "removed_by"),
        ("removed_for", "removal_note"),
    )
    actions_detail = ("remove_this", "list_this_again")
    removing, listing_again = Removing(), ListingAgain()
    decisions = (removing, listing_again)

    @display(description=_("account"))
    def of_account(self, listing: Listing) -> str:
        return str(listing.account)

    @display(description=_("state"), label={"listed": "success", "removed": "danger"})
    def state(self, listing: Listing) -> tuple[str, str]:
        return ("removed", _now("removed")) if listing.removed_at else ("listed", _now("listed"))

    def get_sections(self, request: HttpRequest, row: Listing) -> list[Section]:
        return [profile_section(row.account), *super().get_sections(request, row)]

    def has_remove_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        may = request.user.has_perm(Removing.permission)
        return may and (not object_id or Listing.objects.in_force().filter(pk=object_id).exists())

    def has_again_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        may = request.user.has_perm(ListingAgain.permission)
        removed = Listing.objects.filter(pk=object_id, removed_at__isnull=False)
        return may and (not object_id or removed.exists())

    @action(description=_("Remove"), permissions=["remove"], icon="block")
    def remove_this(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.removing.ask(self, request, Listing.objects.filter(pk=object_id))

    @action(description=_("List again"), permissions=["again"], icon="undo")
    def list_this_again(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.listing_again.ask(self, request, Listing.objects.filter(pk=object_id))
