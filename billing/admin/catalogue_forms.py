"""Forms of the catalogue: what was used stays; a contradiction is told with what it contradicts."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.core.exceptions import ValidationError
from django.forms import BaseInlineFormSet, ModelForm
from django.utils.formats import date_format
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from moneyed import CurrencyDoesNotExist, get_currency

from billing.models import InvoiceLine, Price, SaleOffer, Subscription
from portal.lib.money import in_words
from portal.staff.forms import WORDS, FixedOnceUsedForm


class ProductForm(FixedOnceUsedForm):
    """What was bought as one kind of thing stays that kind of thing."""

    fixed = ("code", "kind")
    refusal = _("Somebody has subscribed to this product, so this stays as it is.")

    def is_used(self) -> bool:
        return Subscription.objects.filter(plan__product=self.instance).exists()


class PricedForm(FixedOnceUsedForm):
    """A form with a currency, which has to be one."""

    def clean_currency(self) -> str:
        code = str(self.cleaned_data["currency"]).upper()
        try:
            if code:
                get_currency(code)
        except CurrencyDoesNotExist as error:
            words = _("There is no currency %(code)s. Write its three letters, such as USD.")
            raise ValidationError(words, params={"code": code}) from error
        return code


# --- Prices --------------------------------------------------------------------------------------


class PriceForm(PricedForm):
    """Invoice lines name the price version they follow; a new price is a new version."""

    fixed = ("plan", "currency", "amount", "new_from", "existing_from")
    refusal = _("This price has been charged. Add a new one with the day it holds from.")

    def is_used(self) -> bool:
        return InvoiceLine.objects.filter(price=self.instance).exists()

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        draft = Price(**{name: typed.get(name) for name in self.fixed})
        stored = Price.objects.filter(plan=draft.plan_id, currency=draft.currency)
        _refuse_same_days(self, draft, stored.exclude(pk=self.instance.pk))
        return typed


class PriceFormSet(BaseInlineFormSet):
    """Also compares versions typed on the same page, which the database has not seen yet."""

    def clean(self) -> None:
        for form, earlier in _with_earlier(self):
            _refuse_same_days(form, form.instance, earlier)
        super().clean()


def _refuse_same_days(form: ModelForm, draft: Price, others: Iterable[Price]) -> None:
    """Of a plan's versions in a currency, one begins on a day."""
    for other in others:
        for name in ("new_from", "existing_from"):
            is_same_day = getattr(other, name) == getattr(draft, name)
            if other.currency == draft.currency and is_same_day and not form.has_error(name):
                words = _now("Another version is dated that day: %(version)s. Choose another day.")
                form.add_error(name, words % {"version": _version(other)})


def _version(price: Price) -> str:
    words = _now("%(amount)s for new subscribers from %(new)s, for existing ones from %(existing)s")
    return words % {
        "amount": in_words(price.amount, price.currency),
        "new": date_format(price.new_from, "DATE_FORMAT"),
        "existing": date_format(price.existing_from, "DATE_FORMAT"),
    }


# --- Sales ---------------------------------------------------------------------------------------


class SaleOfferForm(PricedForm):
    """Who bought at an offer was promised it; its end can still be moved."""

    fixed = ("plan", "starts_on", "percent_off", "amount", "currency")
    refusal = _("Somebody has bought at this offer, so it stays as it is. Its end can be moved.")

    def is_used(self) -> bool:
        return Subscription.objects.filter(sale_offer=self.instance).exists()

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        if typed.get("percent_off") is None and typed.get("amount") is None:
            raise ValidationError(WORDS["sale_offer_percent_or_amount"])
        if all(typed.get(name) for name in ("plan", "starts_on", "ends_on")):
            draft = SaleOffer(**{name: typed.get(name) for name in (*self.fixed, "ends_on")})
            others = SaleOffer.objects.filter(plan=draft.plan).exclude(pk=self.instance.pk)
            _refuse_overlaps(self, draft, others.select_related("sale"))
        return typed


class SaleOfferFormSet(BaseInlineFormSet):
    """Also compares offers typed on the same page, which the database has not seen yet."""

    def clean(self) -> None:
        super().clean()
        for form, earlier in _with_earlier(self):
            _refuse_overlaps(form, form.instance, earlier)


def _refuse_overlaps(form: ModelForm, draft: SaleOffer, others: Iterable[SaleOffer]) -> None:
    """For one purchase there is one offer."""
    for other in others:
        if draft.excludes(other) and not form.has_error("starts_on"):
            form.add_error("starts_on", _overlap(draft, other))


def _overlap(draft: SaleOffer, other: SaleOffer) -> str:
    words = _now("“%(sale)s” offers this plan at %(terms)s from %(starts)s to %(ends)s.")
    about = {
        "sale": other.sale,
        "terms": other.terms,
        "starts": date_format(other.starts_on, "DATE_FORMAT"),
        "ends": date_format(other.ends_on, "DATE_FORMAT"),
    }
    if draft.currency == other.currency:
        return words % about + " " + _now("Choose days before or after.")
    return (
        words % about
        + " "
        + _now("A percentage holds in every currency, so choose days before or after.")
    )


def _with_earlier(formset: BaseInlineFormSet) -> Iterator[tuple[ModelForm, list[Any]]]:
    """Each row that is whole and stays, with the rows before it."""
    earlier: list[Any] = []
    for form in formset.forms:
        is_empty = not (form.instance.pk or form.has_changed())
        if form.errors or is_empty or formset._should_delete_form(form):  # type: ignore[attr-defined] # noqa: SLF001
            continue
        yield form, list(earlier)
        earlier.append(form.instance)
