from django.urls import path

from billing import views

app_name = "billing"

urlpatterns = [
    path("a/<str:account_ref>/billing/", views.overview, name="overview"),
    path("a/<str:account_ref>/billing/invoices/", views.invoices, name="invoices"),
    path("a/<str:account_ref>/billing/invoices.csv", views.invoices_csv, name="invoices_csv"),
    path("a/<str:account_ref>/billing/invoices/<str:ref>/", views.invoice, name="invoice"),
    path("a/<str:account_ref>/billing/cards/", views.cards, name="cards"),
    path(
        "a/<str:account_ref>/subscriptions/<str:ref>/cancellation/",
        views.cancellation,
        name="cancellation",
    ),
    path(
        "a/<str:account_ref>/subscriptions/<str:ref>/cancellation/withdrawal/",
        views.cancellation_withdrawal,
        name="cancellation_withdrawal",
    ),
    path("a/<str:account_ref>/sites/<str:site_ref>/plan/", views.upgrade, name="upgrade"),
]
