from django.urls import path, register_converter
from django.urls.converters import StringConverter

from billing import (
    card_views,
    coupon_views,
    document_views,
    purchase_views,
    redemption_views,
    shop_views,
    subscription_views,
    views,
    webhooks,
)
from billing.rules import Kind

app_name = "billing"

SUBSCRIPTION = "a/<ref:account_ref>/subscriptions/<ref:ref>"


class KindConverter(StringConverter):
    """`<kind:…>` in an address: one of what is sold, with hyphens."""

    regex = "|".join(kind.value.replace("_", "-") for kind in Kind)

    def to_python(self, value: str) -> Kind:
        return Kind(value.replace("-", "_"))

    def to_url(self, value: str) -> str:
        return value.replace("_", "-")


register_converter(KindConverter, "kind")

urlpatterns = [
    path("a/<ref:account_ref>/billing/", views.overview, name="overview"),
    path("a/<ref:account_ref>/billing/invoices/", document_views.invoices, name="invoices"),
    path(
        "a/<ref:account_ref>/billing/invoices.csv", document_views.invoices_csv, name="invoices_csv"
    ),
    path("a/<ref:account_ref>/billing/lines.csv", document_views.lines_csv, name="lines_csv"),
    path(
        "a/<ref:account_ref>/billing/invoices.zip", document_views.invoices_zip, name="invoices_zip"
    ),
    path(
        "a/<ref:account_ref>/billing/invoices/<ref:ref>.pdf",
        document_views.invoice_pdf,
        name="invoice_pdf",
    ),
    path("a/<ref:account_ref>/billing/invoices/<ref:ref>/", document_views.invoice, name="invoice"),
    path(
        "a/<ref:account_ref>/billing/credit-notes/<ref:ref>.pdf",
        document_views.credit_note_pdf,
        name="credit_note_pdf",
    ),
    path(
        "a/<ref:account_ref>/billing/credit-notes/<ref:ref>/",
        document_views.credit_note,
        name="credit_note",
    ),
    path(
        "a/<ref:account_ref>/billing/invoice-address/",
        views.invoice_address,
        name="invoice_address",
    ),
    path("a/<ref:account_ref>/billing/cards/", card_views.cards, name="cards"),
    path("a/<ref:account_ref>/billing/cards/return/", card_views.card_return, name="card_return"),
    path("a/<ref:account_ref>/billing/timeline/", views.timeline, name="timeline"),
    path("a/<ref:account_ref>/billing/timeline.csv", views.timeline_csv, name="timeline_csv"),
    path(
        "a/<ref:account_ref>/billing/cards/<ref:ref>/default/",
        card_views.card_default,
        name="card_default",
    ),
    path(
        "a/<ref:account_ref>/billing/cards/<ref:ref>/removal/",
        card_views.card_removal,
        name="card_removal",
    ),
    path(f"{SUBSCRIPTION}/", subscription_views.subscription, name="subscription"),
    path(f"{SUBSCRIPTION}/cancellation/", subscription_views.cancellation, name="cancellation"),
    path(
        f"{SUBSCRIPTION}/cancellation/withdrawal/",
        subscription_views.cancellation_withdrawal,
        name="cancellation_withdrawal",
    ),
    path(f"{SUBSCRIPTION}/card/", card_views.charged_to, name="charged_to"),
    path(f"{SUBSCRIPTION}/plan/", subscription_views.plan_change, name="plan_change"),
    path(
        f"{SUBSCRIPTION}/plan/withdrawal/",
        subscription_views.plan_change_withdrawal,
        name="plan_change_withdrawal",
    ),
    path(f"{SUBSCRIPTION}/revival/", subscription_views.revival, name="revival"),
    path("a/<ref:account_ref>/shop/", shop_views.shop, name="shop"),
    path("a/<ref:account_ref>/shop/<kind:kind>/", shop_views.department, name="department"),
    path(
        "a/<ref:account_ref>/purchases/<slug:product>/<slug:cycle>/",
        purchase_views.purchase,
        name="purchase",
    ),
    path(
        "a/<ref:account_ref>/sites/<ref:site_ref>/plan/",
        shop_views.site_department,
        {"kind": Kind.SITE_PLAN},
        name="upgrade",
    ),
    path("a/<ref:account_ref>/sites/<ref:site_ref>/shop/", shop_views.site_shop, name="site_shop"),
    path(
        "a/<ref:account_ref>/sites/<ref:site_ref>/shop/<kind:kind>/",
        shop_views.site_department,
        name="site_department",
    ),
    path(
        "a/<ref:account_ref>/sites/<ref:site_ref>/purchases/<slug:product>/<slug:cycle>/",
        purchase_views.purchase,
        name="site_purchase",
    ),
    path("a/<ref:account_ref>/billing/coupons/", coupon_views.coupons, name="coupons"),
    path(
        "a/<ref:account_ref>/billing/coupons/purchase/",
        coupon_views.coupon_purchase,
        name="coupon_purchase",
    ),
    path(
        "a/<ref:account_ref>/billing/coupons/order/",
        coupon_views.coupon_order,
        name="coupon_order",
    ),
    path(
        "a/<ref:account_ref>/billing/coupons/<ref:ref>/",
        coupon_views.coupon_batch,
        name="coupon_batch",
    ),
    path(
        "a/<ref:account_ref>/billing/coupons/<ref:ref>.csv",
        coupon_views.coupon_batch_csv,
        name="coupon_batch_csv",
    ),
    path(
        "a/<ref:account_ref>/sites/<ref:site_ref>/coupon/",
        redemption_views.coupon,
        name="coupon",
    ),
    path(
        "a/<ref:account_ref>/sites/<ref:site_ref>/coupon/redemption/",
        redemption_views.redemption,
        name="redemption",
    ),
    path("billing/webhooks/<slug:gateway>/", webhooks.webhook, name="webhook"),
]
