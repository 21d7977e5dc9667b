"""What answers and silence write: to the client who is asked, and to the partner who asked."""

from datetime import date

from django.utils.translation import gettext as _

from claims import rules, samples
from claims.links import new_link
from claims.models import (
    Answer,
    ApprovalRequest,
    Claim,
    DeclineReason,
    Reinstatement,
    Verdict,
)
from claims.queries import explain_claimed, is_asked, is_to_be_reminded
from partners.notifications import footer
from partners.standings import rank_held
from portal.lib import clock
from portal.mail.letters import Context, SecretLink, letter, link_to
from portal.mail.models import Message

# What a partner is told of a client's reason. A report of abuse, or words meant for us, is not.
REASONS_TOLD = frozenset(
    {DeclineReason.UNKNOWN_PARTNER, DeclineReason.DID_NOT_WORK, DeclineReason.WRONG_SITE}
)


# --- To the client -------------------------------------------------------------------------------


@letter(
    "claims/request",
    sample=lambda: _asking(samples.request(), link=samples.link(), rank="Creator"),
    is_unasked=True,
    still_wanted=is_asked,
)
def request(message: Message, *, claim_id: int) -> Context:
    """The question, with its one link."""
    asked = _request(claim_id)
    return _asking(asked, link=new_link(asked, mail=message), rank=_rank(asked.claim))


@letter(
    "claims/follow_up",
    sample=lambda: _asking(samples.request(), link=samples.link(), rank="Creator"),
    is_unasked=True,
    still_wanted=is_to_be_reminded,
)
def follow_up(message: Message, *, claim_id: int) -> Context:
    """The question once more, and never again."""
    asked = _request(claim_id)
    in_thread = {"in_reply_to": asked.mail.message_id}
    rank = _rank(asked.claim)
    return _asking(asked, link=new_link(asked, mail=message), rank=rank) | in_thread


def _asking(asked: ApprovalRequest, *, link: SecretLink, rank: str) -> Context:
    return _about(asked.claim) | {
        "rank": rank,
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
        samples.answer(), link=samples.link(), changeable_until=samples.changeable()
    ),
    is_unasked=True,
)
def answer_receipt(message: Message, *, answer_id: int) -> Context:
    """What was answered, under which name, and until when it can be changed."""
    given = _answer(answer_id)
    link = new_link(given.claim.request, mail=message)
    in_thread = {"in_reply_to": given.claim.request.mail.message_id}
    return _receipt(given, link=link, changeable_until=_changeable_until(given)) | in_thread


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


@letter(
    "claims/reinstated_client",
    sample=lambda: _put_right(samples.reinstatement()),
    is_unasked=True,
)
def reinstated_client(_message: Message, *, reinstatement_id: int) -> Context:
    """Our staff turned a no into a yes: why, and what to do if that is wrong."""
    put_right = _reinstatement(reinstatement_id)
    return _put_right(put_right) | {"reason": _why_the_client(put_right.claim)}


# --- To the partner ------------------------------------------------------------------------------


@letter(
    "claims/answered",
    sample=lambda: _told(
        samples.answer(), changeable_until=samples.changeable(), next_step=samples.step()
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


@letter("claims/lapsed", sample=lambda: _lapsed(samples.request()))
def lapsed(_message: Message, *, claim_id: int) -> Context:
    """Nobody answered in time."""
    return _lapsed(_request(claim_id))


def _lapsed(asked: ApprovalRequest) -> Context:
    return for_partner(asked.claim) | {"sent_on": asked.sent_on, "lapsed_on": asked.lapses_on}


@letter(
    "claims/reinstated_partner",
    sample=lambda: (
        _put_right(samples.reinstatement())
        | for_partner(samples.request().claim)
        | {"next_step": samples.step()}
    ),
)
def reinstated_partner(_message: Message, *, reinstatement_id: int) -> Context:
    """The declined claim counts after all."""
    put_right = _reinstatement(reinstatement_id)
    claim = put_right.claim
    return _put_right(put_right) | for_partner(claim) | {"next_step": next_step(claim)}


# --- What several say ----------------------------------------------------------------------------


def _rank(claim: Claim) -> str:
    """The rank of who asks, on the day they are read asking."""
    return rank_held(claim.account, on=clock.today()).name


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
    """On record, or where staff found that they are reached."""
    if claim.request.sent_to.lower() == claim.client.email.lower():
        why = _(
            "You get this mail because this is the address on record for the account %(client)s, "
            "which the site belongs to."
        )
    else:
        why = _(
            "You get this mail because this is the address at which we reach the account "
            "%(client)s, which the site belongs to."
        )
    return why % {"client": claim.client.name}


# --- What is read --------------------------------------------------------------------------------

CLAIM = ("claim__account", "claim__site", "claim__client", "claim__submitted_by")


def _request(claim_id: int) -> ApprovalRequest:
    return ApprovalRequest.objects.select_related("mail", *CLAIM).get(claim=claim_id)


def _answer(answer_id: int) -> Answer:
    return Answer.objects.select_related("claim__request__mail", *CLAIM).get(pk=answer_id)


def _reinstatement(reinstatement_id: int) -> Reinstatement:
    return Reinstatement.objects.select_related("answer", *CLAIM).get(pk=reinstatement_id)


def _changeable_until(given: Answer) -> date:
    """Counted from the first answer, however often it was changed since."""
    first = Answer.objects.filter(claim=given.claim_id).earliest("ordinal")
    return rules.answer_changeable_until(first.answered_on)
