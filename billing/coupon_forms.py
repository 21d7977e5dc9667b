"""What the pages of coupons ask for."""

from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from billing.bulk import BulkOffer
from billing.coupon_queries import BulkPrices
from billing.models.coupons import CouponState
from billing.rules import COUPONS_AT_ONCE
from portal.lib.refs import RefConverter


class OrderForm(forms.Form):
    """How many of which plan."""

    plan = forms.TypedChoiceField(label=_("Plan"), coerce=int, widget=forms.RadioSelect)
    quantity = forms.IntegerField(
        label=_("How many"),
        min_value=1,
        max_value=COUPONS_AT_ONCE,
        widget=forms.NumberInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, prices: BulkPrices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.prices = prices
        field = cast("forms.TypedChoiceField", self.fields["plan"])
        field.choices = [(pk, str(sold.plan)) for pk, sold in prices.plans.items()]
        most = _("At most %(n)s at once.") % {"n": COUPONS_AT_ONCE}
        self.fields["quantity"].help_text = most

    @property
    def offer(self) -> BulkOffer:
        """What was asked for, and what it costs."""
        sold = self.prices.plans[self.cleaned_data["plan"]]
        return self.prices.offer(sold.plan, self.cleaned_data["quantity"])


class ConfirmedOrderForm(OrderForm):
    """The same, with what its buyer was shown, and a name so that it is bought once."""

    shown_amount = forms.DecimalField(widget=forms.HiddenInput)
    order_ref = forms.RegexField(rf"^{RefConverter.regex}\Z", widget=forms.HiddenInput)


class CouponForm(forms.Form):
    """The code of a coupon."""

    code = forms.CharField(
        label=_("Code of the coupon"),
        help_text=_("For example 7KQM-2XBD-9RTW. Capitals, spaces and dashes do not matter."),
        max_length=64,
        widget=forms.TextInput(
            attrs={
                "class": "code-input",
                "autocomplete": "off",
                "autocapitalize": "characters",
                "spellcheck": "false",
            }
        ),
    )


class CouponFilter(forms.Form):
    """What the coupons of a batch can be narrowed to."""

    q = forms.CharField(label=_("Code or site"), required=False, max_length=100)
    state = forms.ChoiceField(
        label=_("State"), required=False, choices=[("", _("All")), *CouponState.choices]
    )
