from django.urls import path

from portal.mail import views

app_name = "mail"

urlpatterns = [
    path("mail/events/<slug:provider>/", views.provider_events, name="provider_events"),
]
