"""What the team is told by mail."""

from datetime import timedelta

from django.utils.translation import gettext as _

from partners.models import Account, Invitation
from partners.roles import Role
from partners.rules import INVITATION_VALID
from portal.lib import clock
from portal.mail.letters import Context, letter, link_to
from portal.mail.models import Message
from portal.models import User


@letter("partners/invitation", sample=lambda: _invitation(_sample_invitation()))
def invitation(_message: Message, *, invitation_id: int) -> Context:
    """Who invites, into what, as what, and until when."""
    invited = Invitation.objects.select_related("account", "invited_by").get(pk=invitation_id)
    return _invitation(invited)


def _invitation(invited: Invitation) -> Context:
    return {
        "account": invited.account.name,
        "inviter": str(invited.invited_by),
        "role": invited.get_role_display(),
        "email": invited.email,
        "last_day": clock.date_of(invited.expires_at - timedelta(minutes=1)),
        "action_url": link_to("partners:invitation", ref=invited.ref),
        "action_label": _("Open the invitation"),
    }


@letter("partners/removed", sample=lambda: _about(Account(name="Harbour Studio")))
def removed(_message: Message, *, account_id: int) -> Context:
    """Their seat has ended."""
    return _about(Account.objects.get(pk=account_id))


@letter("partners/ownership", sample=lambda: _ownership(Account(name="Harbour Studio", ref="x")))
def ownership(_message: Message, *, account_id: int) -> Context:
    """The account is theirs now."""
    return _ownership(Account.objects.get(pk=account_id))


def _ownership(account: Account) -> Context:
    return _about(account) | {
        "action_url": link_to("partners:team", account_ref=account.ref),
        "action_label": _("Open the team"),
    }


def _about(account: Account) -> Context:
    return {"account": account.name}


def _sample_invitation() -> Invitation:
    now = clock.now()
    return Invitation(
        ref="x",
        account=Account(name="Harbour Studio"),
        email="bob@people.example",
        role=Role.MEMBER,
        invited_by=User(name="Alice", email="alice@people.example"),
        sent_at=now,
        expires_at=now + INVITATION_VALID,
    )
