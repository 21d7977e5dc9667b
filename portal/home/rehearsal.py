"""What only a rehearsal has: a mailbox instead of mail, a date to move, a staff member's codes.

Whoever can open the portal can open these pages, and with them any login: they exist in rehearsal
only (`portal/urls.py`), where nobody's data is real.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from allauth.mfa import app_settings as mfa_settings
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from csp.decorators import csp
from django import forms
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_http_methods, require_safe

from portal.home.advance import DayReport, advance
from portal.lib import clock
from portal.lib.pages import page_of
from portal.lib.periods import add_months
from portal.mail.models import MailState, Message

REPORT = "rehearsal_report"  # where the session keeps what the last move did
LONGEST_MOVE = timedelta(days=400)  # a page has to come back; `manage.py advance` has all day

# The mail's own world: its inline styles and nothing else, framed by us alone.
MAIL_CSP = {
    "default-src": ["'none'"],
    "style-src": ["'unsafe-inline'"],
    "img-src": ["'self'", "data:"],
    "base-uri": ["'none'"],
    "form-action": ["'none'"],
    "frame-ancestors": ["'self'"],
}


# --- Mailbox -------------------------------------------------------------------------------------


class MailFilter(forms.Form):
    """Whose mail to look at."""

    to = forms.CharField(label=_("To"), required=False, max_length=254)


@login_not_required
@require_safe
def mailbox(request: HttpRequest) -> HttpResponse:
    """Every mail of everyone, newest first."""
    form = MailFilter(request.GET or None)
    to = form.cleaned_data["to"].strip() if form.is_valid() else ""
    waiting = Message.objects.filter(state=MailState.QUEUED).count()
    context = {"form": form, "page": page_of(request, _mail(to)), "waiting": waiting}
    return render(request, "rehearsal/mailbox.html", context)


def _mail(to: str) -> QuerySet[Message]:
    """What left the queue (or could not be written), to addresses with these letters in them."""
    gone = Message.objects.exclude(state__in=[MailState.QUEUED, MailState.WITHHELD])
    return gone.filter(to__icontains=to).defer("text", "html").order_by("-queued_at", "-id")


@login_not_required
@require_safe
def message(request: HttpRequest, ref: str) -> HttpResponse:
    """One mail: its headers, the HTML as a reader sees it, and the text."""
    mail = get_object_or_404(Message, ref=ref)
    context = {"mail": mail, "sender": settings.DEFAULT_FROM_EMAIL}
    return render(request, "rehearsal/message.html", context)


@login_not_required
@require_safe
@csp(MAIL_CSP)  # type: ignore[arg-type]  # its types know no address with arguments
@xframe_options_sameorigin
def message_html(request: HttpRequest, ref: str) -> HttpResponse:
    """A mail's HTML alone, for the frame on its page; its links open in the whole window."""
    mail = get_object_or_404(Message, ref=ref)
    return HttpResponse(mail.html.replace("<head>", '<head><base target="_top">', 1))


# --- Clock ---------------------------------------------------------------------------------------

STEPS = [
    ("day", _("1 day")),
    ("week", _("7 days")),
    ("fortnight", _("14 days")),
    ("month", _("1 month")),
]


def _after(step: str, day: date) -> date:
    days = {"day": 1, "week": 7, "fortnight": 14}
    return day + timedelta(days=days[step]) if step in days else add_months(day, 1)


