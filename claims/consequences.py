"""What would follow, were declined claims approved: attribution judges, nothing is written."""

from collections.abc import Iterator, Sequence
from datetime import date

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from billing.queries import expected_events
from claims.models import Answer, Claim
from partners.attribution import Judged, Verdict
from partners.queries import SupposedApproval, judge_supposed

ARRIVING = frozenset({Verdict.WAITING, Verdict.DUE})
WHY_NOTHING = {
    Verdict.VOIDED: _lazy("nothing, its money went back."),
    Verdict.CREDITED: _lazy("nothing more, it has brought its points already."),
    Verdict.ALREADY_CREDITED: _lazy("nothing more, the site counts already in %(year)s."),
    Verdict.NOT_JOINED: _lazy("nothing, the agency is not in the programme."),
    Verdict.BEFORE_JOINING_YEAR: _lazy("nothing, the agency joined after %(year)s."),
    Verdict.TOO_LATE: _lazy("nothing, it comes after %(year)s has closed."),
    Verdict.WAITING: _lazy("nothing more, a site counts once in %(year)s."),
    Verdict.DUE: _lazy("nothing more, a site counts once in %(year)s."),
}


def points_that_follow(claims: Sequence[Claim], *, on: date) -> dict[int, list[str]]:
    """A sentence for each event of each claim's site, by the claim's id; three queries for any."""
    supposed = list(_as_if_approved(claims))
    expected = expected_events([one.site_id for one in supposed])
    verdicts = judge_supposed(supposed, expected, on=on)
    return {claim.pk: _sentences(claim, verdicts, on=on) for claim in claims}


def _as_if_approved(claims: Sequence[Claim]) -> Iterator[SupposedApproval]:
    """As if the client had said yes on the day of the wrong answer."""
    answers = Answer.objects.filter(claim__in=claims).order_by("ordinal")
    answered_on = dict(answers.values_list("claim_id", "answered_on"))  # the latest of each stays
    for claim in claims:
        if claim.pk in answered_on:
            yield SupposedApproval(
                account_id=claim.account_id,
                site_id=claim.site_id,
                from_year=claim.programme_year,
                approved_on=answered_on[claim.pk],
            )


def _sentences(claim: Claim, verdicts: Sequence[Judged], *, on: date) -> list[str]:
    theirs = [
        one
        for one in verdicts
        if (one.account_id, one.site_id) == (claim.account_id, claim.site_id)
        and one.programme_year >= claim.programme_year
    ]
    counted: set[int] = set()
    told = []
    for one in theirs:
        told.append(_event(one) + " " + _what_follows(one, counted=counted, on=on))
        if one.verdict in ARRIVING:
            counted.add(one.programme_year)
    return told or [_("No upgrade or renewal so far: points follow with the site’s next one.")]


def _event(one: Judged) -> str:
    expected, past = _("Renewal expected on %(day)s:"), _("Upgrade or renewal of %(day)s:")
    return (expected if one.event_id is None else past) % {"day": _day(one.occurs_on)}


def _what_follows(one: Judged, *, counted: set[int], on: date) -> str:
    about = {"points": one.points, "year": one.programme_year}
    if one.verdict in ARRIVING and one.programme_year not in counted:
        return _("%(points)s points for %(year)s, on %(day)s.") % {
            **about,
            "day": _day(max(one.lands_on, on)),
        }
    return str(WHY_NOTHING[one.verdict]) % about


def _day(day: date) -> str:
    return date_format(day, "DATE_FORMAT")
