"""Billing's pages: what is coming, what was charged, the card, and cancelling."""

from datetime import timedelta

from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from billing.actions.invoice_address import set_invoice_address
from billing.card_queries import expiring_cards
from billing.documents import invoices_of, less_credits
from billing.forms import InvoiceAddressForm
from billing.queries import (
    coming_charges,
    coming_invoices,
    default_card,
    open_invoices,
    subscriptions_of,
)
from partners.access import AccountRequest, account_page, render_in_account
from partners.roles import Can
from portal.lib import clock
from portal.lib.csv import csv_response
from portal.lib.pages import page_of

SOON = timedelta(days=92)
SOON_SHOWN = 12
A_YEAR = timedelta(days=366)


@require_safe
@account_page(Can.SEE_BILLING)
def overview(request: AccountRequest) -> HttpResponse:
    """The card, what failed, what is charged next and why then, what runs, what was paid."""
    account, today = request.account, clock.today()
    coming = coming_charges(account, on=today, until=today + SOON)
    return render_in_account(
        request,
        "billing/overview.html",
        {
            "active_tab": "billing",
            "today": today,
            "card": default_card(account),
            "expiring_cards": expiring_cards(account, on=today),
            "unpaid": list(less_credits(open_invoices(account))),
            "coming": coming[:SOON_SHOWN],
            "coming_more": max(0, len(coming) - SOON_SHOWN),
            "soon_until": today + SOON,
            "subscriptions": page_of(request, subscriptions_of(account)),
            "invoices": list(invoices_of(account)[:10]),
        },
    )


@require_safe
@account_page(Can.SEE_BILLING)
def timeline(request: AccountRequest) -> HttpResponse:
    """Every charge of the coming year, day by day as they will be made."""
    today = clock.today()
    until = today + A_YEAR
    coming = coming_invoices(request.account, on=today, until=until)
    return render_in_account(
        request,
        "billing/timeline.html",
        {"active_tab": "billing", "invoices": page_of(request, coming), "until": until},
    )


@require_safe
@account_page(Can.SEE_BILLING)
def timeline_csv(request: AccountRequest) -> HttpResponseBase:
    """Every charge of the coming year as CSV."""
    today = clock.today()
    return csv_response(
        f"coming-charges-{request.account.ref}.csv",
        ["charged_on", "why_then", "what_for", "from", "until", "net", "tax", "total"]
        + ["currency", "why_this_price"],
        (
            (
                charge.quote.charge_on,
                charge.date_reason,
                charge.subscription.in_words,
                charge.quote.term.starts_on,
                charge.quote.term.ends_on,
                charge.quote.amount,
                charge.quote.tax.amount,
                charge.quote.gross_amount,
                charge.quote.currency,
                charge.price_reason,
            )
            for charge in coming_charges(request.account, on=today, until=today + A_YEAR)
        ),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@account_page(Can.PAY)
def invoice_address(request: AccountRequest) -> HttpResponse:
    """Where invoices and receipts go, if not to the address on record."""
    form = InvoiceAddressForm(request.POST or None, instance=request.account)
    if request.method == "POST" and form.is_valid():
        account = set_invoice_address(form.instance, by=request.user, at=clock.now())
        text = _("Invoices and receipts go to %(email)s from now on.")
        messages.success(request, text % {"email": account.bills_to})
        return redirect("billing:overview", account_ref=account.ref)
    return render_in_account(
        request, "billing/invoice_address.html", {"active_tab": "billing", "form": form}
    )
