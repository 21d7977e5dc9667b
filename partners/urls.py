from django.urls import path

from partners.views import badge, marketplace, programme, team

app_name = "partners"

urlpatterns = [
    path("a/<ref:account_ref>/programme/", programme.programme, name="programme"),
    path("a/<ref:account_ref>/programme/enrolment/", programme.enrolment, name="enrolment"),
    path("a/<ref:account_ref>/programme/ledger.csv", programme.ledger_csv, name="ledger_csv"),
    path("a/<ref:account_ref>/programme/badge/", badge.badge_page, name="badge"),
    path("a/<ref:account_ref>/team/", team.team, name="team"),
    path("a/<ref:account_ref>/marketplace/", marketplace.marketplace, name="marketplace"),
    path("badges/<ref:account_ref>/<str:theme>.svg", badge.badge_svg, name="badge_svg"),
    path("badges/<ref:account_ref>/<str:theme>-<int:width>.png", badge.badge_png, name="badge_png"),
    path("verify/<ref:account_ref>/", badge.verify, name="verify"),
]
