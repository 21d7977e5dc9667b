"""What the catalogue's pages say below and above their forms: previews, notices, the timeline."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.functional import Promise
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from billing.catalogue.holes import holes
from billing.catalogue.new_offer import OfferPreview, preview_offer
from billing.catalogue.new_price import MONTHS_AHEAD, PricePreview, preview_price
from billing.catalogue.spans import Span, Standing, purchase_spans, renewal_spans
from billing.models import Plan, Price, SaleOffer
from billing.pricing import PriceBook
from portal.lib.money import in_words
from portal.staff.admins import Section


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineRow:
    """What a plan costs whom on which days, and whether these are over, now, or to come."""

    who: str | Promise
    span: Span
    standing: Standing


def price_sections(plan: Plan, drafts: Sequence[Price], *, on: date) -> list[Section]:
    """What each of a plan's drafts would lead to, and what they would leave to be looked at."""
    book, stored, offers = PriceBook.with_drafts(drafts), PriceBook.load(), _offers_of(plan)
    sections = [
        _price_section(preview_price(draft, book=book, stored=stored, offers=offers, on=on))
        for draft in drafts
    ]
    if not drafts:
        sections.append(_words(_now("No price is added or changed.")))
    if found := holes(plan, book=book, offers=offers, on=on):
        about = {"notices": found}
        sections.append(Section(_("To look at"), "staff/catalogue/notices.html", about))
    return sections


def _price_section(preview: PricePreview) -> Section:
    price = preview.price
    about = {"plan": price.plan, "amount": in_words(price.amount, price.currency)}
    context = {"preview": preview, "months_ahead": MONTHS_AHEAD}
    title = _now("%(plan)s at %(amount)s") % about
    return Section(title, "staff/catalogue/price_preview.html", context)


def offer_sections(typed: Sequence[SaleOffer]) -> list[Section]:
    """What each of a sale's offers would lead to."""
    plans = {offer.plan_id for offer in typed}
    saved = SaleOffer.objects.filter(plan__in=plans).select_related("sale")
    kept = list(saved.exclude(pk__in=[offer.pk for offer in typed if offer.pk]))
    book = PriceBook.load()
    sections = [
        _offer_section(preview_offer(offer, book=book, others=[*kept, *typed])) for offer in typed
    ]
    return sections or [_words(_now("The sale offers nothing yet. Add a plan to it."))]


def _offer_section(preview: OfferPreview) -> Section:
    title = f"{preview.offer.plan}: {preview.offer.terms}"
    return Section(title, "staff/catalogue/offer_preview.html", {"preview": preview})


def _words(words: str) -> Section:
    return Section(_("Nothing to show"), "staff/catalogue/words.html", {"words": words})


def notices_of(plan: Plan, *, on: date) -> list[str]:
    """What is missing or odd in the plan's prices and offers as they are saved."""
    return holes(plan, book=PriceBook.load(), offers=_offers_of(plan), on=on)


def timeline_section(plan: Plan, *, on: date) -> Section:
    """The plan's prices and sales by day, for each currency."""
    book, offers = PriceBook.load(), _offers_of(plan)
    offered = {offer.currency for offer in offers if offer.currency}
    timelines = []
    for currency in sorted({*book.currencies(plan.pk), *offered}):
        bought = purchase_spans(book, plan_id=plan.pk, currency=currency, offers=offers)
        renewed = renewal_spans(book, plan_id=plan.pk, currency=currency)
        rows = [
            *_rows(_("new subscribers"), bought, on=on),
            *_rows(_("existing subscribers"), renewed, on=on),
        ]
        timelines.append(
            {
                "currency": currency,
                "rows": [row for row in rows if row.standing is not Standing.PAST],
                "past": [row for row in rows if row.standing is Standing.PAST],
            }
        )
    context = {"timelines": timelines}
    return Section(_("Prices and sales by day"), "staff/catalogue/timeline.html", context)


def _rows(who: str | Promise, spans: Sequence[Span], *, on: date) -> list[TimelineRow]:
    return [TimelineRow(who=who, span=span, standing=span.standing(on)) for span in spans]


def _offers_of(plan: Plan) -> list[SaleOffer]:
    return list(SaleOffer.objects.filter(plan=plan.pk).select_related("sale"))
