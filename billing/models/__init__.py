"""What is sold, what was agreed, what is charged."""

from billing.models.catalogue import Plan, Price, Product, Sale, SaleOffer
from billing.models.credits import CreditNote, CreditNoteLine, PeriodEnd, Refund
from billing.models.gateway import GatewayCustomer, GatewayEvent
from billing.models.invoices import Invoice, InvoiceLine, InvoiceSeries, PaymentAttempt
from billing.models.methods import PaymentMethod
from billing.models.notices import PriceNotice
from billing.models.simulated import SimulatedCharge, SimulatedRefund
from billing.models.subscriptions import (
    Cancellation,
    NonprofitVerification,
    ParkedAccount,
    Period,
    Subscription,
)

__all__ = [
    "Cancellation",
    "CreditNote",
    "CreditNoteLine",
    "GatewayCustomer",
    "GatewayEvent",
    "Invoice",
    "InvoiceLine",
    "InvoiceSeries",
    "NonprofitVerification",
    "ParkedAccount",
    "PaymentAttempt",
    "PaymentMethod",
    "Period",
    "PeriodEnd",
    "Plan",
    "Price",
    "PriceNotice",
    "Product",
    "Refund",
    "Sale",
    "SaleOffer",
    "SimulatedCharge",
    "SimulatedRefund",
    "Subscription",
]
