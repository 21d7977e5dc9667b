"""What billing writes: paid, not paid, given up, paid back, and about cards."""

from billing.emails import cards, money_back, notices, paid, renewals, unpaid

__all__ = ["cards", "money_back", "notices", "paid", "renewals", "unpaid"]
