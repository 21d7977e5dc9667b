from django.urls import path

from billing import card_views, views, webhooks

app_name = "billing"

urlpatterns = [
    path("a/<ref:account_ref>/billing/", views.overview, name="overview"),
    path("a/<ref:account_ref>/billing/invoices/", views.invoices, name="invoices"),
    path("a/<ref:account_ref>/billing/invoices.csv", views.invoices_csv, name="invoices_csv"),
    path("a/<ref:account_ref>/billing/invoices.zip", views.invoices_zip, name="invoices_zip"),
    path(
        "a/<ref:account_ref>/billing/invoices/<ref:ref>.pdf", views.invoice_pdf, name="invoice_pdf"
    ),
    path(
        "a/<ref:account_ref>/billing/invoice-address/",
        views.invoice_address,
        name="invoice_address",
    ),
    path("a/<ref:account_ref>/billing/invoices/<ref:ref>/", views.invoice, name="invoice"),
    path("a/<ref:account_ref>/billing/cards/", card_views.cards, name="cards"),
    path("a/<ref:account_ref>/billing/cards/return/", card_views.card_return, name="card_return"),
    path(
        "a/<ref:account_ref>/subscriptions/<ref:ref>/cancellation/",
        views.cancellation,
        name="cancellation",
    ),
    path(
        "a/<ref:account_ref>/subscriptions/<ref:ref>/cancellation/withdrawal/",
        views.cancellation_withdrawal,
        name="cancellation_withdrawal",
    ),
    path("a/<ref:account_ref>/sites/<ref:site_ref>/plan/", views.upgrade, name="upgrade"),
    path("billing/webhooks/<slug:gateway>/", webhooks.webhook, name="webhook"),
]
