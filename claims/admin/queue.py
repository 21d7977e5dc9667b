"""The queue of declined claims: its columns, and the filters by what looks wrong."""

from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.contrib import admin
from django.db.models import Min, QuerySet
from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.timesince import timesince
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.decorators import display

from claims import rules
from claims.models import Answer, Claim, ClaimState, DeclineReason
from claims.signals import with_signals
from portal.lib import clock
from portal.staff.admins import list_url
from portal.staff.queues import WorkedOff
from portal.staff.site import Queue

QUEUE = Queue(
    title=_("Declined claims to put right"),
    words=_(
        "Clients decline by mistake, and mail scanners answer in seconds."
        " Look who answered, how fast, and from where; signals are hints and decide nothing."
    ),
    permission="claims.view_claim",
    url=partial(list_url, "claims.claim", query="state__exact=declined"),
    waiting=partial(Claim.objects.filter, state=ClaimState.DECLINED),
    since="state_since",
)


def queued(claims: QuerySet[Claim]) -> QuerySet[Claim]:
    """Claims with all that the queue shows of them; one query more for their answers."""
    first = Min("answers__answered_on")
    return with_signals(claims).annotate(first_answered_on=first).prefetch_related("answers")


class SignalFilter(admin.SimpleListFilter):
    """Declines with one of the signals. Anywhere but in the queue it is not there."""

    title = _("what looks wrong")
    parameter_name = "signal"
    LOOKUPS = (
        ("is_fast", _("answered within seconds")),
        ("is_network_shared", _("same network as other clients")),
        ("is_scanner", _("no browser we know of")),
    )

    def lookups(self, *_args: Any) -> tuple[tuple[str, Any], ...]:
        return self.LOOKUPS

    def queryset(self, _request: HttpRequest, queryset: QuerySet) -> QuerySet:
        signal = self.value()
        return queryset.filter(**{signal: True}) if signal in dict(self.LOOKUPS) else queryset


class ReasonFilter(admin.SimpleListFilter):
    """Declines by the reason given in the answer in force."""

    title = _("reason given")
    parameter_name = "reason"

    def lookups(self, *_args: Any) -> list[tuple[str, Any]]:
        return list(DeclineReason.choices)

    def queryset(self, _request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(answer_reason=self.value()) if self.value() else queryset


DECLINED = WorkedOff(
    queue=QUEUE,
    ordering=("-state_since", "-id"),
    columns=(
        "of_site",
        "of_account",
        "of_client",
        "reason",
        "answered_by",
        "time_taken",
        "signals",
        "age",
        "next_step",
    ),
    filters=("state", SignalFilter, ReasonFilter),
)


class QueueColumns:
    """What the queue says of each declined claim; the rows are those of `queued`."""

    @display(description=_("reason given"))
    def reason(self, claim: Claim) -> str:
        answer = _latest(claim)
        if answer is None:
            return "–"
        said = str(answer.get_reason_display())
        return f"{said}: {answer.comment}" if answer.comment else said

    @display(description=_("answered by"), empty_value="–")
    def answered_by(self, claim: Claim) -> str | None:
        answer = _latest(claim)
        return answer.answered_by if answer else None

    @display(description=_("after"), empty_value="–")
    def time_taken(self, claim: Claim) -> str | None:
        """From the mail to the answer. A person takes longer than a few seconds."""
        answer = _latest(claim)
        return _in_words(_since_mail(claim, answer.answered_at)) if answer else None

    @display(description=_("what looks wrong"), empty_value="–")
    def signals(self, claim: Claim) -> str | None:
        seen = [str(words) for signal, words in SignalFilter.LOOKUPS if getattr(claim, signal)]
        return ", ".join(seen) or None

    @display(description=_("age"))
    def age(self, claim: Claim) -> str:
        return timesince(claim.state_since, clock.now(), depth=1)

    @display(description=_("next step"))
    def next_step(self, claim: Claim) -> str:
        """Until when the client can still put it right; after that only staff can."""
        first = claim.first_answered_on  # type: ignore[attr-defined]
        until = first and rules.answer_changeable_until(first)
        if until and until >= clock.today():
            day = date_format(until, "DATE_FORMAT")
            return _now("The client can change it until %(day)s; a slip: reinstate") % {"day": day}
        return _now("Final for the client; a slip: reinstate")


def _latest(claim: Claim) -> Answer | None:
    """The answer in force, from what the list has fetched."""
    return next(iter(claim.answers.all()), None)


def _since_mail(claim: Claim, answered_at: datetime) -> timedelta | None:
    """From the last mail that was out before the answer."""
    request = getattr(claim, "request", None)
    mails = (request.mail, request.follow_up_mail) if request else ()
    sent = [mail.sent_at for mail in mails if mail and mail.sent_at and mail.sent_at <= answered_at]
    return answered_at - max(sent) if sent else None


def _in_words(taken: timedelta | None) -> str | None:
    if taken is None:
        return None
    seconds = int(taken.total_seconds())
    if seconds < 120:  # noqa: PLR2004 (below two minutes, seconds are what tells a machine)
        return ngettext("%(n)d second", "%(n)d seconds", seconds) % {"n": seconds}
    minutes, hours = seconds // 60, seconds // 3600
    if hours < 2:  # noqa: PLR2004
        return _now("%(n)d minutes (%(s)d s)") % {"n": minutes, "s": seconds}
    if taken.days < 2:  # noqa: PLR2004
        return _now("%(n)d hours") % {"n": hours}
    return _now("%(n)d days") % {"n": taken.days}
