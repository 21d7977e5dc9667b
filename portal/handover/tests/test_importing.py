"""What an import makes of a folder, and what a second one leaves alone."""

from datetime import date
from decimal import Decimal

import pytest
from allauth.account.models import EmailAddress

from billing.actions.cancel import cancel, take_back
from billing.actions.renew import renew_due
from billing.models import Cancellation, PaymentMethod, Period, Price, SaleOffer, Subscription
from billing.models.subscriptions import SubscriptionState
from partners.models import (
    Account,
    Contributor,
    Membership,
    PendingMembership,
    PointsDue,
    QualifyingEvent,
    Site,
    SiteMove,
)
from partners.roles import Role
from portal.handover.importing import Fate, NothingToImportError
from portal.handover.tests.folders import (
    TODAY,
    contents,
    imported,
    price,
    report,
    rows,
    subscription,
)
from portal.lib import clock
from portal.models import User
from portal.testing import builders

pytestmark = pytest.mark.django_db


def counts(outcome):
    """New, changed, unchanged and kept, over all tables."""
    every = [count for told in outcome.files for count in told.counts]
    return tuple(
        sum(getattr(count, name) for count in every)
        for name in ("new", "changed", "unchanged", "kept")
    )


# --- Once ----------------------------------------------------------------------------------------


def test_folder_becomes_the_portals_own(tmp_path):
    outcome = imported(tmp_path, rows())

    assert outcome.is_complete
    assert report(outcome) == []
    studio = Account.objects.get(platform_ref="acc-1")
    assert (studio.name, studio.country, studio.currency) == ("Studio", "DE", "EUR")
    assert Site.objects.get(platform_ref="site-1").address == "one.example"
    assert Contributor.objects.get().site.address == "bakery.example"
    assert SaleOffer.objects.get().percent_off == 30
    assert Price.objects.get(plan__cycle="monthly").amount == Decimal("20.00")
    assert Account.objects.get(platform_ref="acc-2").nonprofit_verification


def test_subscription_stands_where_its_dates_put_it(tmp_path):
    imported(tmp_path, rows())

    made = Subscription.objects.get(platform_ref="sub-1")
    assert made.state == SubscriptionState.ACTIVE
    assert made.purchased_on == made.anchor_on == date(2024, 3, 10)
    assert (made.paid_through, made.next_ordinal) == (date(2027, 3, 10), 3)
    assert made.next_charge_on == date(2027, 2, 24)
    period = made.periods.get()
    assert (period.ordinal, period.starts_on, period.line) == (2, date(2026, 3, 10), None)
    assert clock.date_of(period.opened_at) == date(2026, 2, 24)


def test_first_method_is_the_default_where_none_is_named(tmp_path):
    sheets = rows()
    second = {**sheets["payment_methods"][0], "provider_ref": "sim_ok:2", "last4": "42"}
    sheets["payment_methods"].append(second)
    sheets["subscriptions"] = [subscription(payment_method="sim_ok:2")]

    imported(tmp_path, sheets)

    assert PaymentMethod.objects.get(is_default=True).provider_ref == "sim_ok:first"
    assert Subscription.objects.get().payment_method.last4 == "0042"


def test_cancelled_subscription_can_be_taken_back(tmp_path):
    sheets = rows()
    sheets["subscriptions"] = [subscription(state="cancelled")]
    imported(tmp_path, sheets)
    made = Subscription.objects.get()
    assert made.state == SubscriptionState.ENDING

    take_back(made, by=builders.person(), on=TODAY, at=clock.now())

    made.refresh_from_db()
    assert made.state == SubscriptionState.ACTIVE


def test_nobody_is_given_a_login(tmp_path):
    imported(tmp_path, rows())

    assert not User.objects.exists()
    assert PendingMembership.objects.get().email == "alice@studio.example"


@pytest.mark.parametrize("is_verified", [True, False])
def test_seat_is_taken_only_by_a_verified_address(tmp_path, is_verified):
    user = User.objects.create_user("alice@studio.example")
    EmailAddress.objects.create(user=user, email=user.email, verified=is_verified)

    imported(tmp_path, rows())

    assert Membership.objects.count() == is_verified
    assert PendingMembership.objects.count() == (not is_verified)


