"""What answers and silence write: to the client who is asked, and to the partner who asked."""

from datetime import date, timedelta

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from claims import rules
from claims.links import new_link
from claims.models import (
    Answer,
    ApprovalRequest,
    Claim,
    ClaimState,
    DeclineReason,
    Reinstatement,
    Verdict,
)
from claims.queries import explain_claimed
from partners.explanations import SENTENCES, Reason
from partners.models import Account, Site
from partners.notifications import footer
from portal.lib import clock
from portal.mail.letters import Context, SecretLink, letter, link_to
from portal.mail.models import Message
from portal.models import User

# What a partner is told of a client's reason. A report of abuse, or words meant for us, is not.
REASONS_TOLD = frozenset(
    {DeclineReason.UNKNOWN_PARTNER, DeclineReason.DID_NOT_WORK, DeclineReason.WRONG_SITE}
)


# --- To the client -------------------------------------------------------------------------------


@letter("claims/request", sample=lambda: _asking(sample_request(), link=_sample_link()))
def request(message: Message, *, claim_id: int) -> Context:
    """The question, with its one link."""
    asked = _request(claim_id)
    return _asking(asked, link=new_link(asked, mail=message))


@letter("claims/follow_up", sample=lambda: _asking(sample_request(), link=_sample_link()))
def follow_up(message: Message, *, claim_id: int) -> Context:
    """The question once more, and never again."""
    asked = _request(claim_id)
    return _asking(asked, link=new_link(asked, mail=message))


def _asking(asked: ApprovalRequest, *, link: SecretLink) -> Context:
    return _about(asked.claim) | {
        "sent_on": asked.sent_on,
        "follow_up_on": rules.follow_up_on(asked.sent_on),
        "lapses_on": asked.lapses_on,
        "action_url": link,
        "action_label": _("Answer this request"),
        "reason": _why_the_client(asked.claim),
    }


@letter(
    "claims/answer_receipt",
    sample=lambda: _receipt(
        _sample_answer(), link=_sample_link(), changeable_until=_sample_changeable()
    ),
)
def answer_receipt(message: Message, *, answer_id: int) -> Context:
    """What was answered, under which name, and until when it can be changed."""
    given = _answer(answer_id)
    link = new_link(given.claim.request, mail=message)
    return _receipt(given, link=link, changeable_until=_changeable_until(given))


def _receipt(given: Answer, *, link: SecretLink, changeable_until: date) -> Context:
    return _about(given.claim) | {
        "is_yes": given.verdict == Verdict.APPROVE,
        "is_change": given.ordinal > 1,
        "decline_reason": given.get_reason_display(),
        "answered_by": given.answered_by,
        "answered_on": given.answered_on,
        "changeable_until": changeable_until,
        "action_url": link,
        "action_label": _("See or change the answer"),
        "reason": _why_the_client(given.claim),
    }


@letter("claims/reinstated_client", sample=lambda: _put_right(_sample_reinstatement()))
def reinstated_client(_message: Message, *, reinstatement_id: int) -> Context:
    """Our staff turned a no into a yes: why, and what to do if that is wrong."""
    put_right = _reinstatement(reinstatement_id)
    return _put_right(put_right) | {"reason": _why_the_client(put_right.claim)}


# --- To the partner ------------------------------------------------------------------------------


@letter(
    "claims/answered",
    sample=lambda: _told(
        _sample_answer(), changeable_until=_sample_changeable(), next_step=sample_step()
    ),
)
def answered(_message: Message, *, answer_id: int) -> Context:
    """The client answered (or changed the answer), and what follows from it."""
    given = _answer(answer_id)
    return _told(
        given,
        changeable_until=_changeable_until(given),
        next_step=next_step(given.claim) if given.verdict == Verdict.APPROVE else "",
    )


def _told(given: Answer, *, changeable_until: date, next_step: str) -> Context:
    is_told = given.reason in REASONS_TOLD
    return for_partner(given.claim) | {
        "is_yes": given.verdict == Verdict.APPROVE,
        "is_change": given.ordinal > 1,
        "decline_reason": given.get_reason_display() if is_told else "",
        "changeable_until": changeable_until,
        "next_step": next_step,
    }


@letter("claims/lapsed", sample=lambda: _lapsed(sample_request()))
def lapsed(_message: Message, *, claim_id: int) -> Context:
    """Nobody answered in time."""
    return _lapsed(_request(claim_id))


