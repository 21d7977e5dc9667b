"""What the files of a handover hold: one frozen table each, in the order in which they are read.

docs/import.md tells the same to who hands over; a test compares the two.
"""

from billing.rules import Cycle, Kind
from partners.roles import Role
from portal.handover import judgements, values
from portal.handover.sheet import Column, Reference, Sheet

ACCOUNT = Column("account", values.REF, "the account's `id` in accounts.csv", "acc-17")
SITE = Column("site", values.REF, "the site's `id` in sites.csv", "site-204")
PRODUCT = Column("product", values.CODE, "the product's code", "premium")
CYCLE = Column("cycle", values.one_of(*Cycle), "how long one period is", "yearly")

TO_ACCOUNT = Reference(
    columns=("account",),
    sheet="accounts",
    to=("id",),
    noun="account",
    portal="SELECT platform_ref FROM partners_account WHERE platform_ref IS NOT NULL",
)
TO_SITE = Reference(
    columns=("site",),
    sheet="sites",
    to=("id",),
    noun="site",
    portal="SELECT platform_ref FROM partners_site WHERE platform_ref IS NOT NULL",
)
TO_PLAN = Reference(
    columns=("product", "cycle"),
    sheet="catalogue",
    to=("product", "cycle"),
    noun="plan",
    portal="SELECT p.code, plan.cycle FROM billing_plan plan"
    " JOIN billing_product p ON p.id = plan.product_id",
)
TO_PRICE = Reference(
    columns=("product", "cycle", "currency"),
    sheet="catalogue",
    to=("product", "cycle", "currency"),
    noun="price",
    portal="SELECT p.code, plan.cycle, price.currency FROM billing_price price"
    " JOIN billing_plan plan ON plan.id = price.plan_id"
    " JOIN billing_product p ON p.id = plan.product_id",
)
TO_METHOD = Reference(
    columns=("payment_method", "account"),
    sheet="payment_methods",
    to=("provider_ref", "account"),
    noun="payment method",
    portal="SELECT m.provider_ref, a.platform_ref FROM billing_paymentmethod m"
    " JOIN partners_account a ON a.id = m.account_id WHERE a.platform_ref IS NOT NULL",
)

