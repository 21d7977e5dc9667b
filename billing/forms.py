"""What billing's pages ask for."""

from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from billing.gateways.simulated import TEST_CARDS
from billing.pricing import Offer
from portal.lib.money import in_words


class PlanForm(forms.Form):
    """Which plan to buy, each with what it costs now and later."""

    plan = forms.TypedChoiceField(label=_("Plan"), coerce=int, widget=forms.RadioSelect)

    def __init__(self, *args: Any, offers: list[Offer], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offers = {offer.plan.pk: offer for offer in offers}
        field = cast("forms.TypedChoiceField", self.fields["plan"])
        field.choices = [(offer.plan.pk, self._label(offer)) for offer in offers]

    @staticmethod
    def _label(offer: Offer) -> str:
        now = in_words(offer.now.amount, offer.now.currency)
        return f"{offer.plan} · {now}"

    @property
    def chosen(self) -> Offer:
        return self.offers[self.cleaned_data["plan"]]


class SimulatedCardForm(forms.Form):
    """A test card of the simulated gateway; a real gateway asks on a page of its own."""

    card = forms.ChoiceField(
        label=_("Test card"),
        choices=[
            (name, f"{card.brand} •••• {card.last4} – {card.outcome.value.replace('_', ' ')}")
            for name, card in TEST_CARDS.items()
        ],
    )
