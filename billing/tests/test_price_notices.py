"""A dearer renewal is announced before it is charged: once, in time, by the code that charges."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from billing.actions.announce import announce_due
from billing.actions.cancel import cancel
from billing.actions.renew import renew_due
from billing.models import PriceNotice, Subscription, TaxRate
from billing.rules import Cycle
from portal.lib import clock
from portal.mail.actions.hand_over import send_due
from portal.mail.letters import compose
from portal.mail.models import Message
from portal.staff.tests.populate import browser, staff
from portal.testing import builders as make
from portal.testing.builders import noon

pytestmark = pytest.mark.django_db

BOUGHT = date(2026, 3, 10)
LIST = "/admin/billing/pricenotice/"
YEARLY_CHARGE = date(2027, 2, 24)  # 14 days before 10 March


def announced(on):
    with clock.frozen(on):
        return announce_due(on=on)


@pytest.fixture
def on_sale():
    return make.subscription_bought(on=BOUGHT, sale_amount=60)


@pytest.mark.parametrize(("days", "told"), [(31, 0), (30, 1), (29, 1), (0, 1)])
def test_the_end_of_a_yearly_sale_price_is_told_30_days_before_the_charge(on_sale, days, told):
    assert announced(YEARLY_CHARGE - timedelta(days=days)) == told


def test_the_notice_says_what_the_run_then_charges(on_sale):
    announced(YEARLY_CHARGE - timedelta(days=30))

    notice = PriceNotice.objects.get()
    with clock.frozen(YEARLY_CHARGE):
        renew_due(on=YEARLY_CHARGE)

    line = on_sale.invoice_lines.latest("pk")
    assert (notice.charge_on, notice.starts_on) == (YEARLY_CHARGE, line.starts_on)
    assert (notice.amount_before, notice.amount_after) == (Decimal(60), line.amount)
    assert notice.was_sale


def test_the_mail_says_the_price_with_its_tax(on_sale):
    make.tax_rate()
    on = YEARLY_CHARGE - timedelta(days=30)
    announced(on)

    with clock.frozen(on):
        text = " ".join(compose(Message.objects.get(kind="billing/price_notice"))[0].text.split())

    assert "$120.00 instead of $72.00" in text
    assert "Both include the tax, now 20 % VAT." in text


def test_the_mail_of_what_is_not_taxed_says_nothing_of_tax(on_sale):
    on = YEARLY_CHARGE - timedelta(days=30)
    announced(on)

    with clock.frozen(on):
        text = compose(Message.objects.get(kind="billing/price_notice"))[0].text

    assert "$100.00 instead of $60.00" in " ".join(text.split())
    assert "tax" not in text


@pytest.mark.parametrize("search", ["Studio", "alice@studio.example"])
def test_staff_find_what_an_account_was_told_and_change_nothing(on_sale, search):
    announced(YEARLY_CHARGE - timedelta(days=30))
    other = make.subscription_bought(account=make.bakery(), on=BOUGHT, sale_amount=60)
    announced(YEARLY_CHARGE - timedelta(days=29))
    notice, erin = PriceNotice.objects.exclude(subscription=other).get(), browser(staff("finance"))

    listed = erin.get(LIST, {"q": search}).context["cl"].result_list
    page = erin.get(f"{LIST}{notice.pk}/change/").text

    assert list(listed) == [notice]
    assert "$60.00" in page
    assert "$100.00" in page
    assert erin.post(f"{LIST}{notice.pk}/change/", {"was_sale": ""}).status_code == 403


@pytest.mark.parametrize(
    ("role", "status"), [("support", 200), ("finance", 200), ("programme manager", 403)]
)
def test_who_sees_billing_sees_what_was_announced(on_sale, role, status):
    announced(YEARLY_CHARGE - timedelta(days=30))

    assert browser(staff(role)).get(LIST).status_code == status


def test_it_is_told_once_however_often_the_job_runs(on_sale):
    for days in (30, 30, 29, 1):
        announced(YEARLY_CHARGE - timedelta(days=days))

    assert PriceNotice.objects.count() == 1
    assert Message.objects.filter(kind="billing/price_notice").count() == 1


def test_after_the_charge_there_is_nothing_to_announce(on_sale):
    assert announced(YEARLY_CHARGE + timedelta(days=1)) == 0


@pytest.mark.parametrize(("days", "told"), [(8, 0), (7, 1)])
def test_the_end_of_a_monthly_sale_price_is_told_7_days_before_the_charge(days, told):
    monthly = make.subscription_bought(on=BOUGHT, cycle=Cycle.MONTHLY, sale_amount=5)
    ends = date(2027, 3, 10)
    Subscription.objects.filter(pk=monthly.pk).update(
        next_ordinal=12, next_charge_on=ends, paid_through=ends
    )

    assert announced(ends - timedelta(days=days)) == told


def test_inside_the_sale_year_nothing_is_told():
    make.subscription_bought(on=BOUGHT, cycle=Cycle.MONTHLY, sale_amount=5)

    assert announced(date(2026, 4, 10)) == 0


def test_a_price_rise_is_told_and_a_price_cut_is_not():
    plan = make.plan()
    make.price(plan=plan, amount=100)
    make.subscription_bought(on=BOUGHT)
    day = YEARLY_CHARGE - timedelta(days=30)
    cut = make.price(plan=plan, amount=90, new_from=date(2026, 6, 1))
    assert announced(day) == 0

    cut.delete()
    make.price(plan=plan, amount=120, new_from=date(2026, 6, 2))

    assert announced(day) == 1
    notice = PriceNotice.objects.get()
    assert (notice.amount_before, notice.amount_after, notice.was_sale) == (100, 120, False)


@pytest.mark.parametrize("cycle", Cycle)
def test_a_price_rise_is_told_whatever_the_cycle(cycle):
    bought = make.subscription_bought(on=BOUGHT, cycle=cycle)
    rises_on = bought.next_charge_on - timedelta(days=1)
    dearer_from = BOUGHT + timedelta(days=1)
    make.price(plan=bought.plan, amount=1000, new_from=dearer_from, existing_from=rises_on)

    assert announced(rises_on) == 1


def test_a_first_renewal_that_costs_more_than_the_purchase_is_told():
    """Bought at a price that is only for new subscribers yet: others pay the older, dearer one."""
    plan = make.plan()
    make.price(plan=plan, amount=100)
    make.price(plan=plan, amount=80, new_from=date(2026, 3, 1), existing_from=date(2030, 1, 1))
    make.subscription_bought(on=BOUGHT)

    assert announced(YEARLY_CHARGE - timedelta(days=30)) == 1


@pytest.mark.parametrize(("days", "told"), [(31, 0), (30, 1), (29, 1)])
def test_the_first_renewal_after_a_coupon_is_told_like_the_end_of_a_sale(days, told):
    used = make.coupon_used(batch=make.coupons_bought(on=BOUGHT), on=BOUGHT)

    assert announced(YEARLY_CHARGE - timedelta(days=days)) == told

    for notice in PriceNotice.objects.all():
        assert (notice.subscription, notice.charge_on) == (used, YEARLY_CHARGE)
        assert (notice.amount_before, notice.amount_after) == (0, 100)
        assert (notice.was_prepaid, notice.was_sale) == (True, False)


def test_the_mail_says_that_a_coupon_paid_before():
    make.coupon_used(batch=make.coupons_bought(on=BOUGHT), on=BOUGHT)
    day = YEARLY_CHARGE - timedelta(days=30)
    announced(day)

    with clock.frozen(day):
        send_due(at=noon(day))

    words = " ".join(Message.objects.get(kind="billing/price_notice").text.split())
    assert "$100.00 instead of $0.00, charged on Feb. 24, 2027" in words
    assert "A coupon has paid for the first period" in words


def test_the_second_renewal_after_a_coupon_costs_no_more_and_is_not_told():
    make.coupon_used(batch=make.coupons_bought(on=BOUGHT), on=BOUGHT)
    with clock.frozen(YEARLY_CHARGE):
        renew_due(on=YEARLY_CHARGE)

    assert announced(date(2028, 1, 26)) == 0


def test_what_does_not_renew_is_not_announced(on_sale):
    day = YEARLY_CHARGE - timedelta(days=30)
    cancel(on_sale, by=make.person(name="Alice"), at=noon(day))

    assert announced(day) == 0


def test_a_nonprofit_pays_nothing_before_and_after_so_nothing_is_told(on_sale):
    make.nonprofit(account=on_sale.account)

    assert announced(YEARLY_CHARGE - timedelta(days=30)) == 0


def test_one_mail_an_account_goes_to_where_its_bills_go(on_sale):
    on_sale.account.invoice_email = "books@studio.example"
    on_sale.account.save()
    make.subscription_bought(on=BOUGHT, sale_amount=60, account=on_sale.account)
    make.subscription_bought(on=BOUGHT, sale_amount=60, account=make.bakery())

    announced(YEARLY_CHARGE - timedelta(days=30))

    mails = Message.objects.filter(kind="billing/price_notice")
    assert sorted(len(mail.arguments["notice_ids"]) for mail in mails) == [1, 2]
    assert mails.filter(to="books@studio.example").count() == 1


def test_a_batch_asks_as_much_for_many_as_for_few(django_assert_num_queries, on_sale):
    for _number in range(5):
        make.subscription_bought(on=BOUGHT, sale_amount=60)

    with django_assert_num_queries(10):  # prices, two batches, and what a batch writes
        announced(YEARLY_CHARGE - timedelta(days=30))


def test_a_tax_that_rises_is_told_like_a_price():
    make.subscription_bought(on=BOUGHT)
    TaxRate.objects.create(country="GB", name="VAT", percent=20, from_on=date(2027, 1, 1))

    announced(YEARLY_CHARGE - timedelta(days=30))

    notice = PriceNotice.objects.get()
    assert (notice.amount_before, notice.amount_after) == (Decimal(100), Decimal(120))