def test_empty_folder_is_refused(tmp_path):
    (tmp_path / "else.csv").write_text("a,b\n", encoding="utf-8")

    with pytest.raises(NothingToImportError):
        imported(tmp_path)


def test_files_may_come_one_by_one(tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    sheets = rows()
    later = {name: sheets.pop(name) for name in ("sites", "subscriptions")}
    del sheets["contributors"]
    imported(first, sheets)

    outcome = imported(second, later)

    assert outcome.is_complete
    assert Subscription.objects.get().account.name == "Studio"


# --- Events --------------------------------------------------------------------------------------


def events():
    return list(
        QualifyingEvent.objects.order_by("occurs_on").values_list("occurs_on", "kind", "paid_on")
    )


def test_periods_since_new_year_are_derived_as_events(tmp_path):
    sheets = rows()
    sheets["subscriptions"] = [
        subscription("a"),  # renewed on 10 March
        subscription("b", site="site-2", cycle="monthly", purchased_on="2026-04-30"),
        subscription("c", site="site-3", account="acc-2", purchased_on="2025-09-01"),
        subscription("d", site="", product="domain", label="one.example"),
    ]

    imported(tmp_path, sheets)

    assert events() == [
        (date(2026, 3, 10), "renewed", date(2026, 2, 24)),
        (date(2026, 4, 30), "activated", date(2026, 4, 30)),
        (date(2026, 5, 30), "renewed", date(2026, 5, 30)),
    ]
    assert QualifyingEvent.objects.earliest("occurs_on").source == "import:a:2026-03-10"


def test_given_periods_are_the_events(tmp_path):
    sheets = rows()
    sheets["subscriptions"] = [
        subscription("a"),
        subscription("b", site="site-2", purchased_on="2025-06-20"),
    ]
    sheets["periods"] = [
        listed("a", "2026-03-10", "2027-03-10", "2026-03-17"),
        listed("b", "2026-06-20", "2027-06-20", "2026-06-06"),  # paid ahead
    ]

    imported(tmp_path, sheets)

    assert events() == [
        (date(2026, 3, 10), "renewed", date(2026, 3, 17)),
        (date(2026, 6, 20), "renewed", date(2026, 6, 6)),
    ]
    ahead = Subscription.objects.get(platform_ref="b")
    assert ahead.paid_through == date(2027, 6, 20)
    assert [period.starts_on for period in ahead.periods.all()] == [
        date(2025, 6, 20),
        date(2026, 6, 20),
    ]


def test_points_of_a_partner_are_decided_on_for_all_that_came(tmp_path):
    sheets = rows()
    imported(tmp_path, {name: sheets[name] for name in ("accounts", "sites")})
    studio = Account.objects.get(platform_ref="acc-1")
    builders.member(account=studio, name="Alice", role=Role.OWNER)
    builders.enrolled(account=studio, on=date(2026, 5, 1))

    imported(tmp_path, sheets)

    [due] = PointsDue.objects.all()
    assert (due.account, due.event.occurs_on) == (studio, date(2026, 3, 10))


def listed(ref, starts_on, ends_on, paid_on):
    return {
        "subscription": ref,
        "starts_on": starts_on,
        "ends_on": ends_on,
        "paid_on": paid_on,
    }


def test_history_says_that_a_change_was_imported(tmp_path):
    sheets = rows()
    imported(tmp_path, sheets)
    sheets["accounts"][0]["name"] = "Studio & Sons"

    imported(tmp_path, sheets)

    before, after = Account.objects.get(platform_ref="acc-1").history.order_by("pgh_id")
    assert (before.pgh_label, after.name) == ("before", "Studio & Sons")
    assert after.pgh_context.metadata["command"] == "import_data"


# --- Without writing -----------------------------------------------------------------------------


def test_dry_run_tells_what_would_come_and_writes_nothing(tmp_path):
    before = contents()

    outcome = imported(tmp_path, rows(), is_dry_run=True)

    assert counts(outcome)[0] > 10
    assert contents() == before


def test_dry_run_tells_changes_apart(tmp_path):
    sheets = rows()
    imported(tmp_path, sheets)
    sheets["sites"][0]["name"] = "New name"

    outcome = imported(tmp_path, sheets, is_dry_run=True)

    new, changed, unchanged, kept = counts(outcome)
    assert (new, changed, kept) == (0, 1, 0)
    assert unchanged > 10
    assert Site.objects.get(platform_ref="site-1").name == ""


# --- Twice ---------------------------------------------------------------------------------------


def test_second_import_changes_nothing(tmp_path):
    sheets = rows()
    sheets["subscriptions"] += [
        subscription("sub-2", site="site-2", cycle="monthly", purchased_on="2026-01-31"),
        subscription("sub-3", site="site-3", state="cancelled", ended_on="2027-03-10"),
        subscription("sub-4", site="", product="domain", state="lapsed", ended_on="2026-03-10"),
    ]
    imported(tmp_path, sheets)
    before = contents()

    outcome = imported(tmp_path)

    assert counts(outcome)[:2] == (0, 0)
    assert contents() == before


def test_what_differs_is_updated(tmp_path):
    sheets = rows()
    imported(tmp_path, sheets)
    sheets["accounts"][0] |= {"name": "Studio & Sons"}
    sheets["sites"][0] |= {"account": "acc-2", "address": "moved.example"}
    sheets["members"][0] |= {"role": "admin"}
    sheets["catalogue"][0] |= {"amount": "199.00"}
    sheets["contributors"][0] |= {"to_on": "2026-05-31"}
    sheets["sales"][0] |= {"percent_off": "25"}
    sheets["payment_methods"][0] |= {"expires_year": "2030", "last4": "4444"}
    sheets["subscriptions"][0] |= {"state": "cancelled"}

    outcome = imported(tmp_path, sheets)

    assert counts(outcome)[0] == 1  # the cancellation
    assert Account.objects.get(platform_ref="acc-1").name == "Studio & Sons"
    assert Site.objects.get(platform_ref="site-1").account.name == "Bakery"
    assert PendingMembership.objects.get().role == "admin"
    assert Price.objects.filter(amount=199).exists()
    assert Contributor.objects.get().to_on == date(2026, 5, 31)
    assert SaleOffer.objects.get().percent_off == 25
    assert PaymentMethod.objects.get().last4 == "4444"
    assert Subscription.objects.get().state == SubscriptionState.ENDING


def test_a_site_that_is_elsewhere_now_moved_on_the_day_of_the_import(tmp_path):
    sheets = rows()
    imported(tmp_path, sheets)
    sheets["sites"][0] |= {"account": "acc-2"}

    imported(tmp_path, sheets)
    imported(tmp_path, sheets)

    move = SiteMove.objects.get()
    assert (move.from_account.name, move.to_account.name) == ("Studio", "Bakery")
    assert move.moved_on == TODAY


@pytest.mark.parametrize(("starts_on", "is_taken"), [("2026-03-31", False), ("2026-04-01", True)])
def test_an_amount_is_not_taken_on_days_of_a_percentage_the_portal_has(
    tmp_path, starts_on, is_taken
):
    sheets = rows()
    imported(tmp_path, sheets)
    amount = {"sale": "april", "percent_off": "", "amount": "90", "currency": "EUR"}
    days = {"starts_on": starts_on, "ends_on": "2026-04-30"}
    sheets["sales"] = [sheets["sales"][0] | amount | days]

    imported(tmp_path, sheets)

    assert SaleOffer.objects.filter(currency="EUR").exists() is is_taken


def test_two_sites_may_swap_their_addresses(tmp_path):
    sheets = rows()
    imported(tmp_path, sheets)
    one, two = sheets["sites"][:2]
    one["address"], two["address"] = two["address"], one["address"]

    imported(tmp_path, sheets)

    assert Site.objects.get(platform_ref="site-1").address == "two.example"
    assert Site.objects.get(platform_ref="site-2").address == "one.example"


def test_taking_a_cancellation_back_on_the_old_system_comes_along(tmp_path):
    sheets = rows()
    sheets["subscriptions"] = [subscription(state="cancelled")]
    imported(tmp_path, sheets)
    sheets["subscriptions"] = [subscription()]

    imported(tmp_path, sheets)

    assert Subscription.objects.get().next_charge_on == date(2027, 2, 24)
    assert not Cancellation.objects.exists()


def test_later_export_brings_later_periods(tmp_path):
    sheets = rows()
    sheets["subscriptions"] = [subscription(cycle="monthly", purchased_on="2026-04-05")]
    imported(tmp_path, sheets, as_of=date(2026, 5, 31))

    imported(tmp_path, sheets)

    assert Subscription.objects.get().paid_through == date(2026, 7, 5)
    assert [period.ordinal for period in Period.objects.all()] == [0, 1, 2]
    assert QualifyingEvent.objects.count() == 3


def test_older_export_takes_nothing_back(tmp_path):
    sheets = rows()
    sheets["subscriptions"] = [subscription(cycle="monthly", purchased_on="2026-04-05")]
    imported(tmp_path, sheets)
    before = contents()

    outcome = imported(tmp_path, sheets, as_of=date(2026, 5, 31))

    assert contents() == before
    assert counts(outcome)[3] == 1


def test_cancelled_without_an_end_does_not_grow_with_every_import(tmp_path):
    sheets = rows()
    sheets["subscriptions"] = [
        subscription(cycle="monthly", purchased_on="2026-04-05", state="cancelled")
    ]
    imported(tmp_path, sheets, as_of=date(2026, 5, 31))

    imported(tmp_path, sheets)

    assert Subscription.objects.get().paid_through == date(2026, 6, 5)


def test_removed_or_newer_card_is_left_alone(tmp_path):
    imported(tmp_path, rows())
    PaymentMethod.objects.update(expires_year=2031, last4="1111")

    outcome = imported(tmp_path)

    assert PaymentMethod.objects.get().last4 == "1111"
    assert counts(outcome)[3] == 1


def test_default_chosen_in_the_portal_stays(tmp_path):
    sheets = rows()
    imported(tmp_path, sheets)
    PaymentMethod.objects.update(is_default=False)
    own = builders.card(account=Account.objects.get(platform_ref="acc-1"))
    sheets["payment_methods"].append(
        {**sheets["payment_methods"][0], "provider_ref": "sim_ok:9", "is_default": "yes"}
    )

    imported(tmp_path, sheets)

    assert PaymentMethod.objects.get(is_default=True) == own


# --- What the portal has moved on ----------------------------------------------------------------


def test_subscription_the_portal_has_charged_is_left_alone(tmp_path):
    sheets = rows()
    sheets["subscriptions"] = [subscription(cycle="monthly", purchased_on="2026-05-15")]
    imported(tmp_path, sheets, as_of=date(2026, 6, 14))
    renew_due(on=TODAY)
    before = contents()
    assert Subscription.objects.get().paid_through == date(2026, 7, 15)

    for as_of in (date(2026, 6, 14), TODAY):
        outcome = imported(tmp_path, sheets, as_of=as_of)

        assert contents() == before
        assert counts(outcome)[3] == 1


def test_subscription_cancelled_in_the_portal_stays_cancelled(tmp_path):
    imported(tmp_path, rows())
    cancel(Subscription.objects.get(), by=builders.person(), at=clock.now())

    imported(tmp_path)

    assert Subscription.objects.get().state == SubscriptionState.ENDING


def test_charged_subscription_may_have_changed_its_cycle(tmp_path):
    sheets = rows()
    sheets["subscriptions"] = [subscription(cycle="monthly", purchased_on="2026-05-15")]
    imported(tmp_path, sheets, as_of=date(2026, 6, 14))
    renew_due(on=TODAY)
    sheets["subscriptions"][0]["cycle"] = "yearly"

    assert imported(tmp_path, sheets).is_complete


# --- Bad rows ------------------------------------------------------------------------------------


def fates(outcome):
    return {told.sheet.name: told.fate for told in outcome.files}


def test_file_with_a_bad_row_is_not_written_and_nothing_of_it_is(tmp_path):
    sheets = rows()
    sheets["members"].append({"account": "acc-1", "email": "nobody", "role": "member"})

    outcome = imported(tmp_path, sheets)

    assert not outcome.is_complete
    assert fates(outcome)["members"] is Fate.REFUSED
    assert not PendingMembership.objects.exists()
    assert Subscription.objects.count() == 1  # no other file depends on it


def test_files_that_depend_on_a_bad_one_are_held_back(tmp_path):
    sheets = rows()
    sheets["sites"].append({"id": "site-9", "account": "acc-9", "address": "nine.example"})
    sheets["subscriptions"].append(subscription("sub-9", site="site-9"))

    outcome = imported(tmp_path, sheets)

    assert [name for name, fate in fates(outcome).items() if fate is Fate.REFUSED] == ["sites"]
    assert [name for name, fate in fates(outcome).items() if fate is Fate.HELD_BACK] == [
        "contributors",
        "subscriptions",
    ]
    assert Account.objects.count() == 2
    assert not Site.objects.exists()
    assert len(report(outcome)) == 1  # what refers to the bad row is no fault of its own


def test_subscriptions_wait_for_their_periods(tmp_path):
    sheets = rows()
    sheets["periods"] = [listed("sub-1", "2026-03-11", "2027-03-11", "2026-03-01")]

    outcome = imported(tmp_path, sheets)

    assert fates(outcome)["subscriptions"] is Fate.HELD_BACK
    assert not Subscription.objects.exists()
    assert [line[:3] for line in report(outcome)] == [("periods.csv", 2, "starts_on")]


def test_skipping_leaves_out_bad_rows_and_what_refers_to_them(tmp_path):
    sheets = rows()
    sheets["sites"].append({"id": "site-9", "account": "acc-9", "address": "nine.example"})
    sheets["subscriptions"].append(subscription("sub-9", site="site-9"))
    sheets["periods"] = [
        listed("sub-1", "2026-03-10", "2027-03-10", "2026-03-01"),
        listed("sub-9", "2026-03-10", "2027-03-10", "2026-03-01"),
    ]

    outcome = imported(tmp_path, sheets, skips_bad=True)

    assert outcome.is_complete
    assert [line[:4] for line in report(outcome)] == [
        ("sites.csv", 5, "account", "there is no such account in accounts.csv or in the portal"),
        ("subscriptions.csv", 3, "site", "refers to a row of sites.csv that is left out"),
        ("periods.csv", 3, "subscription", "refers to a row of subscriptions.csv that is left out"),
    ]
    assert Site.objects.count() == 3
    assert Subscription.objects.get().platform_ref == "sub-1"


def test_report_is_safe_to_open_in_a_spreadsheet(tmp_path):
    sheets = rows()
    sheets["members"].append({"account": "acc-1", "email": '=HYPERLINK("x")', "role": "member"})

    outcome = imported(tmp_path, sheets)

    [(_, _, _, _, value)] = report(outcome)
    assert value == '\'=HYPERLINK("x")'


def test_failure_half_way_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(
        "portal.handover.importing.write_subscriptions", lambda **_: 1 / 0, raising=True
    )
    before = contents()

    with pytest.raises(ZeroDivisionError):
        imported(tmp_path, rows())

    assert contents() == before


def test_price_for_the_currency_must_be_there(tmp_path):
    sheets = rows()
    sheets["subscriptions"] = [subscription(currency="GBP")]

    outcome = imported(tmp_path, sheets)

    [(file, line, column, reason, _)] = report(outcome)
    assert (file, line, column) == ("subscriptions.csv", 2, "product, cycle, currency")
    assert reason == "there is no such price in catalogue.csv or in the portal"


def test_new_price_version_needs_its_own_days(tmp_path):
    imported(tmp_path, rows())
    newer = {**price(amount="210.00"), "new_from": "2026-07-01", "existing_from": "2020-01-01"}

    outcome = imported(tmp_path, {"catalogue": [newer]})

    assert [line[:3] for line in report(outcome)] == [("catalogue.csv", 2, "existing_from")]


def test_import_goes_on_from_where_the_days_have_come(tmp_path):
    """A yearly plan the old system should have charged by now is charged by the portal at once."""
    sheets = rows()
    sheets["subscriptions"] = [subscription(purchased_on="2025-06-20")]
    imported(tmp_path, sheets)

    renew_due(on=TODAY)

    made = Subscription.objects.get()
    assert made.paid_through == date(2027, 6, 20)
    assert made.invoice_lines.get().invoice.due_on == date(2026, 6, 6)
