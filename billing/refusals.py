"""Why something was not done, in words that say what to do."""

from collections.abc import Callable

from django.utils.translation import gettext as _

from billing import errors
from billing.emails.unpaid import decline_in_words

TEXTS: dict[type[errors.BillingError], Callable[[], str]] = {
    errors.NoPaymentMethodError: lambda: _("Add a card first; nothing was charged."),
    errors.AlreadySubscribedError: lambda: _(
        "Another one runs for the same by now. Only one can run at a time."
    ),
    errors.WrongSubjectError: lambda: _("Its site is in another account by now."),
    errors.NotForSaleError: lambda: _("This is not sold any more. Please choose another plan."),
    errors.NoPriceError: lambda: _(
        "It has no price in this currency just now. Please write to us, and we will see to it."
    ),
    errors.NotRenewingError: lambda: _("It does not renew: it is cancelled, or has ended."),
    errors.NotCancelledError: lambda: _("There is no cancellation to take back, or it has ended."),
    errors.NotRevivableError: lambda: _("There is nothing to revive: it runs, or can be bought."),
    errors.NoChangeWaitingError: lambda: _("No change is waiting; it may have begun already."),
    errors.PaymentUnderWayError: lambda: _(
        "Its renewal is being paid just now. Please try again in a few minutes, or, if the card was"
        " declined, once it is paid."
    ),
    errors.PaymentInDoubtError: lambda: _(
        "Your bank has not answered yet. This completes by itself when it does."
    ),
}


def in_words(refusal: errors.BillingError) -> str:
    """The text for a refusal. Raises KeyError for one that no page can meet."""
    if isinstance(refusal, errors.PaymentDeclinedError):
        return _("Your card was declined; nothing was charged. %(why)s Try another card.") % {
            "why": decline_in_words(refusal.code)
        }
    return TEXTS[type(refusal)]()
