"""Forms of the admin, in which the database's own rules speak in words."""

import re
from itertools import chain
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.db import Error
from django.utils.translation import gettext_lazy as _

# What a constraint's refusal means to the person who typed.
WORDS = {
    "price_new_once": _("There is a price of this plan and currency from that day already."),
    "price_existing_once": _("Existing subscribers have a price from that day already."),
    "price_not_negative": _("A price cannot be negative."),
    "plan_unique": _("The product has a plan on this cycle already."),
    "sale_offers_do_not_overlap": _("Another offer of this plan runs on some of these days."),
    "sale_offer_dates_in_order": _("The offer ends before it starts."),
    "sale_offer_percent_or_amount": _(
        "Give either a percentage (1 to 100, no currency) or a fixed amount with its currency."
    ),
    "tax_rate_once_a_day": _("This country and kind have a rate from that day already."),
    "tax_rate_country_is_iso": _("Give the country as two letters, for example GB."),
    "tax_rate_is_a_percentage": _("A tax rate is between 0 and 100 percent."),
    "volume_price_once": _(
        "There is a volume price of this plan, currency and number from that day already."
    ),
    "volume_price_of_more_than_one": _("A volume price is for two or more."),
    "volume_price_not_negative": _("A price cannot be negative."),
    "volume_price_currency_is_iso": _("A currency is three capital letters, such as GBP."),
    "programme_year_closes_after_it": _("A year closes after its last day."),
    "rank_level_unique": _("The year has a rank of this level already."),
    "rank_threshold_unique": _("The year has a rank for this number of points already."),
    "rank_ladder_starts_at_zero": _("Level 1 starts at 0 points, every other level above."),
    "point_value_unique": _("The year has a value for this relation and product already."),
    "point_value_positive": _("A site is worth at least one point."),
}


def words_for(said: object) -> str:
    """What a refusal that names a constraint means; other words are left as they are."""
    for name, words in WORDS.items():
        if re.search(rf"\b{name}\b", str(said)):
            return str(words)
    return str(_("The database refuses this.")) if isinstance(said, Error) else str(said)


class StaffForm(forms.ModelForm):
    """A form in which a refusal by a named constraint is a sentence."""

    def _update_errors(self, errors: ValidationError) -> None:
        by_field = errors.error_dict if hasattr(errors, "error_dict") else {"": errors.error_list}
        for refusal in chain.from_iterable(by_field.values()):
            if not refusal.params:
                refusal.message = words_for(refusal.message)
        super()._update_errors(errors)  # type: ignore[misc]


class FixedOnceUsedForm(StaffForm):
    """A form whose `fixed` fields stay as they are once something was done by them."""

    fixed: ClassVar[tuple[str, ...]] = ()
    refusal: ClassVar[Any] = ""

    def is_used(self) -> bool:
        raise NotImplementedError

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        changed = [name for name in self.fixed if name in self.changed_data]
        if self.instance.pk and changed and self.is_used():
            for name in changed:
                self.add_error(name, self.refusal)
        return cleaned
