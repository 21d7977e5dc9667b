"""Tax: which rate holds on which day, how it is rounded, and what of it goes back."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as some

from billing.actions.credit import left_to_credit, tax_in
from billing.actions.refund import refund
from billing.models import CreditNoteLine, Invoice, InvoiceLine, TaxRate
from billing.rules import Kind
from billing.taxes import NO_TAX, TaxTable
from portal.testing import builders as make

FROM = date(2026, 7, 1)
A_DAY = timedelta(days=1)


def rate(percent: str, *, kind: str = "", country: str = "GB", from_on: date = FROM) -> TaxRate:
    return TaxRate(
        country=country, kind=kind, name="VAT", percent=Decimal(percent), from_on=from_on
    )


def tax(table: TaxTable, amount: str = "100", **about: object) -> Decimal:
    asked = {"currency": "USD", "country": "GB", "kind": Kind.SITE_PLAN, "day": FROM} | about
    return table.on(Decimal(amount), **asked).amount  # type: ignore[arg-type]


def test_tax_is_added_by_country_and_kind_from_its_day_on() -> None:
    table = TaxTable([rate("20", kind="site_plan")])

    assert tax(table, day=FROM - A_DAY) == 0
    assert tax(table, day=FROM) == 20
    assert tax(table, country="FR") == 0
    assert tax(table, kind=Kind.DOMAIN) == 0


def test_a_kind_without_a_rate_of_its_own_has_the_countrys() -> None:
    table = TaxTable([rate("20"), rate("5", kind="domain")])

    assert tax(table, kind=Kind.DOMAIN) == 5
    assert tax(table, kind=Kind.APP) == 20


def test_a_later_rate_takes_over_on_its_day() -> None:
    table = TaxTable([rate("25", from_on=FROM + A_DAY), rate("20")])

    assert tax(table, day=FROM) == 20
    assert tax(table, day=FROM + A_DAY) == 25


def test_a_kind_freed_of_tax_pays_none_though_its_country_has_a_rate() -> None:
    table = TaxTable([rate("20"), rate("0", kind="domain")])

    assert (
        table.on(Decimal(100), currency="USD", country="GB", kind=Kind.DOMAIN, day=FROM) is NO_TAX
    )


@pytest.mark.parametrize(
    ("amount", "currency", "expected"),
    [("0.02", "USD", "0.01"), ("0.07", "USD", "0.02"), ("2", "JPY", "1"), ("1", "JPY", "0")],
)
def test_tax_is_rounded_half_up_to_the_currencys_own_unit(
    amount: str, currency: str, expected: str
) -> None:
    table = TaxTable([rate("25")])

    assert tax(table, amount, currency=currency) == Decimal(expected)


@given(
    net=some.integers(1, 10**6),
    percent=some.integers(1, 30),
    cuts=some.lists(some.integers(1, 999), max_size=6),
)
def test_however_it_is_taken_back_the_tax_in_it_adds_up_to_the_lines(
    net: int, percent: int, cuts: list[int]
) -> None:
    amount = Decimal(net) / 100
    line = InvoiceLine(
        invoice=Invoice(currency="USD"),
        amount=amount,
        tax_amount=tax(TaxTable([rate(str(percent))]), str(amount)),
    )
    gross, taken, taxes = line.gross_amount, Decimal(0), Decimal(0)

    for cut in cuts:
        part = (gross * cut / 1000).quantize(Decimal("0.01"))
        if 0 < part < gross - taken:
            taxes += tax_in(part, line, left=gross - taken)
            taken += part
    taxes += tax_in(gross - taken, line, left=gross - taken)

    assert taxes == line.tax_amount


@pytest.mark.django_db
class TestOnAnInvoice:
    @pytest.fixture(autouse=True)
    def twenty_percent(self) -> None:
        rate("20", from_on=make.LONG_AGO).save()

    def test_a_line_keeps_its_tax_and_the_total_is_with_it(self) -> None:
        bought = make.subscription_bought()

        line = bought.invoice_lines.get()
        assert (line.amount, line.tax_amount) == (Decimal(100), Decimal(20))
        assert (line.tax_name, line.tax_percent) == ("VAT", Decimal(20))
        assert line.invoice.total_amount == line.invoice.attempts.get().amount == 120

    def test_a_renewal_is_taxed_at_the_rate_of_its_charge_day(self, live) -> None:
        bought = make.subscription_bought(on=date(2026, 6, 15))
        rate("25", from_on=date(2027, 6, 2)).save()

        live(date(2027, 6, 1))

        assert bought.invoice_lines.latest("id").tax_amount == 20

    def test_a_refund_goes_back_with_its_tax(self) -> None:
        line = make.subscription_bought().invoice_lines.get()

        refund(
            line.invoice,
            {line.pk: Decimal(30)},
            left=left_to_credit(line.invoice),
            reason="Sorry",
            by=make.person(name="Erin"),
            at=make.noon(make.TODAY),
        )

        back = CreditNoteLine.objects.get()
        assert (back.amount, back.tax_amount) == (Decimal(30), Decimal(5))
        assert left_to_credit(line.invoice) == {line.pk: Decimal(90)}

    def test_what_costs_nothing_is_not_taxed(self) -> None:
        studio = make.studio()
        make.nonprofit(account=studio)

        bought = make.subscription_bought(account=studio)

        assert bought.invoice_lines.get().gross_amount == 0
