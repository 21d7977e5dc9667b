"""Refusals, by name. Views turn them into messages."""


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