CATALOGUE = Sheet(
    name="catalogue",
    doc="What is sold: one row for each price, with its product and cycle.",
    key=("product", "cycle", "currency", "new_from"),
    judge=judgements.judge_price,
    columns=(
        PRODUCT,
        Column("name", values.text(120), "the product's name", "Premium"),
        Column(
            "kind",
            values.one_of(*Kind),
            "decides charge days, and whether it earns points",
            "site_plan",
        ),
        Column("description", values.text(240), "one sentence", "", required=False),
        Column("tier", values.number(1, 99), "order on pages; 1 if empty", "1", required=False),
        CYCLE,
        Column("currency", values.CURRENCY, "of the amount", "EUR"),
        Column("amount", values.AMOUNT_VALUE, "the standard price of one period", "192.00"),
        Column("new_from", values.DAY, "first day of purchases at this price", "2022-01-01"),
        Column(
            "existing_from",
            values.DAY,
            "first charge day of renewals at this price; as `new_from` if empty",
            "2022-01-01",
            required=False,
        ),
    ),
)
SALES = Sheet(
    name="sales",
    doc="Temporary prices: one row for each plan a sale offers.",
    key=("sale", "product", "cycle", "currency", "starts_on"),
    judge=judgements.judge_offer,
    references=(TO_PLAN,),
    columns=(
        Column("sale", values.CODE, "the sale's code", "spring-2025"),
        Column("name", values.text(120), "the sale's name", "Spring sale"),
        PRODUCT,
        CYCLE,
        Column("starts_on", values.DAY, "first day of purchases at it", "2025-03-01"),
        Column("ends_on", values.DAY, "last day, inclusive", "2025-03-31"),
        Column("percent_off", values.number(1, 100), "or `amount`", "30", required=False),
        Column("amount", values.AMOUNT_VALUE, "or `percent_off`", "", required=False),
        Column("currency", values.CURRENCY, "of the amount", "", required=False),
    ),
)
ACCOUNTS = Sheet(
    name="accounts",
    doc="The platform's customers.",
    key=("id",),
    has_ref=True,
    columns=(
        Column("id", values.REF, "the platform's own, never used for another", "acc-17"),
        Column("name", values.text(200), "as it is shown", "Juniper Studio"),
        Column("email", values.EMAIL, "address on record: receipts, approvals", "a@b.example"),
        Column("country", values.COUNTRY, "where it is", "GB"),
        Column("currency", values.CURRENCY, "what new purchases are charged in", "EUR"),
    ),
)
NONPROFITS = Sheet(
    name="nonprofits",
    doc="Accounts verified as non-profits: their premium plans cost nothing.",
    key=("account",),
    references=(TO_ACCOUNT,),
    columns=(ACCOUNT, Column("verified_on", values.DAY, "when it was verified", "2023-05-01")),
)
MEMBERS = Sheet(
    name="members",
    doc="Who may sign in for an account. The seat waits until the address is verified.",
    key=("account", "email"),
    references=(TO_ACCOUNT,),
    columns=(
        ACCOUNT,
        Column("email", values.LOWER_EMAIL, "the person's own address", "kim@b.example"),
        Column("role", values.one_of(*Role.values), "what the person may do", "owner"),
    ),
)
PAYMENT_METHODS = Sheet(
    name="payment_methods",
    doc="Cards on file, as the gateway's references. Card numbers have no place here.",
    key=("provider_ref",),
    references=(TO_ACCOUNT,),
    has_ref=True,
    columns=(
        ACCOUNT,
        Column("gateway", values.one_of("simulated", "stripe"), "who keeps it", "stripe"),
        Column("provider_ref", values.text(128), "the gateway's name for it", "pm_1QxYz"),
        Column("brand", values.text(32), "as it is shown", "Visa"),
        Column("last4", values.LAST4, "last four digits", "4242"),
        Column("expires_month", values.number(1, 12), "of expiry", "12"),
        Column("expires_year", values.number(2000, 2099), "of expiry, four digits", "2027"),
        Column(
            "is_default",
            values.YES_NO,
            "charged unless a subscription names another; the first one if none says so",
            "yes",
            required=False,
        ),
    ),
)
SITES = Sheet(
    name="sites",
    doc="Every website, whether it has a plan or not.",
    key=("id",),
    references=(TO_ACCOUNT,),
    has_ref=True,
    columns=(
        Column("id", values.REF, "the platform's own, never used for another", "site-204"),
        ACCOUNT,
        Column("address", values.ADDRESS, "where it is reached", "juniper.example"),
        Column("name", values.text(200), "as it is shown", "Juniper", required=False),
    ),
)
CONTRIBUTORS = Sheet(
    name="contributors",
    doc="Accounts that work, or worked, on a site which sits in another account.",
    key=("account", "site", "from_on"),
    judge=judgements.judge_spell,
    references=(TO_ACCOUNT, TO_SITE),
    columns=(
        ACCOUNT,
        SITE,
        Column("from_on", values.DAY, "first day", "2024-02-01"),
        Column("to_on", values.DAY, "last day, inclusive; empty: still", "", required=False),
    ),
)
SUBSCRIPTIONS = Sheet(
    name="subscriptions",
    doc="What is paid for again and again, with the purchase its periods are counted from.",
    key=("id",),
    judge=judgements.judge_subscription,
    references=(TO_ACCOUNT, TO_SITE, TO_PLAN, TO_PRICE, TO_METHOD),
    has_ref=True,
    columns=(
        Column("id", values.SHORT_REF, "the platform's own, never used for another", "sub-9001"),
        ACCOUNT,
        Column("site", values.REF, "the site it is for, if any", "site-204", required=False),
        Column("label", values.text(253), "the domain or mailbox itself", "", required=False),
        PRODUCT,
        CYCLE,
        Column("currency", values.CURRENCY, "what it is charged in", "EUR"),
        Column("purchased_on", values.DAY, "when its first period began", "2024-01-31"),
        Column(
            "sale_amount",
            values.AMOUNT_VALUE,
            "price of one period in the first year, if bought in a sale",
            "",
            required=False,
        ),
        Column("state", values.one_of("active", "cancelled", "lapsed"), "as it stands", "active"),
        Column(
            "ended_on",
            values.DAY,
            "first day no longer served: needed if lapsed, told if known when cancelled",
            "",
            required=False,
        ),
        Column(
            "payment_method",
            values.text(128),
            "`provider_ref` of a method of the same account; empty: its default",
            "",
            required=False,
        ),
    ),
)
PERIODS = Sheet(
    name="periods",
    doc="Every paid period that began since 1 January, or was paid ahead and is to begin.",
    key=("subscription", "starts_on"),
    judge=judgements.judge_period,
    references=(
        Reference(
            columns=("subscription",), sheet="subscriptions", to=("id",), noun="subscription"
        ),
    ),
    columns=(
        Column("subscription", values.SHORT_REF, "`id` in subscriptions.csv", "sub-9001"),
        Column("starts_on", values.DAY, "first day served", "2025-01-31"),
        Column("ends_on", values.DAY, "first day no longer served", "2025-02-28"),
        Column("paid_on", values.DAY, "when its money arrived", "2025-01-31"),
    ),
)

# In the order in which they refer to each other.
SHEETS: tuple[Sheet, ...] = (
    CATALOGUE,
    SALES,
    ACCOUNTS,
    NONPROFITS,
    MEMBERS,
    PAYMENT_METHODS,
    SITES,
    CONTRIBUTORS,
    SUBSCRIPTIONS,
    PERIODS,
)
