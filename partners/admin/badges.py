"""Badges taken away by staff, and given back."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminTextInputWidget

from partners.actions.badges import lift_revocation, revoke_badge
from partners.badge_states import badge_of
from partners.errors import AlreadyLiftedError, AlreadyRevokedError, NotAPartnerError
from partners.models import Account, BadgeRevocation, Enrolment
from partners.models.badges import REASON_LENGTH
from portal.lib import clock
from portal.lib.nudge import nudge
from portal.mail.tasks import send_mail
from portal.staff.admins import ReadOnlyAdmin, link_to
from portal.staff.decisions import DecidingAdmin, Decision, RefusedError
from portal.staff.site import admin_site


class ReasonForm(forms.Form):
    """Why the badge is taken away."""

    reason = forms.CharField(
        label=_("Why is it revoked?"),
        help_text=_("The account reads it, word for word. Kept with your name."),
        max_length=REASON_LENGTH,
        widget=UnfoldAdminTextInputWidget,
    )


class BecauseForm(forms.Form):
    """Why the badge is given back."""

    because = forms.CharField(
        label=_("Why is it given back?"),
        help_text=_("For your colleagues. Kept with your name."),
        max_length=REASON_LENGTH,
        widget=UnfoldAdminTextInputWidget,
    )


class Revoking(Decision):
    """Take badges away; ranks and points stay."""

    name = "badge_revocation"
    permission = "partners.add_badgerevocation"
    title = _("Revoke badges")
    words = _(
        "Wherever it is embedded, the badge says within five minutes that it is revoked, and the"
        " page where anyone can check it says so at once. The account is told by mail. Its points"
        " and its rank stay."
    )
    button = _("Revoke")
    form_class = ReasonForm
    confirms_identity = True

    def describe(self, row: Account) -> str:
        return _now("%(account)s, holding the rank %(rank)s") % {
            "account": row,
            "rank": badge_of(row, on=clock.today()).held.name,
        }

    def ready(self, row: Account) -> bool:
        is_revoked = row.badge_revocations.in_force().exists()
        return not is_revoked and Enrolment.objects.filter(account=row).exists()

    def decide(self, request: HttpRequest, row: Account, cleaned: dict[str, Any]) -> str:
        try:
            revoke_badge(row, reason=cleaned["reason"], by=request.user, at=clock.now())  # type: ignore[arg-type]
        except AlreadyRevokedError as refusal:
            words = _now("%(account)s: revoked already; left as it is.")
            raise RefusedError(words % {"account": row}) from refusal
        except NotAPartnerError as refusal:
            words = _now("%(account)s has not joined, so it has no badge.")
            raise RefusedError(words % {"account": row}) from refusal
        nudge(send_mail)
        return _now("%(account)s: revoked. The account is told by mail.") % {"account": row}


class GivingBack(Decision):
    """Lift revocations: badges show ranks again."""

    name = "lifting"
    permission = "partners.change_badgerevocation"
    title = _("Give badges back")
    words = _("The badge shows the rank held again, and the account is told by mail.")
    button = _("Give back")
    form_class = BecauseForm
    select_related = ("account",)

    def describe(self, row: BadgeRevocation) -> str:
        return _now("%(revocation)s, revoked because: %(reason)s") % {
            "revocation": row,
            "reason": row.reason,
        }

    def ready(self, row: BadgeRevocation) -> bool:
        return row.lifted_at is None

    def decide(self, request: HttpRequest, row: BadgeRevocation, cleaned: dict[str, Any]) -> str:
        try:
            lift_revocation(row, because=cleaned["because"], by=request.user, at=clock.now())  # type: ignore[arg-type]
        except AlreadyLiftedError as refusal:
            words = _now("%(account)s: given back already; left as it is.")
            raise RefusedError(words % {"account": row.account}) from refusal
        nudge(send_mail)
        return _now("%(account)s: given back. The account is told by mail.") % {
            "account": row.account
        }


@admin.register(BadgeRevocation, site=admin_site)
class BadgeRevocationAdmin(DecidingAdmin, ReadOnlyAdmin):
    """Revoked on the account's page, given back here."""

    list_display = ("of_account", "revoked_at", "reason", "revoked_by", "is_in_force")
    list_select_related = ("account", "revoked_by")
    list_filter = (("lifted_at", admin.EmptyFieldListFilter),)
    search_fields = ("account__name__icontains", "account__email__iexact", "account__ref__exact")
    ordering = ("-id",)
    fields = (
        ("account", "reason"),
        ("revoked_by", "revoked_at"),
        ("lifted_by", "lifted_at", "lifted_because"),
    )
    actions_detail = ("lift_this",)
    giving_back = GivingBack()
    decisions = (giving_back,)

    @display(description=_("account"))
    def of_account(self, revocation: BadgeRevocation) -> str:
        return link_to(revocation.account)

    @display(description=_("in force"), boolean=True)
    def is_in_force(self, revocation: BadgeRevocation) -> bool:
        return revocation.lifted_at is None

    def has_lift_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whether this person may; for one revocation, whether it is in force."""
        may = request.user.has_perm(GivingBack.permission)
        in_force = BadgeRevocation.objects.in_force()
        return may and (not object_id or in_force.filter(pk=object_id).exists())

    @action(description=_("Give the badge back"), permissions=["lift"], icon="undo")
    def lift_this(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.giving_back.ask(self, request, BadgeRevocation.objects.filter(pk=object_id))
