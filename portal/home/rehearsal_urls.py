from django.urls import path

from portal.home import rehearsal

app_name = "rehearsal"

urlpatterns = [
    path("mailbox/", rehearsal.mailbox, name="mailbox"),
    path("mailbox/<ref:ref>/", rehearsal.message, name="message"),
    path("mailbox/<ref:ref>/html/", rehearsal.message_html, name="message_html"),
    path("clock/", rehearsal.clock_page, name="clock"),
    path("codes/", rehearsal.codes, name="codes"),
]
