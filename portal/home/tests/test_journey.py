"""The main job from end to end, as each person would do it, without a browser."""

from datetime import date

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import Client

from billing.models import Invoice, SimulatedCharge
from claims.models import Claim, ClaimState
from partners.models import PointsEntry, Standing
from partners.standings import rank_held
from portal.home.advance import advance
from portal.home.tests import journey
from portal.home.tests.journey import ALICE, BOB, CAROL, DANA, PASSWORD, studio
from portal.lib import clock
from portal.mail.models import Message
from portal.models import User
from portal.testing.approval import filled_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(tmp_path):
    journey.begin(tmp_path)


def sign_up(email, name):
    browser = Client()
    browser.post(
        "/people/signup/", {"name": name, "email": email, "password1": PASSWORD}, follow=True
    )
    mail = journey.latest_mail(to=email, kind="account/email_confirmation_signup")
    confirmed = browser.post(journey.link_in(mail, "confirm-email"), follow=True)
    assert confirmed.status_code == 200
    browser.login(username=email, password=PASSWORD)
    return browser


def live_until(day):
    for _report in advance(to=day):
        pass


def text_of(response):
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def answer(message, **said):
    """What a person does with a link in a mail: open it, read, choose, type a name, send."""
    browser = Client()
    page = browser.get(journey.link_in(message, "/approval/"), follow=True)
    return browser.post("/approval/", filled_in(page.context["claim"], **said), follow=True)


def test_the_main_job(world):
    alice, home = sign_up(ALICE, "Alice"), f"/a/{studio().ref}/"

    # Before the opening the button says when; on the day she joins.
    assert "Opens on March 1, 2026" in text_of(alice.get(home))
    alice.post(f"{home}programme/enrolment/")
    assert not hasattr(studio(), "enrolment")
    live_until(journey.OPENS)
    welcome = alice.post(f"{home}programme/enrolment/", follow=True)
    assert "Welcome!" in text_of(welcome)
    joined = studio().enrolment
    assert (joined.enrolled_by.email, joined.enrolled_on) == (ALICE, journey.OPENS)
    assert joined.terms.version == "1.0"

    # Nine renewals were charged 14 days early, as one invoice with one charge and one receipt.
    [renewal] = Invoice.objects.filter(account=studio())
    assert (renewal.due_on, renewal.lines.count()) == (date(2026, 2, 24), journey.RENEWING)
    assert journey.latest_mail(to=ALICE, kind="billing/receipt").subject

    # She upgrades a tenth site: what it costs is on the shelf and, all of it, above the button.
    site = studio().sites.get(address="client-9.example")
    offered = text_of(alice.get(f"{home}sites/{site.ref}/plan/"))
    assert "charged on Feb. 15, 2027" in offered
    order = f"{home}sites/{site.ref}/purchases/premium/yearly/"
    assert "100 points land on March 15, 2026" in text_of(alice.get(order))
    bought = alice.post(order, {"total": "192.00"}, follow=True)
    assert "client-9.example is upgraded" in text_of(bought)

    # Bob claims three of Carol's sites.
    bob = sign_up(BOB, "Bob")
    three = "https://www.carols-bread.example/\ncarols-cake.example\ncarols-tea.example"
    bob.post(f"{home}claims/new/", {"addresses": three})
    asked = Message.objects.filter(to=CAROL, kind="claims/request").order_by("pk")
    live_until(date(2026, 3, 2))

    # Carol approves one, declines one by mistake, and does not answer the third.
    yes = answer(asked[0], verdict="approve", name="Carol Baker")
    assert "You confirmed that Alder &amp; Ash Studio worked on" in text_of(yes)
    no = answer(asked[1], verdict="decline", reason="other", name="Carol Baker")
    assert "You did not confirm" in text_of(no)
    states = dict(Claim.objects.values_list("site__address", "state"))
    assert states == {
        "carols-bread.example": ClaimState.APPROVED,
        "carols-cake.example": ClaimState.DECLINED,
        "carols-tea.example": ClaimState.AWAITING,
    }

    # Fourteen days after each event its points arrive: the upgrade's first, then the renewals'.
    live_until(date(2026, 3, 14))
    assert points() == 0
    live_until(date(2026, 3, 15))
    assert points() == 100
    live_until(date(2026, 3, 24))
    assert points() == 1000
    assert rank_held(studio(), on=clock.today()).name == "Creator"
    seen = text_of(alice.get(home))
    assert "level 2 of 4" in seen
    assert "1,000 points in 2026" in without_tags(seen)
    assert "1,000 more to Icon" in seen

    # A week of silence brought one follow-up, and only for the claim nobody answered.
    follow_up = Message.objects.get(kind="claims/follow_up")
    assert (follow_up.to, clock.date_of(follow_up.queued_at)) == (CAROL, date(2026, 3, 8))
    live_until(date(2026, 3, 31))
    assert Message.objects.filter(kind="claims/follow_up").count() == 1
    lapsed = Claim.objects.get(site__address="carols-tea.example")
    assert lapsed.state == ClaimState.LAPSED

    # The badge, in the page and as pictures, and what it links to.
    assert "PNG 560 px" in text_of(alice.get(f"{home}programme/badge/"))
    png = Client().get(f"/badges/{studio().ref}/light-560.png")
    assert png.content.startswith(b"\x89PNG")
    assert "holds the rank <strong>Creator</strong>" in text_of(
        Client().get(f"/verify/{studio().ref}/")
    )

    # The approved claim earns with the site's event, not before.
    waiting = text_of(alice.get(f"{home}sites/?q=bread"))
    assert "The next renewal is on April 15, 2026" in waiting
    assert "would land on April 29, 2026" in waiting
    live_until(date(2026, 4, 29))
    assert points() == 1100

    # Dana puts the wrong decline right; its points come with the renewal in October.
    dana = staff(DANA)
    declined = Claim.objects.get(site__address="carols-cake.example")
    assert dana.get("/admin/claims/claim/").status_code == 200
    put_right(dana, declined)
    declined.refresh_from_db()
    assert declined.state == ClaimState.APPROVED
    live_until(date(2026, 10, 15))
    assert points() == 1200
    assert "100 points credited" in text_of(bob.get(f"{home}claims/{declined.ref}/"))

    # Nothing was paid twice, and the ledger is what its events explain.
    assert SimulatedCharge.objects.count() == Invoice.objects.filter(total_amount__gt=0).count()
    assert PointsEntry.objects.count() == 12


def points():
    standing = Standing.objects.filter(account=studio(), programme_year=2026).first()
    return standing.points if standing else 0


def without_tags(html):
    import re

    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def staff(email):
    user = User.objects.get(email=email)
    TOTP.activate(user, generate_totp_secret())
    RecoveryCodes.activate(user)
    browser = Client()
    browser.force_login(user)
    return browser


def put_right(dana, claim):
    page = f"/admin/claims/claim/reinstatement/?row={claim.pk}"
    assert "carols-cake.example" in text_of(dana.get(page))
    told = dana.post(page, {"reason": "Carol called: she pressed the wrong one."}, follow=True)
    assert "put right" in text_of(told)
