"""Accounts keep a history; programme years are edited until they are closed."""

from datetime import date

import pytest

from partners.actions.years import close_year, prepare_year
from partners.models import Account, Enrolment, PointsEntry, PointValue, ProgrammeTerms, Rank
from portal.lib import clock
from portal.staff.tests import populate
from portal.staff.tests.populate import browser, staff

pytestmark = pytest.mark.django_db

YEAR = "/admin/partners/programmeyear/2026/change/"


def account_page(account: Account) -> str:
    return f"/admin/partners/account/{account.pk}/change/"


def typed(account: Account, **fields) -> dict:
    empty = {
        f"{prefix}-{part}": 0
        for prefix in ("memberships", "pending_memberships")
        for part in ("TOTAL_FORMS", "INITIAL_FORMS")
    }
    return {"name": account.name, "email": account.email} | empty | fields


def test_a_change_of_the_address_on_record_is_told_with_who_and_what():
    account = populate.account("Oak Street Bakery", "old@bakery.example")
    client = browser(staff("support"))
    client.post(account_page(account), typed(account, email="new@bakery.example"))

    client.post(account_page(account), typed(account, email="newest@bakery.example"))

    page = client.get(account_page(account)).content.decode()
    assert "new@bakery.example</del>" in page
    assert "newest@bakery.example</ins>" in page
    assert "Dana" in page


def test_country_and_currency_are_the_platforms_to_say():
    account = populate.account("Oak Street Bakery", "old@bakery.example")

    browser(staff()).post(account_page(account), typed(account, currency="EUR", country="DE"))

    account.refresh_from_db()
    assert (account.country, account.currency) == ("US", "USD")


def test_an_account_leads_to_everything_of_it_the_role_may_see():
    account = populate.account("Oak Street Bakery", "old@bakery.example")

    support = browser(staff("support")).get(account_page(account)).content.decode()
    finance = browser(staff("finance")).get(account_page(account)).content.decode()

    for path in ("partners/pointsentry", "claims/claim", "billing/invoice", "mail/message"):
        assert f"/admin/{path}/?q={account.ref}" in support
    assert "/admin/claims/claim/?q=" not in finance


def ladder(**changed) -> dict:
    """The page of a year as a browser sends it."""
    ranks = list(Rank.objects.filter(programme_year=2026))
    values = list(PointValue.objects.filter(programme_year=2026))
    sent = {"waiting_days": 14, "closes_on": "2027-01-15"}
    sent |= {"ranks-TOTAL_FORMS": len(ranks), "ranks-INITIAL_FORMS": len(ranks)}
    sent |= {"point_values-TOTAL_FORMS": len(values), "point_values-INITIAL_FORMS": len(values)}
    for number, rank in enumerate(ranks):
        for name in ("id", "level", "name", "threshold_points", "benefits"):
            sent[f"ranks-{number}-{name}"] = getattr(rank, name)
    for number, value in enumerate(values):
        for name in ("id", "relation", "product_code", "points"):
            sent[f"point_values-{number}-{name}"] = getattr(value, name)
    return sent | changed


def test_a_rank_is_changed_and_its_history_kept():
    prepare_year(2026)
    client = browser(staff("programme manager"))

    client.post(YEAR, ladder(**{"ranks-1-threshold_points": 1200}))

    assert Rank.objects.get(programme_year=2026, level=2).threshold_points == 1200
    page = client.get(YEAR).content.decode()
    assert "<del>1000</del>" in page
    assert "<ins>1200</ins>" in page


def test_two_ranks_for_the_same_points_are_an_error_in_the_form():
    prepare_year(2026)

    response = browser(staff()).post(YEAR, ladder(**{"ranks-1-threshold_points": 2000}))

    assert response.status_code == 200
    assert Rank.objects.get(programme_year=2026, level=2).threshold_points == 1000


def test_a_first_rank_above_zero_is_told_in_words():
    prepare_year(2026)

    response = browser(staff()).post(YEAR, ladder(**{"ranks-0-threshold_points": 5}))

    assert "Level 1 starts at 0 points" in response.content.decode()


def test_a_value_points_were_credited_under_stays_what_it_was():
    populate.programme()
    populate.everything(range(1))
    used = PointsEntry.objects.exclude(rule=None).earliest("pk").rule
    values = list(PointValue.objects.filter(programme_year=2026))
    number = values.index(used)

    response = browser(staff()).post(YEAR, ladder(**{f"point_values-{number}-points": 300}))

    used.refresh_from_db()
    assert used.points == 100
    assert "Points were credited under this value already" in response.content.decode()


def test_nothing_of_a_closed_year_can_be_changed():
    prepare_year(2026)
    close_year(2026, at=clock.now())

    response = browser(staff()).post(YEAR, ladder(**{"ranks-1-threshold_points": 1200}))

    assert response.status_code == 403
    assert Rank.objects.get(programme_year=2026, level=2).threshold_points == 1000


def test_terms_somebody_joined_under_stay_as_they_were_accepted():
    populate.programme()
    populate.declined()
    terms = ProgrammeTerms.objects.get()
    assert Enrolment.objects.filter(terms=terms).exists()

    response = browser(staff()).post(
        f"/admin/partners/programmeterms/{terms.pk}/change/",
        {"version": "2026", "in_force_from": "2026-01-01", "text": "Be quick."},
    )

    terms.refresh_from_db()
    assert terms.text == "Be kind."
    assert "Partners have joined under these terms." in response.content.decode()


def test_terms_nobody_has_accepted_can_be_corrected():
    terms = ProgrammeTerms.objects.create(
        version="draft", in_force_from=date(2027, 1, 1), text="Be knid."
    )

    browser(staff()).post(
        f"/admin/partners/programmeterms/{terms.pk}/change/",
        {"version": "2027", "in_force_from": "2027-01-01", "text": "Be kind."},
    )

    terms.refresh_from_db()
    assert terms.text == "Be kind."


def test_a_ladder_that_goes_down_is_refused_in_words(db):
    prepare_year(2031)
    ranks = list(Rank.objects.filter(programme_year=2031).order_by("level"))
    page = "/admin/partners/programmeyear/2031/change/"
    dana = browser(staff("programme manager"))
    sent = {"year": "2031", "waiting_days": "14", "closes_on": "2032-01-15"}
    sent |= {
        "ranks-TOTAL_FORMS": "4",
        "ranks-INITIAL_FORMS": "4",
        "point_values-TOTAL_FORMS": "0",
        "point_values-INITIAL_FORMS": "0",
    }
    for number, rank in enumerate(ranks):
        points = 2500 if rank.level == 2 else rank.threshold_points
        sent |= {
            f"ranks-{number}-id": str(rank.pk),
            f"ranks-{number}-programme_year": "2031",
            f"ranks-{number}-level": str(rank.level),
            f"ranks-{number}-name": rank.name,
            f"ranks-{number}-threshold_points": str(points),
        }

    told = dana.post(page, sent)

    assert "Each rank needs more points than the one below it." in told.content.decode()
    assert Rank.objects.get(programme_year=2031, level=2).threshold_points == 1000
