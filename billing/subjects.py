"""What a purchase is for, and the key that lets one subscription run for it."""

from datetime import date

from billing import rules
from billing.errors import WrongSubjectError
from billing.models import Plan, Product, Subscription
from billing.names import domain_name, mailbox_address
from billing.rules import SOLD_FOR, Kind, Subject
from partners.models import Account, Site

# A site of the account; the domain or mailbox in the form `billing.names` gives it; or, for what
# the account itself has, nothing.
BoughtFor = Site | str | None


def name_to_keep(kind: Kind, typed: str) -> str:
    """The domain or mailbox that was typed, in the form kept of it. Raises BadNameError."""
    read = mailbox_address if SOLD_FOR[kind] is Subject.MAILBOX else domain_name
    return read(typed)


def exclusive_key(product: Product, *, account: Account, subject: BoughtFor) -> str:
    """What only one running subscription may be for. Raises WrongSubjectError."""
    kind = Kind(product.kind)
    match SOLD_FOR[kind], subject:
        case Subject.SITE, Site() as site if site.account_id == account.pk:
            told = str(site.pk)
        case Subject.ACCOUNT, None:
            told = str(account.pk)
        case ((Subject.DOMAIN | Subject.MAILBOX), str(name)) if name:
            told = name
        case _:
            raise WrongSubjectError
    return rules.exclusive_key(kind=kind, product=product.code, subject=told)


def key_of(subscription: Subscription) -> str:
    """The key of a subscription that is there. Raises WrongSubjectError: its site moved away."""
    product = subscription.plan.product
    subject: BoughtFor = None
    if SOLD_FOR[Kind(product.kind)] is not Subject.ACCOUNT:
        subject = subscription.site or subscription.label
    return exclusive_key(product, account=subscription.account, subject=subject)


def to_begin(
    account: Account, plan: Plan, *, subject: BoughtFor, currency: str, on: date
) -> Subscription:
    """The subscription that buying the plan would begin, not saved. Raises WrongSubjectError."""
    return Subscription(
        account=account,
        site=subject if isinstance(subject, Site) else None,
        label=subject if isinstance(subject, str) else "",
        plan=plan,
        currency=currency,
        purchased_on=on,
        anchor_on=on,
        exclusive_key=exclusive_key(plan.product, account=account, subject=subject),
    )


def runs_already(wanted: Subscription) -> bool:
    """Whether it cannot be bought, because another one holds its key."""
    return Subscription.objects.running().filter(exclusive_key=wanted.exclusive_key).exists()


def has_site_plan(site: Site) -> bool:
    """Whether a premium plan of the site is running, or waiting for its first payment."""
    running = Subscription.objects.running().filter(site=site)
    return running.filter(plan__product__kind=Kind.SITE_PLAN.value).exists()
