"""Using a coupon on a site: the code, what it would do, and doing it."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from billing.actions.redeem import Activation, activation, redeem
from billing.coupon_forms import CouponForm
from billing.errors import BillingError
from billing.queries import default_card
from billing.refusals import in_words
from billing.subjects import has_site_plan
from billing.timeline import date_reason, price_reason
from partners.access import AccountRequest, account_page, render_in_account
from partners.models import Site
from partners.roles import Can
from portal.lib import clock


@require_http_methods(["GET", "HEAD", "POST"])
@account_page(Can.PAY)
def coupon(request: AccountRequest, site_ref: str) -> HttpResponse:
    """Type a code; sent, see what it would do on this site and what the renewal will cost."""
    site = get_object_or_404(Site.objects.in_account(request.account), ref=site_ref)
    if has_site_plan(site):
        messages.info(request, _("This site has a premium plan already."))
        return redirect("home:sites", account_ref=request.account.ref)
    form = CouponForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            found = activation(form.cleaned_data["code"], site, by=request.user, on=clock.today())
        except BillingError as refusal:
            form.add_error("code", in_words(refusal))
        else:
            return _preview(request, site, found)
    return _ask(request, site, form)


def _preview(request: AccountRequest, site: Site, found: Activation) -> HttpResponse:
    return render_in_account(
        request,
        "billing/coupons/activation.html",
        {
            "active_tab": "sites",
            "site": site,
            "found": found,
            "why_then": f"{price_reason(found.then)} · {date_reason(found.then)}",
            "card": default_card(request.account),
        },
    )


@require_POST
@account_page(Can.PAY)
def redemption(request: AccountRequest, site_ref: str) -> HttpResponse:
    """Use the coupon on this site."""
    site = get_object_or_404(Site.objects.in_account(request.account), ref=site_ref)
    form = CouponForm(request.POST)
    if not form.is_valid():
        return _ask(request, site, form)
    try:
        redeem(form.cleaned_data["code"], site, by=request.user, at=clock.now())
    except BillingError as refusal:
        form.add_error("code", in_words(refusal))
        return _ask(request, site, form)
    text = _("%(site)s is upgraded. Its points are on their way.")
    messages.success(request, text % {"site": site})
    return redirect("home:sites", account_ref=request.account.ref)


def _ask(request: AccountRequest, site: Site, form: CouponForm) -> HttpResponse:
    context = {"active_tab": "sites", "site": site, "form": form}
    return render_in_account(request, "billing/coupons/redeem.html", context)
