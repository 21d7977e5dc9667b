"""`manage.py simulate_card_update`: the card network renews a card, in rehearsal."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from billing.actions.card_updates import update_card
from billing.gateways.simulated import SimulatedGateway
from billing.models import PaymentMethod
from portal.lib import clock
from portal.lib.refs import new_ref


class Command(BaseCommand):
    help = (
        "Renew a card on file as its network would: new last digits and a later expiry. Its holder"
        " is told, and what it could not pay is due again. With the simulated gateway only."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("account", help="the account's reference, as in its addresses")
        parser.add_argument("--last4", default="1881", metavar="DIGITS")

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PAYMENT_GATEWAY != "simulated":
            raise CommandError("A real gateway tells of renewed cards by itself.")
        method = PaymentMethod.objects.usable().filter(
            account__ref=options["account"], gateway="simulated", is_default=True
        )
        if (card := method.first()) is None:
            raise CommandError(f"No account {options['account']} with a test card.")
        renewed = SimulatedGateway().renew(card.provider_ref, last4=options["last4"])
        if renewed is None:
            raise CommandError(f"{card} is not one of the test cards.")
        at = clock.now()
        on = clock.date_of(at)
        update_card(renewed, gateway="simulated", source=new_ref(), on=on, at=at)
        self.stdout.write(f"{card} is now •••• {renewed.last4}, until {renewed.expires_year}.")
