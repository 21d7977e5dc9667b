"""Applications for the marketplace: the queue, and a page to decide on."""

from datetime import timedelta
from functools import partial
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.formats import date_format
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.decorators import action, display

from partners.admin.marketplace.deciding import Approving, Declining
from partners.admin.marketplace.profiles import profile_section
from partners.marketplace import STANDARDS_IN_WORDS
from partners.models import Application
from partners.models.marketplace import ApplicationState
from partners.rules import STANDARDS
from portal.lib import clock
from portal.staff.admins import ReadOnlyAdmin, Section, list_url
from portal.staff.decisions import DecidingAdmin
from portal.staff.queues import QueueAdmin, WorkedOff
from portal.staff.site import Queue, admin_site

QUEUE = Queue(
    title=_("Applications for the marketplace"),
    words=_("Partners who want to be listed. Look at profile, website and standards."),
    permission="partners.view_application",
    url=partial(list_url, "partners.application", query="state__exact=open"),
    waiting=partial(Application.objects.filter, state=ApplicationState.OPEN),
    since="applied_at",
)
STATE_COLOURS = {
    ApplicationState.OPEN: "info",
    ApplicationState.APPROVED: "success",
    ApplicationState.DECLINED: "danger",
}


@admin.register(Application, site=admin_site)
class ApplicationAdmin(DecidingAdmin, QueueAdmin, ReadOnlyAdmin):
    """Partners apply; staff decide, once."""

    list_display = ("of_account", "state_label", "applied_at", "age")
    list_select_related = ("account",)
    list_filter = ("state",)
    search_fields = (
        "ref__exact",
        "account__name__icontains",
        "account__email__iexact",
        "account__ref__exact",
        "account__profile__name__icontains",
        "applied_by__email__iexact",
    )
    ordering = ("applied_at", "id")
    fields = (("account", "state"), ("applied_by", "applied_at"), "ref")
    actions_detail = ("approve_this", "decline_this")
    approving, declining = Approving(), Declining()
    decisions = (approving, declining)
    worked_off = (WorkedOff(queue=QUEUE, ordering=("applied_at", "id")),)

    @display(description=_("account"))
    def of_account(self, application: Application) -> str:
        return str(application.account)

    @display(description=_("state"), label=STATE_COLOURS)
    def state_label(self, application: Application) -> tuple[str, str]:
        return application.state, application.get_state_display()

    @display(description=_("waiting for"), empty_value="–")
    def age(self, application: Application) -> str | None:
        """How long it has waited; settled, it waits no more."""
        if application.state != ApplicationState.OPEN:
            return None
        return _in_words(clock.now() - application.applied_at)

    def get_sections(self, request: HttpRequest, row: Application) -> list[Section]:
        parts = [profile_section(row.account), *super().get_sections(request, row)]
        if decision := getattr(row, "decision", None):
            told = [
                (_("decided by"), decision.decided_by),
                (_("on"), date_format(clock.date_of(decision.decided_at), "DATE_FORMAT")),
                (_("reason"), decision.reason or "–"),
                *(
                    (words, _now("met") if key in decision.standards_met else _now("not met"))
                    for key, words in ((one, STANDARDS_IN_WORDS[one]) for one in STANDARDS)
                ),
            ]
            parts.insert(0, Section(_("Decision"), "staff/facts.html", {"facts": told}))
        return parts

    # --- Deciding --------------------------------------------------------------------------------

    def has_decide_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whether this person may; for one application, whether it still waits."""
        may = request.user.has_perm(Approving.permission)
        if not (may and object_id):
            return may
        return Application.objects.open().filter(pk=object_id).exists()

    @action(description=_("Approve"), permissions=["decide"], icon="check")
    def approve_this(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.approving.ask(self, request, Application.objects.filter(pk=object_id))

    @action(description=_("Decline"), permissions=["decide"], icon="close")
    def decline_this(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.declining.ask(self, request, Application.objects.filter(pk=object_id))


def _in_words(waited: timedelta) -> str:
    if waited.days:
        return ngettext("%(n)d day", "%(n)d days", waited.days) % {"n": waited.days}
    hours = waited.seconds // 3600
    return ngettext("%(n)d hour", "%(n)d hours", hours) % {"n": hours}


admin_site.queues.append(QUEUE)