def _lapsed(asked: ApprovalRequest) -> Context:
    return for_partner(asked.claim) | {"sent_on": asked.sent_on, "lapsed_on": asked.lapses_on}


@letter(
    "claims/reinstated_partner",
    sample=lambda: (
        _put_right(_sample_reinstatement())
        | for_partner(sample_request().claim)
        | {"next_step": sample_step()}
    ),
)
def reinstated_partner(_message: Message, *, reinstatement_id: int) -> Context:
    """The declined claim counts after all."""
    put_right = _reinstatement(reinstatement_id)
    claim = put_right.claim
    return _put_right(put_right) | for_partner(claim) | {"next_step": next_step(claim)}


# --- What several say ----------------------------------------------------------------------------


def _about(claim: Claim) -> Context:
    return {
        "agency": claim.account.name,
        "person": claim.submitted_by.name or claim.submitted_by.email,
        "site": claim.site.address,
        "site_name": claim.site.name,
        "client": claim.client.name,
        "year": claim.programme_year,
    }


def for_partner(claim: Claim) -> Context:
    """What every mail to a partner says: what it is about, its page, how to turn it off."""
    return _about(claim) | {
        "again_on": rules.claimable_again_on(claim.programme_year),
        "action_url": link_to("claims:claim", account_ref=claim.account.ref, ref=claim.ref),
        "action_label": _("Open the claim"),
        **footer("claims", user=claim.submitted_by, account=claim.account),
    }


def next_step(claim: Claim) -> str:
    """When the site's points land, now that the claim counts; or why none do."""
    return explain_claimed(claim, on=clock.today()).sentence


def _put_right(reinstatement: Reinstatement) -> Context:
    return _about(reinstatement.claim) | {
        "answered_on": reinstatement.answer.answered_on,
        "put_right_on": clock.date_of(reinstatement.reinstated_at),
        "staff_reason": reinstatement.reason,
        "reason": _why_the_client(reinstatement.claim),
    }


def _why_the_client(claim: Claim) -> str:
    return _(
        "You get this mail because this is the address on record for the account %(client)s, "
        "which the site belongs to."
    ) % {"client": claim.client.name}


# --- What is read --------------------------------------------------------------------------------

CLAIM = ("claim__account", "claim__site", "claim__client", "claim__submitted_by")


def _request(claim_id: int) -> ApprovalRequest:
    return ApprovalRequest.objects.select_related(*CLAIM).get(claim=claim_id)


def _answer(answer_id: int) -> Answer:
    return Answer.objects.select_related("claim__request", *CLAIM).get(pk=answer_id)


def _reinstatement(reinstatement_id: int) -> Reinstatement:
    return Reinstatement.objects.select_related("answer", *CLAIM).get(pk=reinstatement_id)


def _changeable_until(given: Answer) -> date:
    """Counted from the first answer, however often it was changed since."""
    first = Answer.objects.filter(claim=given.claim_id).earliest("ordinal")
    return rules.answer_changeable_until(first.answered_on)


# --- Samples -------------------------------------------------------------------------------------


def _sample_link() -> SecretLink:
    return SecretLink(link_to("claims:approval_link", token="a-sample-that-opens-nothing"))  # noqa: S106


def sample_step() -> str:
    return str(SENTENCES[Reason.WAITING_PERIOD]) % {
        "points": 100,
        "event": date_format(clock.today(), "DATE_FORMAT"),
        "lands": date_format(_sample_changeable(), "DATE_FORMAT"),
        "year": clock.today().year,
    }


def _sample_changeable() -> date:
    return rules.answer_changeable_until(clock.today())


def sample_request() -> ApprovalRequest:
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


def _sample_answer() -> Answer:
    return Answer(
        claim=sample_request().claim,
        ordinal=1,
        verdict=Verdict.DECLINE,
        reason=DeclineReason.UNKNOWN_PARTNER,
        answered_by="Carol Baker",
        answered_at=clock.now(),
        answered_on=clock.today(),
    )


def _sample_reinstatement() -> Reinstatement:
    given = _sample_answer()
    given.answered_on -= timedelta(days=3)
    return Reinstatement(
        claim=given.claim,
        answer=given,
        reason=_("The client told us on the phone that the answer was a slip."),
        reinstated_at=clock.now(),
    )
