"""What a purchase would mean for points, in a sentence, by the code that credits them."""

from datetime import date

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.models import Plan
from billing.rules import KINDS_THAT_EARN_POINTS
from partners.attribution import Verdict
from partners.models import Account, Site
from partners.queries import ExpectedEvent, judge_expected, judge_sites

ARRIVING = (Verdict.WAITING, Verdict.DUE)
SENTENCES = {
    Verdict.WAITING: gettext_lazy(
        "It counts for points: %(points)s points land on %(lands)s and count for %(year)s,"
        " unless the money goes back before."
    ),
    Verdict.DUE: gettext_lazy("It counts for points: %(points)s points land at once."),
    Verdict.ALREADY_CREDITED: gettext_lazy(
        "The site has its points for %(year)s already: a site earns once a year."
    ),
    Verdict.NOT_JOINED: gettext_lazy(
        "It counts for points: %(points)s points once you join the programme."
    ),
    Verdict.TOO_LATE: gettext_lazy("It comes too late to earn points for %(year)s."),
}


def points_hint(account: Account, plan: Plan, site: Site | None, *, on: date) -> str:
    """What buying the plan on that day would earn the account; empty if nothing is known of it."""
    if plan.product.kind not in KINDS_THAT_EARN_POINTS or site is None:
        return _("It earns no points: only a site’s premium plan does.")
    event = ExpectedEvent(
        site_id=site.pk,
        account_id=account.pk,
        occurs_on=on,
        paid_on=on,
        product_code=plan.product.code,
    )
    for judged in judge_expected(account, [event], on=on):
        before = judge_sites(account, [site.pk], on=on)
        waits = any(one.verdict in ARRIVING and one.programme_year == on.year for one in before)
        verdict = Verdict.ALREADY_CREDITED if waits else judged.verdict
        return str(SENTENCES.get(verdict, "")) % {
            "points": judged.points,
            "lands": date_format(judged.lands_on, "DATE_FORMAT"),
            "year": judged.programme_year,
        }
    return ""
