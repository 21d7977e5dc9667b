"""What is sold, what was agreed, what is charged."""

from billing.models.catalogue import Plan, Price, Product, Sale, SaleOffer
from billing.models.invoices import Invoice, InvoiceLine, InvoiceSeries, PaymentAttempt
from billing.models.methods import PaymentMethod
from billing.models.simulated import SimulatedCharge
from billing.models.subscriptions import (
    Cancellation,
    NonprofitVerification,
    ParkedAccount,
    Period,
    Subscription,
)

__all__ = [
    "Cancellation",
    "Invoice",
    "InvoiceLine",
    "InvoiceSeries",
    "NonprofitVerification",
    "ParkedAccount",
    "PaymentAttempt",
    "PaymentMethod",
    "Period",
    "Plan",
    "Price",
    "Product",
    "Sale",
    "SaleOffer",
    "SimulatedCharge",
    "Subscription",
]
