"""What billing writes: paid, not paid, given up, paid back, and about cards."""

from billing.emails import cards, notices, paid, refunded, unpaid

__all__ = ["cards", "notices", "paid", "refunded", "unpaid"]
