"""What is sold, agreed and charged, in the admin."""

from billing.admin import catalogue, exceptions, money

__all__ = ["catalogue", "exceptions", "money"]
