"""Seeing an account's pages as it sees them: asked for with a reason, and every visit kept."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin import ModelAdmin
from django.http import HttpRequest, HttpResponseRedirect
from django.shortcuts import redirect
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextInputWidget

from partners.actions.visits import begin_visit, end_visit
from partners.errors import OnVisitAlreadyError
from partners.models import Account, StaffVisit
from partners.models.visits import REASON_LENGTH
from portal.lib import clock
from portal.staff.admins import ReadOnlyAdmin, link_to
from portal.staff.decisions import DecidingAdmin, Decision, RefusedError
from portal.staff.site import admin_site


class ReasonForm(forms.Form):
    """Why somebody of staff looks on."""

    reason = forms.CharField(
        label=_("Why do you look?"),
        help_text=_("Kept with your name, the account and the time."),
        max_length=REASON_LENGTH,
        widget=UnfoldAdminTextInputWidget,
    )


class LookingOn(Decision):
    """See an account's pages as its owner does."""

    name = "visit"
    permission = "partners.add_staffvisit"
    title = _("See what the account sees")
    words = _(
        "You read its pages as its owner would, for half an hour, and nothing can be changed from"
        " there. A red line on every page says so. The visit is kept, with your reason."
    )
    button = _("Look on")
    form_class = ReasonForm
    confirms_identity = True

    def decide(self, request: HttpRequest, row: Account, cleaned: dict[str, Any]) -> str:
        try:
            visit = begin_visit(row, reason=cleaned["reason"], by=request.user, at=clock.now())  # type: ignore[arg-type]
        except OnVisitAlreadyError as refusal:
            words = _now("You look on at %(account)s already; this is the same visit.")
            raise RefusedError(words % {"account": row}) from refusal
        return _now("You look on at %(account)s.") % {"account": visit.account}

    def leave(self, _admin: ModelAdmin, rows: Sequence[Any]) -> HttpResponseRedirect:
        """To the account's own pages."""
        return redirect("home:home", account_ref=rows[0].ref)


class Leaving(Decision):
    """The visit is over."""

    name = "ending"
    permission = "partners.add_staffvisit"
    title = _("End the visit")
    words = _("You leave the account’s pages.")
    button = _("Leave")
    select_related = ("account",)

    def ready(self, row: StaffVisit) -> bool:
        return row.ended_at is None

    def decide(self, request: HttpRequest, row: StaffVisit, _cleaned: dict[str, Any]) -> str:
        if row.by_id != request.user.pk or not end_visit(row.by, at=clock.now()):
            raise RefusedError(_now("This visit is over, or not yours to end."))
        return _now("You have left %(account)s.") % {"account": row.account}


@admin.register(StaffVisit, site=admin_site)
class StaffVisitAdmin(DecidingAdmin, ReadOnlyAdmin):
    """Who looked on, when and why; begun on the account's page."""

    list_display = ("of_account", "by", "reason", "began_at", "ends_at", "ended_at")
    list_select_related = ("account", "by")
    search_fields = ("account__name__icontains", "account__ref__exact", "by__email__iexact")
    ordering = ("-id",)
    fields = (("account", "by"), "reason", ("began_at", "ends_at", "ended_at"))
    leaving = Leaving()
    decisions = (leaving,)

    @display(description=_("account"))
    def of_account(self, visit: StaffVisit) -> str:
        return link_to(visit.account)
