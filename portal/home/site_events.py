"""What each event of a site means for an account: one word and one sentence an event."""

from dataclasses import dataclass
from datetime import date

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from partners.attribution import Judged, Verdict
from partners.models import Account, QualifyingEvent, Site
from partners.queries import judge_sites


@dataclass(frozen=True, slots=True)
class Meaning:
    """How a verdict reads. The words may name points, year, the day it lands, or landed."""

    label: Promise
    tone: str
    words: Promise


ON_THEIR_WAY = Meaning(
    _("On its way"),
    "wait",
    _("%(points)s points for %(year)s land on %(lands)s."),
)
MEANINGS = {
    Verdict.CREDITED: Meaning(
        _("Earned"), "good", _("It earned %(points)s points for %(year)s on %(credited)s.")
    ),
    Verdict.ALREADY_CREDITED: Meaning(
        _("Already earned"),
        "mute",
        _("Another event had earned the site’s points for %(year)s; a site earns once a year."),
    ),
    Verdict.WAITING: ON_THEIR_WAY,
    Verdict.DUE: ON_THEIR_WAY,
    Verdict.VOIDED: Meaning(_("Refunded"), "mute", _("Its money went back, so it earns nothing.")),
    Verdict.NOT_JOINED: Meaning(
        _("Not joined"), "mute", _("It earns points for %(year)s once you join the programme.")
    ),
    Verdict.BEFORE_JOINING_YEAR: Meaning(
        _("Before you joined"), "mute", _("%(year)s was over when you joined the programme.")
    ),
    Verdict.TOO_LATE: Meaning(
        _("Too late"), "mute", _("It would have landed on %(lands)s, when %(year)s had closed.")
    ),
}


@dataclass(frozen=True, slots=True)
class SiteEvent:
    """An event as it is, and what it means."""

    event: QualifyingEvent
    judged: Judged

    @property
    def label(self) -> str:
        return str(MEANINGS[self.judged.verdict].label)

    @property
    def tone(self) -> str:
        return MEANINGS[self.judged.verdict].tone

    @property
    def sentence(self) -> str:
        credited_on = self.judged.credited_on
        return str(MEANINGS[self.judged.verdict].words) % {
            "points": self.judged.points,
            "year": self.judged.programme_year,
            "lands": date_format(self.judged.lands_on, "DATE_FORMAT"),
            "credited": date_format(credited_on, "DATE_FORMAT") if credited_on else "",
        }


def events_of(account: Account, site: Site, *, on: date) -> list[SiteEvent]:
    """The site's events since last January which the account could earn from, latest first."""
    judged = judge_sites(account, [site.pk], on=on)
    events = QualifyingEvent.objects.in_bulk([one.event_id for one in judged])
    return [SiteEvent(events[one.event_id or 0], one) for one in judged]
