"""What billing's pages ask for."""

from typing import Any, cast

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from billing.changes import Choice
from billing.errors import CardRemovedError
from billing.gateways.simulated_cards import TEST_CARDS
from billing.models import PaymentMethod, Plan, Subscription
from billing.names import BadNameError
from billing.rules import SOLD_FOR, Kind, Subject
from billing.subjects import name_to_keep
from partners.models import Account


class NameForm(forms.Form):
    """The domain or mailbox to buy; what was typed becomes the form that is kept of it."""

    name = forms.CharField(max_length=500)

    def __init__(self, *args: Any, kind: Kind, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._kind, field = kind, self.fields["name"]
        if SOLD_FOR[kind] is Subject.MAILBOX:
            field.label, field.help_text = _("Mailbox"), _("Such as hello@juniper.example")
        else:
            field.label, field.help_text = _("Domain name"), _("Such as juniper.example")
        field.widget.attrs |= {"autocapitalize": "none", "spellcheck": "false"}

    def clean_name(self) -> str:
        try:
            return name_to_keep(self._kind, self.cleaned_data["name"])
        except BadNameError as error:
            raise forms.ValidationError(str(error)) from error


class SiteSearch(forms.Form):
    """What the sites to choose from can be narrowed to."""

    q = forms.CharField(label=_("Address"), required=False, max_length=100)


class BuyForm(forms.Form):
    """The press of the button, with what it was said to cost."""

    total = forms.DecimalField(max_digits=14, decimal_places=3, widget=forms.HiddenInput)


class PlanChangeForm(forms.Form):
    """Which plan to move to with the next renewal."""

    plan = forms.TypedChoiceField(label=_("Plan"), coerce=int, widget=forms.RadioSelect)

    def __init__(self, *args: Any, choices: list[Choice], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offered = {choice.plan.pk: choice for choice in choices}
        field = cast("forms.TypedChoiceField", self.fields["plan"])
        field.choices = [(choice.plan.pk, str(choice.plan)) for choice in choices]

    @property
    def chosen(self) -> Plan:
        return self.offered[self.cleaned_data["plan"]].plan


class InvoiceAddressForm(forms.ModelForm):
    """Where invoices and receipts go; empty for the address on record."""

    class Meta:
        model = Account
        fields = ("invoice_email",)
        labels = {"invoice_email": _("Send invoices and receipts to")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["invoice_email"]
        field.help_text = _("Leave it empty for the address on record, %(email)s.") % {
            "email": self.instance.email
        }
        field.widget.attrs["autocomplete"] = "email"


class SimulatedCardForm(forms.Form):
    """A test card of the simulated gateway; a real gateway asks on a page of its own."""

    card = forms.ChoiceField(
        label=_("Test card"),
        choices=[
            (name, format_lazy("{} •••• {} – {}", card.brand, card.last4, card.words))
            for name, card in TEST_CARDS.items()
        ],
    )


class CardRemovalForm(forms.Form):
    """Whether to remove a card; the last one only by who has read what that ends."""

    even_if_last = forms.BooleanField(
        label=_("Remove it all the same. I have read what cannot be paid then."),
        error_messages={"required": _("Tick this box to remove the last card, or add another.")},
    )

    def __init__(self, *args: Any, is_last: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not is_last:
            del self.fields["even_if_last"]


class ChargedToForm(forms.Form):
    """Which card a subscription is charged to: one by name, or the default."""

    card = forms.ChoiceField(label=_("Charged to"), required=False)

    def __init__(
        self, *args: Any, subscription: Subscription, cards: list[PaymentMethod], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.by_ref = {card.ref: card for card in cards}
        default = next((card for card in cards if card.is_default), None)
        field = cast("forms.ChoiceField", self.fields["card"])
        field.choices = [
            ("", _("the default card (now %(card)s)") % {"card": default or _("none")}),
            *((card.ref, str(card)) for card in cards),
        ]
        field.initial = next((c.ref for c in cards if c == subscription.payment_method), "")

    def chosen(self) -> PaymentMethod | None:
        """The card by name; None for the default. Raises CardRemovedError: it is not on file."""
        if not self.is_valid():
            raise CardRemovedError
        return self.by_ref.get(self.cleaned_data["card"])
