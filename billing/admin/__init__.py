"""What is sold, agreed and charged, in the admin."""

from billing.admin import catalogue, exceptions, gateway, money, refunds

__all__ = ["catalogue", "exceptions", "gateway", "money", "refunds"]
