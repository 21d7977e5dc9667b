"""What is written about signing in: links that let their reader in, and news of what was changed.

No link is kept with the queued mail: it is made when the mail is written, and good from then on.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from allauth.account import app_settings as allauth_settings
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.lib import clock
from portal.mail.letters import Context, SecretLink, letter, link_to
from portal.mail.models import Message
from portal.models import User

SECONDS_A_DAY = 24 * 60 * 60


# --- Links that let in ---------------------------------------------------------------------------


def email_confirmation(message: Message, *, user_id: int) -> Context:
    """A link that proves the address is read by whoever gave it."""
    address = EmailAddress.objects.get(user=user_id, email__iexact=message.to)
    key = EmailConfirmationHMAC.create(address).key
    return _confirmation(message.to, link=SecretLink(link_to("account_confirm_email", key=key)))


def _confirmation(address: str, *, link: SecretLink) -> Context:
    return {
        "address": address,
        "days": allauth_settings.EMAIL_CONFIRMATION_EXPIRE_DAYS,
        "action_url": link,
        "action_label": _("Confirm this address"),
        "reason": _("You get this mail because this address was entered at %(site)s.")
        % {"site": settings.SITE_URL.partition("://")[2]},
    }


for _kind in ("account/email_confirmation", "account/email_confirmation_signup"):
    letter(
        _kind,
        sample=lambda: _confirmation("amira@harbour-studio.example", link=_sample_link()),
        folder="account/email_confirmation",
    )(email_confirmation)


@letter("account/password_reset_key", sample=lambda: _password_reset(link=_sample_link()))
def password_reset_key(_message: Message, *, user_id: int) -> Context:
    """A link that sets a new password, once."""
    user = User.objects.get(pk=user_id)
    token = allauth_settings.PASSWORD_RESET_TOKEN_GENERATOR().make_token(user)
    address = link_to("account_reset_password_from_key", uidb36=user_pk_to_url_str(user), key=token)
    return _password_reset(link=SecretLink(address))


def _password_reset(*, link: SecretLink) -> Context:
    return {
        "days": settings.PASSWORD_RESET_TIMEOUT // SECONDS_A_DAY,
        "action_url": link,
        "action_label": _("Choose a new password"),
        "reason": _(
            "You get this mail because somebody asked to reset the password of this login."
        ),
    }


# --- Answers that say the same to everyone at the door -------------------------------------------


def unknown_account(_message: Message | None = None) -> Context:
    """Nobody signs in with this address: said to its owner alone, never on the page."""
    return {
        "action_url": link_to("account_signup"),
        "action_label": _("Sign up"),
        "reason": _("You get this mail because somebody entered this address to sign in."),
    }


def account_already_exists(_message: Message | None = None) -> Context:
    """This address has a login already: said to its owner alone, never on the page."""
    return {
        "login_url": link_to("account_login"),
        "action_url": link_to("account_reset_password"),
        "action_label": _("Choose a new password"),
        "reason": _("You get this mail because somebody entered this address to sign up."),
    }


letter("account/unknown_account", sample=unknown_account)(unknown_account)
letter("account/account_already_exists", sample=account_already_exists)(account_already_exists)


# --- News of what was changed --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Notice:
    """A change of how a person signs in. `can_reset`: a reset mail would still reach its reader."""

    subject: Promise
    sentence: Promise
    can_reset: bool = True


NOTICES = {
    "password_changed": Notice(
        gettext_lazy("Your password was changed"),
        gettext_lazy("The password of your login was changed."),
    ),
    "password_set": Notice(
        gettext_lazy("Your login now has a password"),
        gettext_lazy("A password was set for your login."),
    ),
    "password_reset": Notice(
        gettext_lazy("Your password was reset"),
        gettext_lazy("A new password was chosen through a link sent to this address."),
    ),
    "email_changed": Notice(
        gettext_lazy("Your email address was changed"),
        gettext_lazy(
            "The email address you sign in with was changed from %(from_email)s to %(to_email)s."
        ),
        can_reset=False,
    ),
    "email_confirm": Notice(
        gettext_lazy("Your email address is confirmed"),
        gettext_lazy("The email address of your login was confirmed."),
    ),
    "email_deleted": Notice(
        gettext_lazy("An email address was removed"),
        gettext_lazy("The email address %(deleted_email)s was removed from your login."),
    ),
    "totp_activated": Notice(
        gettext_lazy("Two-step sign-in is on"),
        gettext_lazy("An authenticator app now gives the second step when you sign in."),
    ),
    "totp_deactivated": Notice(
        gettext_lazy("Your authenticator app was removed"),
        gettext_lazy("The authenticator app is no longer asked for when you sign in."),
    ),
    "recovery_codes_generated": Notice(
        gettext_lazy("You have new recovery codes"),
        gettext_lazy("New recovery codes were made for your login; older ones no longer work."),
    ),
    "webauthn_added": Notice(
        gettext_lazy("A passkey was added"),
        gettext_lazy("A passkey or security key can now be used to sign in to your login."),
    ),
    "webauthn_removed": Notice(
        gettext_lazy("A passkey was removed"),
        gettext_lazy("A passkey or security key can no longer be used to sign in to your login."),
    ),
}


def _tell(
    notice: Notice,
    _message: Message | None,
    *,
    at: str,
    ip: str = "",
    user_agent: str = "",
    **names: object,
) -> Context:
    """What was changed, when and from where, and what to do if it was somebody else."""
    context: Context = {
        "title": notice.subject,
        "sentence": str(notice.sentence) % names,
        "at": datetime.fromisoformat(at),
        "ip": ip,
        "browser": user_agent,
        "can_reset": notice.can_reset,
        "reason": _("You get this mail because it is about the safety of your login."),
    }
    if notice.can_reset:
        context |= {
            "action_url": link_to("account_reset_password"),
            "action_label": _("Not you? Reset your password"),
        }
    return context


def _sample_of(notice: Notice) -> Callable[[], Context]:
    def sample() -> Context:
        return _tell(
            notice,
            None,
            at=clock.now().isoformat(),
            ip="203.0.113.7",
            user_agent="Firefox on Linux",
            from_email="amira@old.example",
            to_email="amira@harbour-studio.example",
            deleted_email="amira@old.example",
        )

    return sample


for _name, _notice in NOTICES.items():
    letter(f"account/{_name}", sample=_sample_of(_notice), folder="account/notice")(
        partial(_tell, _notice)
    )


def _sample_link() -> SecretLink:
    return SecretLink(settings.SITE_URL + "/a-sample-that-opens-nothing")
