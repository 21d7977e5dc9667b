"""A claim's story: what happened, and what happens next by itself, with its date."""

from collections.abc import Iterator
from datetime import date

from django.utils.translation import gettext as _

from billing.queries import expected_events
from claims.emails.claims import REASONS_TOLD
from claims.mail_states import mail_told
from claims.models import Claim, ClaimState, Verdict, unreached
from claims.queries import claim_hindrances
from partners.attribution import Judged
from partners.attribution import Verdict as PointsVerdict
from partners.queries import judge_expected, judge_sites
from portal.lib import clock
from portal.lib.steps import Step


def timeline(claim: Claim, *, on: date) -> list[Step]:
    """Submitted, sent, follow-up, answered, next event, credited."""
    submitted = _("by %(name)s") % {"name": claim.submitted_by}
    steps = [
        Step(_("Submitted"), "done", claim.submitted_on, submitted),
        *_asked(claim),
        *_answered(claim),
        *_ended(claim),
    ]
    if claim.state == ClaimState.AWAITING:
        steps += _waiting(claim)
    if claim.state == ClaimState.WITH_STAFF:
        text = _("Who would approve is on your own team, so our team looks into it instead.")
        steps.append(Step(_("With our team"), "now", note=text))
    if claim.state == ClaimState.APPROVED:
        steps += _points(claim, on=on)
    return steps


def _asked(claim: Claim) -> Iterator[Step]:
    """The mails to the client, and what became of them; none of a claim with our team."""
    request = getattr(claim, "request", None)
    if request is None:
        return
    correction = getattr(request, "correction", None)
    if correction:
        yield Step(_("Client asked by e-mail"), "done", claim.submitted_on)
        yield Step(_("The mail did not arrive"), "bad")
    asked = _("Asked again at the right address") if correction else _("Client asked by e-mail")
    mail = mail_told(request.mail)
    yield Step(asked, mail.state, request.sent_on, mail.note)
    if request.follow_up_mail:
        sent_on = clock.date_of(request.follow_up_mail.queued_at)
        mail = mail_told(request.follow_up_mail)
        note = _("There is only this one. %(mail)s") % {"mail": mail.note}
        yield Step(_("Reminder sent"), mail.state, sent_on, note)


def _unreached(claim: Claim) -> list[Step]:
    """No mail has reached the client: what is done about it, and by whom."""
    if hasattr(claim.request, "correction"):
        note = _("We have asked at two addresses and do not ask again.")
        lapse = Step(_("Lapses"), "next", claim.request.lapses_on)
        return [Step(_("The second mail did not arrive either"), "bad", None, note), lapse]
    note = _(
        "Our team looks for the right address and asks again; until then the claim does not lapse."
        " It helps if your client has the address on record for their account corrected."
    )
    return [Step(_("The mail did not arrive"), "bad", None, note)]


def _answered(claim: Claim) -> Iterator[Step]:
    for answer in claim.answers.order_by("ordinal"):
        approved = answer.verdict == Verdict.APPROVE
        note = _("by %(name)s") % {"name": answer.answered_by}
        if answer.reason in REASONS_TOLD:
            note += f": {answer.get_reason_display()}"
        words, state = (_("Approved"), "done") if approved else (_("Declined"), "bad")
        yield Step(words, state, answer.answered_on, note)
    for reinstatement in claim.reinstatements.order_by("reinstated_at"):
        reinstated_on = clock.date_of(reinstatement.reinstated_at)
        yield Step(_("Put right by our team"), "done", reinstated_on, reinstatement.reason)
    if given := getattr(claim, "staff_answer", None):
        approved = given.verdict == Verdict.APPROVE
        words = _("Approved by our team") if approved else _("Refused by our team")
        answered_on = clock.date_of(given.answered_at)
        yield Step(words, "done" if approved else "bad", answered_on, given.reason)


def _ended(claim: Claim) -> Iterator[Step]:
    ended_on = clock.date_of(claim.state_since)
    if claim.state == ClaimState.LAPSED:
        yield Step(_("Lapsed without an answer"), "bad", ended_on)
    if claim.state == ClaimState.WITHDRAWN:
        yield Step(_("Withdrawn"), "skipped", ended_on)
    if claim.state == ClaimState.MOVED:
        note = _("Who was asked does not hold it any more, so the claim has ended.")
        yield Step(_("The site moved to another account"), "bad", ended_on, note)
    if claim.state == ClaimState.MERGED:
        yield Step(
            _("Merged into another claim by our team"), "skipped", ended_on, claim.merger.reason
        )


def _waiting(claim: Claim) -> list[Step]:
    request = claim.request
    if Claim.objects.filter(unreached(), pk=claim.pk).exists():
        return _unreached(claim)
    steps = [Step(_("Waiting for the client’s answer"), "now")]
    if request.follow_up_due_on:
        text = _("One reminder, if there is no answer by then")
        steps.append(Step(text, "next", request.follow_up_due_on))
    steps.append(Step(_("Lapses if nobody answers"), "next", request.lapses_on))
    return steps


def _points(claim: Claim, *, on: date) -> list[Step]:
    """What the points wait for, as attribution sees it."""
    site = [claim.site_id]
    events = judge_sites(claim.account, site, on=on)
    for one in sorted(events, key=_first_to_land):
        if one.programme_year >= claim.programme_year and (steps := _landing(one)):
            return steps
    for one in reversed(judge_expected(claim.account, expected_events(site), on=on)):
        if one.verdict in {PointsVerdict.WAITING, PointsVerdict.DUE}:
            return [
                Step(_("The site’s next renewal"), "next", one.occurs_on),
                _arrives(one),
            ]
    if claim_hindrances(claim.account, site, on=on)[claim.site_id]:
        return [Step(_("Taken back by the client, in the answer to another claim"), "bad")]
    return [Step(_("Waiting for the site’s next upgrade or renewal"), "now")]


def _first_to_land(one: Judged) -> tuple[int, bool, date]:
    is_credited = one.verdict is PointsVerdict.CREDITED
    return one.programme_year, not is_credited, one.lands_on


def _landing(one: Judged) -> list[Step]:
    event = Step(_("Upgrade or renewal of the site"), "done", one.occurs_on)
    if one.verdict is PointsVerdict.CREDITED:
        text = _("%(points)s points credited") % {"points": one.points}
        return [event, Step(text, "done", one.credited_on)]
    if one.verdict in {PointsVerdict.WAITING, PointsVerdict.DUE}:
        return [event, _arrives(one)]
    return []


def _arrives(one: Judged) -> Step:
    return Step(_("%(points)s points arrive") % {"points": one.points}, "next", one.lands_on)
