"""Refusals, by name. Views turn them into messages."""

from datetime import date


class BillingError(Exception):
    """An action refused to do what was asked."""


class NoPriceError(BillingError):
    """The plan has no price in this currency that binds on this day."""


class NoPaymentMethodError(BillingError):
    """There is no card to charge."""


class CardRemovedError(BillingError):
    """The card is not on file any more."""


class LastCardError(BillingError):
    """No other card would be left for what renews."""


class AlreadySubscribedError(BillingError):
    """There is one already, and only one may run for that site, account, domain or mailbox."""


class NotForSaleError(BillingError):
    """The plan is not sold any more."""


class WrongSubjectError(BillingError):
    """The plan is sold for something else: a site of the account, a domain, a mailbox."""


class PriceChangedError(BillingError):
    """It does not cost any more what its buyer was shown."""


class PaymentDeclinedError(BillingError):
    """The card was declined; nothing was bought."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class PaymentInDoubtError(BillingError):
    """The gateway has not answered yet; the purchase completes by itself when it does."""


class InvoiceNotPaidError(BillingError):
    """Only what was paid can be paid back."""


class LeftChangedError(BillingError):
    """Something was taken back meanwhile: less is left of the line than was shown."""


class CreditTooLargeError(BillingError):
    """More than what is left of a line, or nothing at all."""


class NotRefusedError(BillingError):
    """This refund was not refused, or somebody has taken it up since."""


class PaymentUnderWayError(BillingError):
    """The gateway has been asked for money and has not answered yet."""


class UnknownPaymentError(BillingError):
    """What the gateway speaks of is no payment of ours, or not as we know it."""


class DisputeClosedError(BillingError):
    """The dispute was closed before, and otherwise."""


class NotRenewingError(BillingError):
    """The subscription does not renew (any more), so there is nothing to cancel."""


class NotRevivableError(BillingError):
    """It renews, or it was cancelled and can be taken back, or its time is not over yet."""


class NoChangeWaitingError(BillingError):
    """There is no change of plan to take back, or it has been carried out."""


class NotCancelledError(BillingError):
    """There is no cancellation to take back, or its period has ended."""


# --- Coupons -------------------------------------------------------------------------------------


class QuantityError(BillingError):
    """Fewer coupons than one, or more than are sold at once."""


class AlreadyBoughtError(BillingError):
    """The same order was sent before."""


class UnknownCouponError(BillingError):
    """No coupon has this code, or it is no code at all: deliberately told alike."""


class TooManyWrongCodesError(BillingError):
    """The day's number of wrong codes is used up."""


class CouponUsedError(BillingError):
    """The coupon was used; where and when is told to the account that bought it, to no other."""

    def __init__(self, *, site: str = "", used_on: date | None = None) -> None:
        super().__init__(site)
        self.site, self.used_on = site, used_on


class CouponExpiredError(BillingError):
    """The coupon's last day has passed."""

    def __init__(self, last_on: date) -> None:
        super().__init__(last_on)
        self.last_on = last_on


class CouponVoidError(BillingError):
    """The money of the coupon went back."""


# --- Refunds -------------------------------------------------------------------------------------


class SecondPersonNeededError(BillingError):
    """More than one person may pay back alone of an invoice."""


class AlreadyAskedError(BillingError):
    """A refund of the line waits for its second person."""


class OwnRefundRequestError(BillingError):
    """Nobody decides on a refund they have asked for themselves."""


class RefundDecidedError(BillingError):
    """Somebody has decided on the request."""
