from django.urls import path

from claims.views import client, partner

app_name = "claims"

urlpatterns = [
    path("a/<str:account_ref>/claims/", partner.claim_list, name="list"),
    path("a/<str:account_ref>/claims.csv", partner.claims_csv, name="csv"),
    path("a/<str:account_ref>/claims/new/", partner.submission, name="submission"),
    path("a/<str:account_ref>/claims/<str:ref>/", partner.claim, name="claim"),
    path("a/<str:account_ref>/claims/<str:ref>/withdrawal/", partner.withdrawal, name="withdrawal"),
    path("approval/", client.approval, name="approval"),
    path("approval/<str:token>/", client.approval_link, name="approval_link"),
]
