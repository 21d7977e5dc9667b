"""What is sold, what was agreed, what is charged."""

from billing.models.catalogue import Plan, Price, Product, Sale, SaleOffer
from billing.models.changes import Cancellation, PlanChange, Revival
from billing.models.coupons import Coupon, CouponBatch, CouponVoid, Redemption, VolumePrice
from billing.models.credits import CreditNote, CreditNoteLine, PeriodEnd, Refund
from billing.models.disputes import Dispute
from billing.models.gateway import GatewayCustomer, GatewayEvent
from billing.models.invoices import Invoice, InvoiceSeries, PaymentAttempt
from billing.models.lines import InvoiceLine
from billing.models.methods import PaymentMethod
from billing.models.notices import CardNotice, PriceNotice, RenewalNotice
from billing.models.refund_requests import RefundDecision, RefundRequest, RefundVerdict
from billing.models.simulated import SimulatedCharge, SimulatedRefund, SimulatedRenewal
from billing.models.special_cases import NonprofitVerification, ParkedAccount
from billing.models.subscriptions import Period, Subscription
from billing.models.tax import TaxRate

__all__ = [
    "Cancellation",
    "CardNotice",
    "Coupon",
    "CouponBatch",
    "CouponVoid",
    "CreditNote",
    "CreditNoteLine",
    "Dispute",
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
    "PlanChange",
    "Price",
    "PriceNotice",
    "Product",
    "Redemption",
    "Refund",
    "RefundDecision",
    "RefundRequest",
    "RefundVerdict",
    "RenewalNotice",
    "Revival",
    "Sale",
    "SaleOffer",
    "SimulatedCharge",
    "SimulatedRefund",
    "SimulatedRenewal",
    "Subscription",
    "TaxRate",
    "VolumePrice",
]
