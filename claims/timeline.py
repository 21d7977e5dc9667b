"""A claim's story: what happened, and what happens next by itself, with its date."""

from datetime import date

from django.utils.translation import gettext as _

from billing.queries import expected_events
from claims.emails import REASONS_TOLD
from claims.models import Claim, ClaimState, Verdict
from partners.attribution import Judged
from partners.attribution import Verdict as PointsVerdict
from partners.queries import judge_expected, judge_sites
from portal.lib import clock
from portal.lib.steps import Step


def timeline(claim: Claim, *, on: date) -> list[Step]:
    """Submitted, sent, follow-up, answered, next event, credited."""
    request = claim.request
    steps = [
        Step(
            _("Submitted"),
            "done",
            claim.submitted_on,
            _("by %(name)s") % {"name": claim.submitted_by},
        ),
        Step(_("Client asked by e-mail"), "done", request.sent_on),
    ]
    if request.follow_up_mail_id:
        sent_on = clock.date_of(request.follow_up_mail.queued_at)  # type: ignore[union-attr]
        steps.append(Step(_("Reminder sent"), "done", sent_on, _("There is only this one.")))
    steps += _answered(claim)
    if claim.state == ClaimState.AWAITING:
        steps += _waiting(claim)
    if claim.state == ClaimState.APPROVED:
        steps += _points(claim, on=on)
    return steps


def _answered(claim: Claim) -> list[Step]:
    steps = []
    for answer in claim.answers.order_by("ordinal"):
        approved = answer.verdict == Verdict.APPROVE
        note = _("by %(name)s") % {"name": answer.answered_by}
        if answer.reason in REASONS_TOLD:
            note += f": {answer.get_reason_display()}"
        steps.append(
            Step(
                _("Approved") if approved else _("Declined"),
                "done" if approved else "bad",
                answer.answered_on,
                note,
            )
        )
    for reinstatement in claim.reinstatements.order_by("reinstated_at"):
        reinstated_on = clock.date_of(reinstatement.reinstated_at)
        steps.append(Step(_("Put right by our team"), "done", reinstated_on, reinstatement.reason))
    closed_on = clock.date_of(claim.state_since)
    if claim.state == ClaimState.LAPSED:
        steps.append(Step(_("Lapsed without an answer"), "bad", closed_on))
    if claim.state == ClaimState.WITHDRAWN:
        steps.append(Step(_("Withdrawn"), "skipped", closed_on))
    return steps


def _waiting(claim: Claim) -> list[Step]:
    request = claim.request
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
