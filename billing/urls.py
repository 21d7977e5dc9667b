from django.urls import path

from billing import card_views, document_views, subscription_views, views, webhooks

app_name = "billing"

SUBSCRIPTION = "a/<ref:account_ref>/subscriptions/<ref:ref>"

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
    path("a/<ref:account_ref>/sites/<ref:site_ref>/plan/", views.upgrade, name="upgrade"),
    path("billing/webhooks/<slug:gateway>/", webhooks.webhook, name="webhook"),
]
