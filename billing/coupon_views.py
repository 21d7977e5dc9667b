"""Coupons: what was bought in bulk, who used which where, and buying more."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from billing.actions.bulk import buy_coupons
from billing.coupon_forms import ConfirmedOrderForm, CouponFilter, OrderForm
from billing.coupon_queries import BulkPrices, batches_of, coupons_of
from billing.errors import (
    AlreadyBoughtError,
    BillingError,
    PaymentInDoubtError,
)
from billing.models import Coupon, CouponBatch, Redemption
from billing.queries import default_card
from billing.refusals import in_words
from billing.timeline import price_reason
from partners.access import AccountRequest, account_page, render_in_account
from partners.roles import Can
from portal.lib import clock
from portal.lib.csv import csv_response
from portal.lib.pages import page_of
from portal.lib.refs import new_ref


@require_safe
@account_page(Can.SEE_BILLING)
def coupons(request: AccountRequest) -> HttpResponse:
    """Every batch, with how many of its coupons were used and until when they can be."""
    batches = page_of(request, batches_of(request.account, on=clock.today()))
    context = {"active_tab": "billing", "batches": batches}
    return render_in_account(request, "billing/coupons/list.html", context)


@require_safe
@account_page(Can.SEE_BILLING)
def coupon_batch(request: AccountRequest, ref: str) -> HttpResponse:
    """The codes of a batch, with their states, and where and by whom each was used."""
    today = clock.today()
    batch = get_object_or_404(batches_of(request.account, on=today), ref=ref)
    form = CouponFilter(request.GET or None)
    chosen = form.cleaned_data if form.is_valid() else {}
    return render_in_account(
        request,
        "billing/coupons/batch.html",
        {
            "active_tab": "billing",
            "batch": batch,
            "form": form,
            "coupons": page_of(request, coupons_of(batch, on=today, **chosen)),
        },
    )


@require_safe
@account_page(Can.SEE_BILLING)
def coupon_batch_csv(request: AccountRequest, ref: str) -> HttpResponseBase:
    """The same list as CSV, whole."""
    today = clock.today()
    batch = get_object_or_404(batches_of(request.account, on=today), ref=ref)
    form = CouponFilter(request.GET)
    chosen = form.cleaned_data if form.is_valid() else {}
    return csv_response(
        f"coupons-{batch.ref}.csv",
        ["code", "plan", "state", "valid_through", "used_on", "site", "account", "used_by"],
        _rows(batch, coupons_of(batch, on=today, **chosen).iterator(chunk_size=500)),
    )


def _rows(batch: CouponBatch, found: Iterable[Coupon]) -> Iterator[tuple[Any, ...]]:
    plan = str(batch.plan)
    for coupon in found:
        state = coupon.state  # type: ignore[attr-defined]  # annotated
        used = _use(coupon.redemption) if hasattr(coupon, "redemption") else [""] * 4
        yield (coupon.code, plan, state, batch.last_on, *used)


def _use(used: Redemption) -> list[Any]:
    """When, where and by whom."""
    used_on = clock.date_of(used.redeemed_at)
    return [used_on, used.site.address, used.subscription.account.name, used.redeemed_by]


@require_safe
@account_page(Can.PAY)
def coupon_purchase(request: AccountRequest) -> HttpResponse:
    """Choose a plan and how many, beside what one costs by how many are bought."""
    prices = BulkPrices(request.account, on=clock.today())
    return _choose(request, OrderForm(prices=prices, initial=request.GET.dict()))


def _choose(request: AccountRequest, form: OrderForm) -> HttpResponse:
    context = {"active_tab": "billing", "form": form}
    return render_in_account(request, "billing/coupons/purchase.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@account_page(Can.PAY)
def coupon_order(request: AccountRequest) -> HttpResponse:
    """What an order comes to; confirmed, it is bought."""
    prices = BulkPrices(request.account, on=clock.today())
    if request.method == "POST":
        confirmed = ConfirmedOrderForm(request.POST, prices=prices)
        return _order(request, confirmed) if confirmed.is_valid() else _choose(request, confirmed)
    form = OrderForm(request.GET, prices=prices)
    if not form.is_valid():
        return _choose(request, form)
    return render_in_account(
        request,
        "billing/coupons/order.html",
        {
            "active_tab": "billing",
            "offer": form.offer,
            "why_now": price_reason(form.offer.now),
            "card": default_card(request.account),
            "order_ref": new_ref(),
        },
    )


def _order(request: AccountRequest, form: ConfirmedOrderForm) -> HttpResponseRedirect:
    """Buy what was confirmed; refused, back to what it comes to now, with the reason."""
    plan, quantity = form.offer.plan, form.offer.quantity
    try:
        batch = buy_coupons(
            request.account,
            plan,
            quantity,
            shown_amount=form.cleaned_data["shown_amount"],
            order_ref=form.cleaned_data["order_ref"],
            by=request.user,
            on=clock.today(),
        )
    except AlreadyBoughtError:
        messages.info(request, _("This order was sent before, and nothing was bought twice."))
    except PaymentInDoubtError:
        text = _("Your bank has not answered yet. The coupons appear here when it does.")
        messages.warning(request, text)
    except BillingError as refusal:
        messages.error(request, in_words(refusal))
        page = reverse("billing:coupon_order", args=[request.account.ref])
        return redirect(f"{page}?{urlencode({'plan': plan.pk, 'quantity': quantity})}")
    else:
        text = ngettext(
            "%(n)s coupon is ready to use.", "%(n)s coupons are ready to use.", quantity
        )
        messages.success(request, text % {"n": quantity})
        return redirect("billing:coupon_batch", account_ref=request.account.ref, ref=batch.ref)
    return redirect("billing:coupons", account_ref=request.account.ref)
