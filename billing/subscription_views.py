"""One subscription: what it is charged and when, and what can be changed about that."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from billing.actions.cancel import cancel, take_back
from billing.actions.change_plan import ask_for_change, withdraw_change
from billing.actions.revive import revive
from billing.changes import choices, compare
from billing.errors import BillingError
from billing.forms import ChargedToForm, PlanChangeForm
from billing.models import Plan, Subscription
from billing.pricing import PriceBook
from billing.queries import default_card
from billing.refusals import in_words
from billing.revivals import is_revivable
from billing.subscription_pages import (
    charges_once_revived,
    charges_to_come,
    one_subscription,
    served_periods,
)
from partners.access import AccountRequest, account_page, render_in_account
from partners.roles import Can
from portal.lib import clock
from portal.lib.pages import page_of


def _done(request: AccountRequest, act: Callable[[], object]) -> bool:
    """Whether it was done; if not, the person is told why."""
    try:
        act()
    except BillingError as refusal:
        messages.info(request, in_words(refusal))
        return False
    return True


def _back_to(request: AccountRequest, ref: str) -> HttpResponse:
    return redirect("billing:subscription", account_ref=request.account.ref, ref=ref)


@require_safe
@account_page(Can.SEE_BILLING)
def subscription(request: AccountRequest, ref: str) -> HttpResponse:
    """What it is, what it will be charged and why then, and what it was charged."""
    found, today = one_subscription(request.account, ref), clock.today()
    cards = list(request.account.payment_methods.usable())
    return render_in_account(
        request,
        "billing/subscription.html",
        {
            "active_tab": "billing",
            "subscription": found,
            "coming": charges_to_come(found, on=today),
            "cards": cards,
            "charged_to": ChargedToForm(subscription=found, cards=cards),
            "can_be_revived": is_revivable(found, on=today),
            "periods": page_of(request, served_periods(found)),
        },
    )


@require_POST
@account_page(Can.PAY)
def cancellation(request: AccountRequest, ref: str) -> HttpResponse:
    """Switch auto-renewal off."""
    mine = get_object_or_404(Subscription.objects.in_account(request.account), ref=ref)
    if _done(request, lambda: cancel(mine, by=request.user, at=clock.now())):
        last_day = mine.last_day_paid
        text = _(
            "It will not renew. You keep it through %(ends)s and can take this back till then."
        )
        ends = date_format(last_day, "DATE_FORMAT") if last_day else ""
        messages.success(request, text % {"ends": ends})
    return _back_to(request, ref)


@require_POST
@account_page(Can.PAY)
def cancellation_withdrawal(request: AccountRequest, ref: str) -> HttpResponse:
    """Switch auto-renewal on again."""
    mine = get_object_or_404(Subscription.objects.in_account(request.account), ref=ref)
    if _done(request, lambda: take_back(mine, by=request.user, on=clock.today(), at=clock.now())):
        messages.success(request, _("It renews again, as before."))
    return _back_to(request, ref)


@require_http_methods(["GET", "HEAD", "POST"])
@account_page(Can.PAY)
def plan_change(request: AccountRequest, ref: str) -> HttpResponse:
    """Choose another plan (`?plan=` compares it with the present one), then ask for it."""
    found, today = one_subscription(request.account, ref), clock.today()
    book = PriceBook.load()
    offered = choices(found, book=book, on=today)
    form = PlanChangeForm(request.POST or request.GET or None, choices=offered)
    chosen = form.chosen if form.is_valid() else None
    if request.method == "POST" and chosen and _asked(request, found, chosen):
        return _back_to(request, ref)
    return render_in_account(
        request,
        "billing/plan_change.html",
        {
            "active_tab": "billing",
            "subscription": found,
            "form": form,
            "chosen": chosen,
            "comparison": compare(found, chosen, book=book, on=today) if chosen else None,
        },
    )


def _asked(request: AccountRequest, found: Subscription, plan: Plan) -> bool:
    def ask() -> None:
        ask_for_change(found, plan, by=request.user, at=clock.now())

    if not _done(request, ask):
        return False
    text = _("It changes to %(plan)s with the next renewal. You can take this back until then.")
    messages.success(request, text % {"plan": plan})
    return True


@require_POST
@account_page(Can.PAY)
def plan_change_withdrawal(request: AccountRequest, ref: str) -> HttpResponse:
    """Stay on the present plan after all."""
    mine = get_object_or_404(Subscription.objects.in_account(request.account), ref=ref)
    if _done(request, lambda: withdraw_change(mine, by=request.user, at=clock.now())):
        messages.success(request, _("It stays on the plan it has."))
    return _back_to(request, ref)


@require_http_methods(["GET", "HEAD", "POST"])
@account_page(Can.PAY)
def revival(request: AccountRequest, ref: str) -> HttpResponse:
    """What reviving charges now and later; then do it."""
    found, today = one_subscription(request.account, ref), clock.today()
    if request.method == "POST":
        if _done(request, lambda: revive(found, by=request.user, at=clock.now())):
            messages.success(request, _("It runs again, from today on."))
        return _back_to(request, ref)
    can_be_revived = is_revivable(found, on=today)
    return render_in_account(
        request,
        "billing/revival.html",
        {
            "active_tab": "billing",
            "subscription": found,
            "can_be_revived": can_be_revived,
            "coming": charges_once_revived(found, on=today) if can_be_revived else [],
            "card": found.payment_method or default_card(request.account),
        },
    )
