"""The ledger in words: what a line is for, by which value it was made, and whether it stands."""

from dataclasses import dataclass

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from partners.models import PointsEntry
from partners.models.points import EntryKind, VoidReason
from partners.rules import EventKind, Relation

HAPPENED = {
    EventKind.ACTIVATED: gettext_lazy("Upgraded on %(event)s"),
    EventKind.RENEWED: gettext_lazy("Renewed on %(event)s"),
}
MONEY_WENT_BACK = {
    VoidReason.REFUND: gettext_lazy("What was paid for %(event)s was refunded"),
    VoidReason.CHARGEBACK: gettext_lazy("The bank took back what was paid for %(event)s"),
}


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One line, as a partner reads it; what it tells of, `queries.ledger` has brought."""

    entry: PointsEntry

    @property
    def what_for(self) -> str:
        """Why the line is there, without a full stop."""
        event = self.entry.event
        if self.entry.adjustment:
            about = {"reason": self.entry.adjustment.get_reason_display(), "note": self.entry.note}
            return _("Adjusted by us – %(reason)s: %(note)s") % about
        if self.entry.kind == EntryKind.ADJUSTMENT or event is None:
            return self.entry.note
        event_on = {"event": date_format(event.occurs_on, "DATE_FORMAT")}
        if self.entry.kind == EntryKind.CREDIT:
            return str(HAPPENED[EventKind(event.kind)]) % event_on
        void = getattr(event, "void", None)
        if void and void.voided_on <= self.entry.credited_on:
            return str(MONEY_WENT_BACK[VoidReason(void.reason)]) % event_on
        return _("The client’s approval was taken back")

    @property
    def by_rule(self) -> str:
        """The value it was made under; empty for an adjustment."""
        rule = self.entry.rule
        if rule is None:
            return ""
        if rule.relation == Relation.OWNER:
            text = ngettext(
                "%(points)s point for a site of your own in %(year)s",
                "%(points)s points for a site of your own in %(year)s",
                rule.points,
            )
        else:
            text = ngettext(
                "%(points)s point for a client’s site in %(year)s",
                "%(points)s points for a client’s site in %(year)s",
                rule.points,
            )
        return text % {"points": rule.points, "year": rule.programme_year_id}

    @property
    def takes_back(self) -> PointsEntry | None:
        """The line that this one reverses."""
        return self.entry.reverses

    @property
    def taken_back_by(self) -> PointsEntry | None:
        """The line that reverses this one."""
        return getattr(self.entry, "reversal", None)

    @property
    def state(self) -> str:
        """Whether the line stands, was taken back, or takes another back."""
        if self.takes_back:
            words = {"on": date_format(self.takes_back.credited_on, "DATE_FORMAT")}
            return _("Takes back the line of %(on)s") % words
        if self.taken_back_by:
            words = {"on": date_format(self.taken_back_by.credited_on, "DATE_FORMAT")}
            return _("Taken back on %(on)s") % words
        return _("Counts")
