"""What was queued for whom, and what a mail of it says."""

from partners.actions.notifications import choose
from partners.models import Account, Choice
from portal.lib import clock
from portal.mail.letters import Written, compose
from portal.mail.models import Message
from portal.testing import builders
from portal.testing.builders import noon


def told(kind: str) -> list[str]:
    """To whom mails of this kind were queued."""
    return sorted(Message.objects.filter(kind=kind).values_list("to", flat=True))


def written(kind: str) -> Written:
    """The latest mail of this kind, as it would go out."""
    return compose(Message.objects.filter(kind=kind).latest("pk"))[0]


def words(kind: str) -> str:
    """Its text in one line."""
    return " ".join(written(kind).text.split())


def wants(key: str, choice: Choice, *, account: Account, name: str = "Alice") -> None:
    """What somebody chose on their page."""
    choose(builders.person(name=name), account, {key: choice}, at=noon(clock.today()))
