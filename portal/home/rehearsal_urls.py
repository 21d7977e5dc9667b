from django.urls import path

from portal.home import rehearsal

app_name = "rehearsal"

urlpatterns = [
    path("mailbox/", rehearsal.mailbox, name="mailbox"),
    path("mailbox/<str:ref>/", rehearsal.message, name="message"),
    path("mailbox/<str:ref>/html/", rehearsal.message_html, name="message_html"),
    path("clock/", rehearsal.clock_page, name="clock"),
    path("codes/", rehearsal.codes, name="codes"),
]
