"""Everything that happened to a claim, in the order it happened, with the mails it caused."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from claims.models import (
    Answer,
    ApprovalRequest,
    Claim,
    ClaimState,
    Merger,
    Reinstatement,
    Verdict,
)
from portal.mail.admin.life import life
from portal.mail.models import Message
from portal.mail.rules import NEVER_ARRIVED
from portal.staff.admins import link_to


@dataclass(frozen=True, slots=True)
class Moment:
    """One thing that happened (or is still to happen, without an instant)."""

    at: datetime | None
    what: str
    detail: str = ""
    tone: str = ""
    link: Any = ""


def timeline(claim: Claim) -> list[Moment]:
    """The claim's moments, the earliest first; what is to come stands last."""
    moments = [
        Moment(
            claim.submitted_at,
            _("Submitted by %(person)s") % {"person": claim.submitted_by},
            link=link_to(claim.account),
        ),
        *(_mail(message) for message in _mails(claim)),
        *(_answer(answer) for answer in claim.answers.all()),
        *(
            _reinstatement(reinstated)
            for reinstated in claim.reinstatements.select_related("reinstated_by")
        ),
        *_correction(claim),
        *_mergers(claim),
        *_ends(claim),
    ]
    happened = sorted((m for m in moments if m.at), key=lambda m: m.at)  # type: ignore[arg-type, return-value]
    return [*happened, *_to_come(claim)]


def _mails(claim: Claim) -> list[Message]:
    """Every mail about a claim is queued under a key that starts with it."""
    about = Message.objects.filter(key__startswith=f"claim:{claim.ref}:")
    ordered = about.defer("text", "html", "arguments").order_by("queued_at", "id")
    return list(ordered.prefetch_related("events"))


def _mail(message: Message) -> Moment:
    words = {
        "request": _("Request mailed to %(to)s"),
        "follow_up": _("Follow-up mailed to %(to)s"),
        "receipt": _("Receipt mailed to %(to)s"),
    }
    kind = message.key.split(":")[2]
    return Moment(
        message.sent_at or message.queued_at,
        words.get(kind, _("Mail to %(to)s")) % {"to": message.to},
        detail=_became(message),
        link=link_to(message, message.subject or message.kind),
    )


def _became(message: Message) -> str:
    """What became of it, and why in its provider's words where it came back."""
    why = [event.description for event in message.events.all() if event.kind in NEVER_ARRIVED]
    return " · ".join(filter(None, [str(life(message)[1]), *why]))


def _correction(claim: Claim) -> Iterator[Moment]:
    request: ApprovalRequest | None = getattr(claim, "request", None)
    correction = getattr(request, "correction", None)
    if correction:
        addresses = {"old": correction.old_address, "new": correction.new_address}
        where = (
            _("%(old)s → %(new)s, also on record")
            if correction.is_on_record
            else "%(old)s → %(new)s"
        )
        yield Moment(
            correction.corrected_at,
            _("Address corrected by %(person)s") % {"person": correction.corrected_by},
            detail=f"{where % addresses} · {correction.reason}",
        )


def _answer(answer: Answer) -> Moment:
    is_yes = answer.verdict == Verdict.APPROVE
    words = _("Approved by %(name)s") if is_yes else _("Declined by %(name)s")
    reason = "" if is_yes else str(answer.get_reason_display())
    source = ", ".join(filter(None, [answer.ip_address, answer.user_agent]))
    return Moment(
        answer.answered_at,
        words % {"name": answer.answered_by},
        detail=" · ".join(filter(None, [reason, answer.comment, source])),
        tone="good" if is_yes else "bad",
    )


def _reinstatement(reinstated: Reinstatement) -> Moment:
    return Moment(
        reinstated.reinstated_at,
        _("Put right by %(person)s") % {"person": reinstated.reinstated_by},
        detail=reinstated.reason,
        tone="good",
    )


def _mergers(claim: Claim) -> Iterator[Moment]:
    """Of the claim itself, and of its duplicates into it; each links to the other claim."""
    about = Merger.objects.filter(Q(claim=claim) | Q(into=claim))
    related = ("merged_by", "claim__account", "claim__site", "into__account", "into__site")
    for merger in about.select_related(*related):
        is_closed = merger.claim == claim
        words = (
            _("Merged into another claim by %(person)s")
            if is_closed
            else _("A duplicate was merged into this claim by %(person)s")
        )
        yield Moment(
            merger.merged_at,
            words % {"person": merger.merged_by},
            detail=merger.reason,
            link=link_to(merger.into if is_closed else merger.claim),
        )


def _ends(claim: Claim) -> Iterator[Moment]:
    withdrawal = getattr(claim, "withdrawal", None)
    if withdrawal:
        words = _("Taken back by %(person)s") % {"person": withdrawal.withdrawn_by}
        yield Moment(withdrawal.withdrawn_at, words)
    if claim.state == ClaimState.LAPSED:
        yield Moment(claim.state_since, _("Lapsed: nobody answered in time"))


def _to_come(claim: Claim) -> Iterator[Moment]:
    request: ApprovalRequest | None = getattr(claim, "request", None)
    if request is None or claim.state != ClaimState.AWAITING:
        return
    if request.follow_up_due_on:
        yield Moment(None, _("Follow-up on %(day)s") % {"day": _day(request.follow_up_due_on)})
    yield Moment(None, _("Lapses on %(day)s") % {"day": _day(request.lapses_on)})


def _day(day: Any) -> str:
    return date_format(day, "DATE_FORMAT")
