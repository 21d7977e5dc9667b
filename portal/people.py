"""How people sign up and in: allauth, with our mail queue and seats that wait for an address."""

from typing import TYPE_CHECKING, Any

from allauth.account.adapter import DefaultAccountAdapter
from django import forms
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from portal.lib import clock
from portal.lib.nudge import nudge
from portal.lib.refs import new_ref
from portal.mail import tasks as mail_tasks
from portal.mail.actions.queue import Draft, queue

if TYPE_CHECKING:
    from allauth.account.models import EmailAddress

    from portal.models import User

# What is kept of what allauth tells of a mail: facts. Its links and codes let their reader in, and
# its addresses are built from the request: both are made anew when the mail is written.
FACTS = ("from_email", "to_email", "deleted_email", "ip", "user_agent")


class NameForm(forms.Form):
    """What signing up asks for besides an address and a password."""

    name = forms.CharField(
        label=_("Your name"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    field_order = ("name", "email", "password1")

    def signup(self, request: HttpRequest, user: "User") -> None:
        user.name = self.cleaned_data["name"]
        user.save(update_fields=["name"])


class AccountAdapter(DefaultAccountAdapter):
    """allauth's door to the portal."""

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Queue allauth's mail like any other; `portal/emails.py` writes it, links and all."""
        queue(
            Draft(
                kind="account/" + template_prefix.rpartition("/")[2],
                key=f"{template_prefix}:{new_ref()}",
                to=email,
                arguments=self._facts(context),
                language=get_language() or settings.LANGUAGE_CODE,
            )
        )
        nudge(mail_tasks.send_mail)

    @staticmethod
    def _facts(context: dict[str, Any]) -> dict[str, Any]:
        facts: dict[str, Any] = {name: str(context[name]) for name in FACTS if context.get(name)}
        user = context.get("user")
        if isinstance(user, AbstractBaseUser) and user.pk:
            facts["user_id"] = user.pk
        if "timestamp" in context:
            facts["at"] = clock.now().isoformat()
        return facts

    def confirm_email(self, request: HttpRequest, email_address: "EmailAddress") -> bool:
        """A verified address takes the seats that were waiting for it."""
        confirmed = bool(super().confirm_email(request, email_address))
        if confirmed:
            from partners.actions.seats import take_seats

            take_seats(user=email_address.user, email=email_address.email)
        return confirmed
