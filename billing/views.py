"""Billing's pages: what is coming, what was charged, the card, and buying a plan."""

from datetime import timedelta

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from billing.actions.purchase import upgrade_site
from billing.card_queries import expiring_cards
from billing.documents import invoices_of, less_credits
from billing.errors import (
    AlreadyUpgradedError,
    NoPaymentMethodError,
    PaymentDeclinedError,
    PaymentInDoubtError,
)
from billing.forms import InvoiceAddressForm, PlanForm
from billing.queries import (
    coming_charges,
    coming_invoices,
    default_card,
    has_premium_plan,
    open_invoices,
    premium_offers,
    subscriptions_of,
)
from partners.access import AccountRequest, account_page, render_in_account
from partners.models import Site
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
def timeline_csv(request: AccountRequest) -> HttpResponse:
    """Every charge of the coming year as CSV."""
    today = clock.today()
    return csv_response(  # type: ignore[return-value]
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
        account = form.save()
        text = _("Invoices and receipts go to %(email)s from now on.")
        messages.success(request, text % {"email": account.bills_to})
        return redirect("billing:overview", account_ref=account.ref)
    return render_in_account(
        request, "billing/invoice_address.html", {"active_tab": "billing", "form": form}
    )


@require_http_methods(["GET", "HEAD", "POST"])
@account_page(Can.PAY)
def upgrade(request: AccountRequest, site_ref: str) -> HttpResponse:
    """Choose a premium plan for a site: what is charged now, what later and when, then buy."""
    site = get_object_or_404(Site.objects.in_account(request.account), ref=site_ref)
    if has_premium_plan(site):
        messages.info(request, _("This site has a premium plan already."))
        return redirect("home:sites", account_ref=request.account.ref)
    today = clock.today()
    form = PlanForm(request.POST or None, offers=premium_offers(request.account, on=today))
    if request.method == "POST" and form.is_valid() and _bought(request, site, form):
        return redirect("home:sites", account_ref=request.account.ref)
    return render_in_account(
        request,
        "billing/upgrade.html",
        {
            "active_tab": "sites",
            "site": site,
            "form": form,
            "card": default_card(request.account),
        },
    )


def _bought(request: AccountRequest, site: Site, form: PlanForm) -> bool:
    """Buy what was chosen; otherwise put the reason into the form."""
    try:
        upgrade_site(site, form.chosen.plan, on=clock.today())
    except NoPaymentMethodError:
        form.add_error(None, _("Add a card first; nothing was charged."))
    except PaymentDeclinedError as refusal:
        text = _("Your card was declined (%(code)s). Nothing was bought; try another card.")
        form.add_error(None, text % {"code": refusal.code.replace("_", " ")})
    except AlreadyUpgradedError:
        messages.info(request, _("This site has a premium plan already."))
        return True
    except PaymentInDoubtError:
        text = _("Your bank has not answered yet. The upgrade completes by itself when it does.")
        messages.warning(request, text)
        return True
    else:
        text = _("%(site)s is upgraded. Its points are on their way.")
        messages.success(request, text % {"site": site})
        return True
    return False
