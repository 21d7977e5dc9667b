"""Claims that do not exist, for the samples of letters; made without the database."""

from datetime import date, timedelta

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from claims import rules
from claims.models import (
    Answer,
    ApprovalRequest,
    Claim,
    ClaimState,
    DeclineReason,
    Reinstatement,
    Verdict,
)
from partners.explanations import SENTENCES, Reason
from partners.models import Account, Site
from portal.lib import clock
from portal.mail.letters import SecretLink, link_to
from portal.models import User


def link() -> SecretLink:
    return SecretLink(link_to("claims:approval_link", token="a-sample-that-opens-nothing"))  # noqa: S106


def step() -> str:
    return str(SENTENCES[Reason.WAITING_PERIOD]) % {
        "points": 100,
        "event": date_format(clock.today(), "DATE_FORMAT"),
        "lands": date_format(changeable(), "DATE_FORMAT"),
        "year": clock.today().year,
    }


def changeable() -> date:
    return rules.answer_changeable_until(clock.today())


def request() -> ApprovalRequest:
    at = clock.now()
    claim = Claim(
        account=Account(name="Harbour Studio", email="hello@harbour-studio.example"),
        site=Site(address="cornerbakery.example", name="The Corner Bakery"),
        client=Account(name="The Corner Bakery", email="owner@cornerbakery.example"),
        programme_year=clock.today().year,
        submitted_by=User(name="Amira Osei", email="amira@harbour-studio.example"),
        submitted_at=at,
        submitted_on=clock.today(),
        state=ClaimState.AWAITING,
        state_since=at,
    )
    return ApprovalRequest(
        claim=claim,
        sent_to=claim.client.email,
        sent_on=clock.today(),
        lapses_on=rules.lapses_on(clock.today()),
    )


def answer() -> Answer:
    return Answer(
        claim=request().claim,
        ordinal=1,
        verdict=Verdict.DECLINE,
        reason=DeclineReason.UNKNOWN_PARTNER,
        answered_by="Carol Baker",
        answered_at=clock.now(),
        answered_on=clock.today(),
    )


def reinstatement() -> Reinstatement:
    given = answer()
    given.answered_on -= timedelta(days=3)
    return Reinstatement(
        claim=given.claim,
        answer=given,
        reason=_("The client told us on the phone that the answer was a slip."),
        reinstated_at=clock.now(),
    )
