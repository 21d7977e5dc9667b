"""What an account is told when its points were adjusted by hand."""

from django.utils.translation import gettext as _

from partners.models import Account, AdjustmentRequest, PointsEntry, Standing
from partners.rules import AdjustmentReason
from portal.mail.letters import Context, letter, link_to
from portal.mail.models import Message


@letter("partners/points_adjusted", sample=lambda: _adjusted(_sample_adjustment(), total=1_100))
def points_adjusted(_message: Message, *, entry_id: int) -> Context:
    """By how much, why, and what the year comes to now."""
    entry = PointsEntry.objects.select_related("account", "adjustment").get(pk=entry_id)
    standing = Standing.objects.get(account=entry.account, programme_year=entry.programme_year_id)
    return _adjusted(entry, total=standing.points)


def _adjusted(entry: PointsEntry, *, total: int) -> Context:
    return {
        "account": entry.account.name,
        "points": entry.points,
        "amount": abs(entry.points),
        "year": entry.programme_year_id,
        "reason_words": entry.adjustment.get_reason_display() if entry.adjustment else "",
        "note": entry.note,
        "total": total,
        "action_url": link_to("partners:points", account_ref=entry.account.ref),
        "action_label": _("Open the ledger"),
    }


def _sample_adjustment() -> PointsEntry:
    return PointsEntry(
        account=Account(name="Harbour Studio", ref="x"),
        programme_year_id=2026,
        points=100,
        adjustment=AdjustmentRequest(reason=AdjustmentReason.MISSING),
        note="The renewal of June was not recorded.",
    )
