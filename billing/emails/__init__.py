"""What billing writes: paid, not paid, given up, paid back, and about cards."""

from billing.emails import paid, refunded, unpaid

__all__ = ["paid", "refunded", "unpaid"]
