"""What an account is told when its badge is revoked, and when it is given back."""

from django.utils.translation import gettext as _

from partners.models import Account, BadgeRevocation
from portal.lib import clock
from portal.mail.letters import Context, letter, link_to
from portal.mail.models import Message


@letter("partners/badge_revoked", sample=lambda: _revoked(_sample_revocation()))
def badge_revoked(_message: Message, *, revocation_id: int) -> Context:
    """That the badge may not be shown any more, since when and why."""
    return _revoked(BadgeRevocation.objects.select_related("account").get(pk=revocation_id))


@letter("partners/badge_restored", sample=lambda: _revoked(_sample_revocation()))
def badge_restored(_message: Message, *, revocation_id: int) -> Context:
    """That it may be shown again."""
    return _revoked(BadgeRevocation.objects.select_related("account").get(pk=revocation_id))


def _revoked(revocation: BadgeRevocation) -> Context:
    return {
        "account": revocation.account.name,
        "why": revocation.reason,
        "day": clock.date_of(revocation.revoked_at),
        "action_url": link_to("partners:badge", account_ref=revocation.account.ref),
        "action_label": _("Open the badge’s page"),
    }


def _sample_revocation() -> BadgeRevocation:
    return BadgeRevocation(
        account=Account(name="Harbour Studio", ref="x"),
        reason="It was shown on the pages of another company.",
        revoked_at=clock.now(),
    )
