from django.urls import path, re_path

from claims.views import client, partner, submission

app_name = "claims"

urlpatterns = [
    path("a/<ref:account_ref>/claims/", partner.claim_list, name="list"),
    path("a/<ref:account_ref>/claims.csv", partner.claims_csv, name="csv"),
    path("a/<ref:account_ref>/claims/new/", submission.submission, name="submission"),
    path("a/<ref:account_ref>/submissions/<ref:ref>/", submission.answers, name="answers"),
    path(
        "a/<ref:account_ref>/submissions/<ref:ref>.csv", submission.answers_csv, name="answers_csv"
    ),
    path("a/<ref:account_ref>/claims/<ref:ref>/", partner.claim, name="claim"),
    path("a/<ref:account_ref>/claims/<ref:ref>/withdrawal/", partner.withdrawal, name="withdrawal"),
    path("approval/", client.approval, name="approval"),
    # Whatever stands there, line breaks and slashes too: links that are none are all alike.
    re_path(r"^approval/(?P<token>[\s\S]+)/$", client.approval_link, name="approval_link"),
]
