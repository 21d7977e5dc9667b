"""`manage.py simulate_dispute`: a payer's bank wants its money back, in rehearsal."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from billing.actions.disputes import note_dispute
from billing.errors import DisputeClosedError
from billing.gateways import DisputeTold
from billing.models import PaymentAttempt
from billing.models.disputes import DisputeState
from billing.rules import Outcome
from portal.lib import clock

STATES = {"opened": DisputeState.OPEN, "won": DisputeState.WON, "lost": DisputeState.LOST}


class Command(BaseCommand):
    help = (
        "Dispute the payment of an invoice as a bank would, and decide the dispute. Lost, the money"
        " is gone as by a refund. With the simulated gateway only."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("invoice", help="the number of a paid invoice")
        how = parser.add_mutually_exclusive_group(required=True)
        how.add_argument("--opened", dest="how", action="store_const", const="opened")
        how.add_argument("--won", dest="how", action="store_const", const="won")
        how.add_argument("--lost", dest="how", action="store_const", const="lost")

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PAYMENT_GATEWAY != "simulated":
            raise CommandError("A real gateway tells of disputes by itself.")
        paid = PaymentAttempt.objects.filter(
            invoice__number=options["invoice"],
            outcome=Outcome.SUCCEEDED.value,
            payment_method__gateway="simulated",
        ).first()
        if paid is None:
            raise CommandError(f"No invoice {options['invoice']} that was paid with a test card.")
        self._tell(paid, options["how"])

    def _tell(self, paid: PaymentAttempt, how: str) -> None:
        at = clock.now()
        told = DisputeTold(
            provider_ref=f"sim_dispute_{paid.idempotency_key}",
            charge_ref=paid.provider_ref,
            amount=paid.amount,
            currency=paid.currency,
            reason="simulated",
            opened_at=at,
            state=STATES[how],
        )
        try:
            note_dispute(told, gateway="simulated", on=clock.date_of(at), at=at)
        except DisputeClosedError as before:
            raise CommandError(f"It was closed before, as {before}.") from before
        self.stdout.write(f"The dispute of {paid.invoice} is {how}.")
