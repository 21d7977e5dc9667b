from django.urls import path

from partners.views import (
    badge,
    invitations,
    notifications,
    points,
    programme,
    questions,
    team,
)
from partners.views.marketplace import images, own, public, received

app_name = "partners"

urlpatterns = [
    path("a/<ref:account_ref>/programme/", programme.programme, name="programme"),
    path("a/<ref:account_ref>/programme/enrolment/", programme.enrolment, name="enrolment"),
    path("a/<ref:account_ref>/points/", points.points, name="points"),
    path("a/<ref:account_ref>/points.csv", points.ledger_csv, name="ledger_csv"),
    path("a/<ref:account_ref>/programme/badge/", badge.badge_page, name="badge"),
    path(
        "a/<ref:account_ref>/points/lines/<int:line>/question/",
        questions.line_question,
        name="line_question",
    ),
    path("a/<ref:account_ref>/points/questions/", questions.questions, name="questions"),
    path("a/<ref:account_ref>/team/", team.team, name="team"),
    path("a/<ref:account_ref>/team/activity/", team.activity, name="activity"),
    path("a/<ref:account_ref>/team/departure/", team.departure, name="departure"),
    path("a/<ref:account_ref>/team/ownership/", team.ownership, name="ownership"),
    path("a/<ref:account_ref>/team/seats/<int:seat>/role/", team.role, name="role"),
    path("a/<ref:account_ref>/team/seats/<int:seat>/removal/", team.removal, name="removal"),
    path(
        "a/<ref:account_ref>/team/invitations/new/",
        invitations.new_invitation,
        name="new_invitation",
    ),
    path(
        "a/<ref:account_ref>/team/invitations/<ref:ref>/sending/",
        invitations.sending,
        name="invitation_sending",
    ),
    path(
        "a/<ref:account_ref>/team/invitations/<ref:ref>/revocation/",
        invitations.revocation,
        name="invitation_revocation",
    ),
    path("invitations/<ref:ref>/", invitations.invitation, name="invitation"),
    path("a/<ref:account_ref>/notifications/", notifications.notifications, name="notifications"),
    path("notifications/<str:token>/", notifications.unsubscription, name="unsubscription"),
    path("a/<ref:account_ref>/marketplace/", own.marketplace, name="marketplace"),
    path("a/<ref:account_ref>/marketplace/profile/", own.profile, name="profile"),
    path("a/<ref:account_ref>/marketplace/preview/", own.preview, name="profile_preview"),
    path("a/<ref:account_ref>/marketplace/logo/", own.logo, name="logo"),
    path("a/<ref:account_ref>/marketplace/logo/removal/", own.logo_removal, name="logo_removal"),
    path("a/<ref:account_ref>/marketplace/application/", own.application, name="application"),
    path(
        "a/<ref:account_ref>/marketplace/applications/<ref:ref>/withdrawal/",
        own.withdrawal,
        name="application_withdrawal",
    ),
    path("a/<ref:account_ref>/marketplace/requests/", received.quotes, name="quotes"),
    path("a/<ref:account_ref>/marketplace/requests.csv", received.quotes_csv, name="quotes_csv"),
    path("marketplace/", public.partners_listed, name="directory"),
    path("marketplace/sitemap.xml", public.sitemap, name="sitemap"),
    path("marketplace/<ref:account_ref>/", public.partner, name="partner"),
    path("marketplace/<ref:account_ref>/quote/", public.quote, name="quote"),
    path(
        "marketplace/<ref:account_ref>/logo-<slug:digest>.webp",
        images.logo_image,
        name="logo_image",
    ),
    path("badges/<ref:account_ref>/<str:theme>.svg", badge.badge_svg, name="badge_svg"),
    path("badges/<ref:account_ref>/<str:theme>-<int:width>.png", badge.badge_png, name="badge_png"),
    path("verify/<ref:account_ref>/", badge.verify, name="verify"),
]
