"""The cards on file: adding one, the default, removing one, and what is charged to which."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from billing import gateways
from billing.actions.card_pages import finish_adding_card, start_adding_card
from billing.actions.cards import UnknownCardError, add_card, set_default
from billing.actions.charge_to import charge_to
from billing.actions.remove_card import remove_card
from billing.card_queries import Removal, cards_of, removal_of
from billing.errors import CardRemovedError, LastCardError, PaymentUnderWayError
from billing.forms import CardRemovalForm, ChargedToForm, SimulatedCardForm
from billing.gateways import CardPages, GatewaySilentError
from billing.models import PaymentMethod, Subscription
from billing.tasks import forget_removed_cards, retry_payments
from partners.access import AccountRequest, account_page, render_in_account
from partners.roles import Can
from portal.lib import clock
from portal.lib.nudge import nudge
from portal.lib.refs import new_ref
from portal.mail.letters import link_to

CHARGES_SHOWN = 12


@require_http_methods(["GET", "HEAD", "POST"])
@account_page(Can.PAY)
def cards(request: AccountRequest) -> HttpResponse:
    """The cards on file, and adding one: a test card here, a real one on the gateway's page."""
    if pages := gateways.card_pages():
        return _real_cards(request, pages)
    form = SimulatedCardForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        card = add_card(
            request.account,
            method_ref=f"{form.cleaned_data['card']}:{new_ref()}",
            by=request.user,
            on=clock.today(),
        )
        return _card_added(request, card)
    return _cards_page(request, form=form)


def _cards_page(request: AccountRequest, **context: object) -> HttpResponse:
    context |= {"active_tab": "billing", "cards": cards_of(request.account, on=clock.today())}
    return render_in_account(request, "billing/cards.html", context)


def _card_added(request: AccountRequest, card: PaymentMethod) -> HttpResponse:
    nudge(retry_payments)
    messages.success(request, _("%(card)s is your default card now.") % {"card": card})
    back = request.GET.get("next", "")  # to what the card was needed for
    if url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        return redirect(back)
    return redirect("billing:overview", account_ref=request.account.ref)


def _real_cards(request: AccountRequest, pages: CardPages) -> HttpResponse:
    """Send the person to the gateway's page, which alone may be reached by this page's form."""
    account_ref = request.account.ref
    if request.method == "POST":
        try:
            page = start_adding_card(
                request.account,
                pages=pages,
                return_url=link_to("billing:card_return", account_ref=account_ref),
                back_url=link_to("billing:cards", account_ref=account_ref),
            )
        except GatewaySilentError:
            messages.error(request, _("Cards cannot be added right now. Please try again soon."))
            return redirect("billing:cards", account_ref=account_ref)
        return redirect(page)
    response = _cards_page(request)
    response._csp_update = {"form-action": [pages.card_page_origin]}  # type: ignore[attr-defined]  # noqa: SLF001
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@account_page(Can.PAY)
def card_return(request: AccountRequest) -> HttpResponse:
    """Back from the gateway's page: looking changes nothing, so the card is added by a button."""
    if request.method != "POST":
        return render_in_account(
            request,
            "billing/card_return.html",
            {"active_tab": "billing", "page_ref": request.GET.get("page", "")},
        )
    try:
        card = finish_adding_card(
            request.account,
            page_ref=request.POST.get("page", ""),
            by=request.user,
            on=clock.today(),
        )
    except (UnknownCardError, GatewaySilentError):
        messages.error(request, _("The card could not be added. Please try again."))
        return redirect("billing:cards", account_ref=request.account.ref)
    return _card_added(request, card)


@require_POST
@account_page(Can.PAY)
def card_default(request: AccountRequest, ref: str) -> HttpResponse:
    """Make a card the default."""
    card = get_object_or_404(request.account.payment_methods.usable(), ref=ref)
    try:
        set_default(card, by=request.user, on=clock.today())
    except CardRemovedError:
        messages.info(request, _("%(card)s has just been removed.") % {"card": card})
    else:
        nudge(retry_payments)
        messages.success(request, _("%(card)s is your default card now.") % {"card": card})
    return redirect("billing:cards", account_ref=request.account.ref)


@require_http_methods(["GET", "HEAD", "POST"])
@account_page(Can.PAY)
def card_removal(request: AccountRequest, ref: str) -> HttpResponse:
    """What follows from removing a card, and then its removal."""
    card = get_object_or_404(request.account.payment_methods.usable(), ref=ref)
    removal = removal_of(card, on=clock.today())
    data = request.POST if request.method == "POST" else None
    form = CardRemovalForm(data, is_last=removal.is_last)
    if form.is_valid():
        _remove(request, removal)
        return redirect("billing:cards", account_ref=request.account.ref)
    return render_in_account(
        request,
        "billing/card_removal.html",
        {
            "active_tab": "billing",
            "removal": removal,
            "charges": removal.charges[:CHARGES_SHOWN],
            "charges_more": max(0, len(removal.charges) - CHARGES_SHOWN),
            "form": form,
        },
    )


def _remove(request: AccountRequest, removal: Removal) -> None:
    """Remove the card and say so, or what keeps it."""
    card = {"card": removal.method}
    try:
        successor = remove_card(
            removal.method,
            even_if_last=removal.is_last,
            by=request.user,
            on=clock.today(),
            at=clock.now(),
        )
    except PaymentUnderWayError:
        text = _("%(card)s is being charged right now. Please try again in a few minutes.")
        messages.info(request, text % card)
    except LastCardError:
        text = _("%(card)s has just become your last card. Please see what its removal would end.")
        messages.info(request, text % card)
    else:
        nudge(retry_payments)
        nudge(forget_removed_cards)
        messages.success(request, _("%(card)s is removed. You can add it again any time.") % card)
        if removal.makes_default:
            text = _("%(card)s is your default card now.")
            messages.info(request, text % {"card": successor})


@require_POST
@account_page(Can.PAY)
def charged_to(request: AccountRequest, ref: str) -> HttpResponse:
    """Charge a subscription to a card by name, or to the default."""
    subscription = get_object_or_404(Subscription.objects.in_account(request.account), ref=ref)
    cards = list(request.account.payment_methods.usable())
    form = ChargedToForm(request.POST, subscription=subscription, cards=cards)
    try:
        charge_to(subscription, form.chosen(), by=request.user, on=clock.today())
    except CardRemovedError:
        messages.error(request, _("That card is not on file. Please choose one that is."))
    else:
        nudge(retry_payments)
        told = {"plan": subscription.in_words, "card": subscription.payment_method}
        text = _("%(plan)s is charged to %(card)s from now on.")
        if subscription.payment_method is None:
            text = _("%(plan)s is charged to your default card from now on.")
        messages.success(request, text % told)
    return redirect("billing:subscription", account_ref=request.account.ref, ref=ref)