class ClockForm(forms.Form):
    """How far to move: a step, or else to a date. `cleaned_data["to"]` is the day either way."""

    step = forms.ChoiceField(choices=STEPS, required=False, widget=forms.HiddenInput)
    to = forms.DateField(
        label=_("Day"),
        widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"),
        error_messages={"required": _("Enter the day to move to.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].required = not self.data.get("step")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        today, step = clock.today(), cleaned.get("step")
        if step:
            cleaned["to"] = _after(step, today)
        elif "to" in cleaned:
            self._refuse_bad_day(cleaned["to"], today)
        return cleaned

    def _refuse_bad_day(self, to: date, today: date) -> None:
        if to <= today:
            self.add_error("to", _("Time only moves ahead: enter a day after today’s."))
        elif to - today > LONGEST_MOVE:
            self.add_error("to", _("That is too far for one step: enter a day within a year."))


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def clock_page(request: HttpRequest) -> HttpResponse:
    """The rehearsed date, how to move it, and what the last move did."""
    form = ClockForm(request.POST) if request.method == "POST" else ClockForm()
    if form.is_bound and form.is_valid():
        start = clock.today()
        days = [_told(report) for report in advance(to=form.cleaned_data["to"])]
        request.session[REPORT] = {
            "start": start.isoformat(),
            "end": clock.today().isoformat(),
            "days": [day for day in days if day["jobs"]],
        }
        return redirect("rehearsal:clock")
    context = {"form": form, "steps": STEPS, "report": _last_report(request)}
    return render(request, "rehearsal/clock.html", context)


JOBS = {
    "partners.tasks.keep_years": _("Programme years"),
    "partners.tasks.attribute_points": _("Points"),
    "partners.tasks.announce_ranks": _("Announced"),
    "partners.tasks.announce_points": _("Announced"),
    "billing.tasks.announce_prices": _("Announced"),
    "billing.tasks.announce_renewals": _("Announced"),
    "billing.tasks.charge_renewals": _("Renewals"),
    "billing.tasks.retry_payments": _("Second tries"),
    "billing.tasks.resolve_attempts": _("Open payments"),
    "billing.tasks.forget_removed_cards": _("Removed cards"),
    "billing.tasks.end_unpaid": _("Ended"),
    "claims.tasks.follow_up_claims": _("Claims"),
    "portal.mail.tasks.send_mail": _("Mail"),
    "portal.tasks.tidy_broker": _("Broker"),
}
DONE = {
    "years prepared": _("prepared"),
    "years closed": _("closed"),
    "dearer renewals announced": _("dearer renewals"),
    "renewals announced": _("renewals"),
    "expiring cards announced": _("expiring cards"),
    "ranks announced": _("ranks"),
    "digests": _("mails about points"),
    "succeeded": _("paid"),
    "soft_decline": _("declined for now"),
    "hard_decline": _("declined, another card needed"),
    "unknown": _("no answer yet"),
    "outage": _("gateway unavailable"),
    "refunds asked about": _("refunds asked about"),
    "cards forgotten": _("forgotten by the gateway"),
    "invoices given up": _("invoices given up"),
    "subscriptions ended": _("subscriptions"),
    "follow-ups": _("follow-ups"),
    "claims ended": _("ended as their site had moved"),
    "claims lapsed": _("lapsed"),
    "sent": _("sent"),
    "queued": _("put off"),
    "failed": _("refused"),
    "messages forgotten": _("messages forgotten"),
}


def _told(report: DayReport) -> dict[str, Any]:
    """A day's report as the session can keep it."""
    return {"day": report.day.isoformat(), "jobs": report.counts}


def _last_report(request: HttpRequest) -> dict[str, Any] | None:
    kept = request.session.get(REPORT)
    if not kept:
        return None
    return {
        "start": date.fromisoformat(kept["start"]),
        "end": date.fromisoformat(kept["end"]),
        "days": [
            {"day": date.fromisoformat(day["day"]), "jobs": list(_in_words(day["jobs"]))}
            for day in kept["days"]
        ],
    }


def _in_words(jobs: dict[str, dict[str, int]]) -> Iterator[tuple[Any, str]]:
    for task, counts in jobs.items():
        done = ", ".join(f"{count} {DONE.get(name, name)}" for name, count in counts.items())
        yield JOBS.get(task, task), done


# --- Codes ---------------------------------------------------------------------------------------


@login_not_required
@never_cache
@require_safe
def codes(request: HttpRequest) -> HttpResponse:
    """Dana's authenticator app: the code that signs the demo's staff member in right now."""
    from portal.testing.cast import DEMO_TOTP_SECRET

    seconds = int(_real_time().timestamp())
    code = format_hotp_value(hotp_value(DEMO_TOTP_SECRET, seconds // mfa_settings.TOTP_PERIOD))
    context = {
        "code": code,
        "seconds": mfa_settings.TOTP_PERIOD - seconds % mfa_settings.TOTP_PERIOD,
    }
    return render(request, "rehearsal/codes.html", context)


def _real_time() -> datetime:
    """An authenticator app goes by the clock on the wall, whatever is rehearsed."""
    return datetime.now(UTC)  # noqa: TID251
