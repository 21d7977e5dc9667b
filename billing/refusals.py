"""Why something was not done, in words that say what to do."""

from collections.abc import Callable

from django.utils.formats import date_format
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
    errors.PriceChangedError: lambda: _(
        "The price has changed meanwhile. Nothing was charged; please look again."
    ),
    errors.QuantityError: lambda: _("So many are not sold at once. Nothing was charged."),
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
    errors.UnknownCouponError: lambda: _(
        "We don’t know this code. Please compare it with the one you were given."
    ),
    errors.TooManyWrongCodesError: lambda: _(
        "That is enough for one day; please try again tomorrow."
    ),
    errors.CouponVoidError: lambda: _(
        "This coupon was paid back to its buyer, so it cannot be used."
    ),
}


def in_words(refusal: errors.BillingError) -> str:
    """The text for a refusal. Raises KeyError for one that no page can meet."""
    if isinstance(refusal, errors.PaymentDeclinedError):
        return _("Your card was declined; nothing was charged. %(why)s Try another card.") % {
            "why": decline_in_words(refusal.code)
        }
    if isinstance(refusal, errors.CouponExpiredError):
        last_on = date_format(refusal.last_on, "DATE_FORMAT")
        return _("This coupon could be used through %(day)s.") % {"day": last_on}
    if isinstance(refusal, errors.CouponUsedError):
        return _why_used(refusal)
    return TEXTS[type(refusal)]()


def _why_used(refusal: errors.CouponUsedError) -> str:
    if refusal.used_on is None:
        return _("This coupon was used already.")
    about = {"site": refusal.site, "day": date_format(refusal.used_on, "DATE_FORMAT")}
    return _("This coupon was used already: on %(day)s, for %(site)s.") % about
