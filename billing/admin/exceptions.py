"""Accounts that billing treats otherwise: non-profits, and those left out until put right."""

from functools import partial
from typing import Any

from django.contrib import admin
from django.db import transaction
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.utils.text import Truncator
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from billing.models import NonprofitVerification, ParkedAccount
from portal.lib import clock
from portal.staff.admins import KeptAdmin, ReadOnlyAdmin, link_to, list_url
from portal.staff.decisions import DecidingAdmin, Decision, RefusedError, WhyForm
from portal.staff.site import Queue, admin_site

BY_ACCOUNT = ("account__name__icontains", "account__email__iexact", "account__ref__exact")


@admin.register(NonprofitVerification, site=admin_site)
class NonprofitVerificationAdmin(KeptAdmin):
    """Given by the person who adds it, under their name, and never taken back here."""

    list_display = ("of_account", "verified_on", "verified_by")
    list_select_related = ("account", "verified_by")
    search_fields = BY_ACCOUNT
    ordering = ("-id",)
    fields = ("account", "verified_on", "reason", "verified_by")
    autocomplete_fields = ("account",)

    @display(description=_("account"))
    def of_account(self, verification: NonprofitVerification) -> str:
        return link_to(verification.account)

    def has_change_permission(self, request: HttpRequest, *args: Any, **kwargs: Any) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("account", "verified_on", "reason", "verified_by") if obj else ("verified_by",)

    def get_form(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        """Nobody is verified without a reason; what was brought over may have none."""
        form = super().get_form(request, obj, **kwargs)
        if "reason" in form.base_fields:
            form.base_fields["reason"].required = True
        return form

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"verified_on": clock.today(), **super().get_changeform_initial_data(request)}

    def save_model(
        self, request: HttpRequest, obj: NonprofitVerification, form: ModelForm, change: Any
    ) -> None:
        obj.verified_by = request.user  # type: ignore[assignment]
        super().save_model(request, obj, form, change)


class TakingUp(Decision):
    """The data has been put right: the next run charges the account again."""

    name = "taking_up"
    permission = "billing.delete_parkedaccount"
    title = _("Take up again")
    words = _(
        "The next billing run draws up what is due for these accounts. If their data is still"
        " broken, they are parked again."
    )
    button = _("Take up again")
    form_class = WhyForm
    select_related = ("account",)

    def describe(self, row: ParkedAccount) -> str:
        return f"{row.account} – {Truncator(row.reason).chars(140)}"

    @transaction.atomic
    def decide(self, _request: HttpRequest, row: ParkedAccount, _cleaned: dict[str, Any]) -> str:
        parked = ParkedAccount.objects.select_for_update().filter(pk=row.pk)
        if not parked.exists():
            raise RefusedError(_now("%(row)s was taken up already.") % {"row": row})
        parked.delete()
        return _now("%(row)s takes part in the next billing run.") % {"row": row}


@admin.register(ParkedAccount, site=admin_site)
class ParkedAccountAdmin(DecidingAdmin, ReadOnlyAdmin):
    """Accounts whose data broke a billing run, oldest first."""

    list_display = ("of_account", "parked_at", "short_reason")
    list_select_related = ("account",)
    search_fields = (*BY_ACCOUNT, "reason__icontains")
    fields = ("account", "parked_at", "reason")
    actions = ("take_up_again",)
    actions_detail = ("take_up_this",)
    taking_up = TakingUp()
    decisions = (taking_up,)

    @display(description=_("account"))
    def of_account(self, parked: ParkedAccount) -> str:
        return link_to(parked.account)

    @display(description=_("reason"))
    def short_reason(self, parked: ParkedAccount) -> str:
        return Truncator(parked.reason).chars(120)

    def has_take_up_permission(self, request: HttpRequest, *args: Any) -> bool:
        return request.user.has_perm(TakingUp.permission)

    @admin.action(description=_("Take up again"), permissions=["take_up"])
    def take_up_again(self, request: HttpRequest, chosen: QuerySet) -> HttpResponse:
        return self.taking_up.ask(self, request, chosen)

    @action(description=_("Take up again"), permissions=["take_up"], icon="play_circle")
    def take_up_this(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.taking_up.ask(self, request, self.get_queryset(request).filter(pk=object_id))


admin_site.queues.append(
    Queue(
        title=_("Parked accounts"),
        words=_("Their data broke a billing run; they are left out until put right."),
        permission="billing.view_parkedaccount",
        url=partial(list_url, "billing.parkedaccount"),
        waiting=ParkedAccount.objects.all,
        since="parked_at",
    )
)
