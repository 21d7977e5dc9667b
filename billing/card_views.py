"""The cards on file, and adding one."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from billing import gateways
from billing.actions.card_pages import finish_adding_card, start_adding_card
from billing.actions.cards import UnknownCardError, add_card
from billing.forms import SimulatedCardForm
from billing.gateways import CardPages, GatewaySilentError
from billing.models import PaymentMethod
from billing.tasks import retry_payments
from partners.access import AccountRequest, account_page, render_in_account
from partners.roles import Can
from portal.lib import clock
from portal.lib.nudge import nudge
from portal.lib.refs import new_ref
from portal.mail.letters import link_to


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
            on=clock.today(),
        )
        return _card_added(request, card)
    return _cards_page(request, form=form)


def _cards_page(request: AccountRequest, **context: object) -> HttpResponse:
    methods = request.account.payment_methods.usable()
    context |= {"active_tab": "billing", "methods": methods}
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
            request.account, page_ref=request.POST.get("page", ""), on=clock.today()
        )
    except (UnknownCardError, GatewaySilentError):
        messages.error(request, _("The card could not be added. Please try again."))
        return redirect("billing:cards", account_ref=request.account.ref)
    return _card_added(request, card)
