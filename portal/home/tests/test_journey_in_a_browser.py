"""The same main job as `test_journey`, through Chromium, as people see it."""

import re
from datetime import date

import pytest
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.core.management import call_command
from playwright.sync_api import Browser, Page, expect

from claims.rules import LEAST_TIME_TO_ANSWER
from partners.models import Standing
from portal.home.tests import journey
from portal.home.tests.journey import ALICE, BOB, CAROL, DANA, PASSWORD, studio
from portal.models import User

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.xdist_group("browser"),
]

READING = LEAST_TIME_TO_ANSWER.total_seconds() * 1000 + 200


@pytest.fixture
def world(tmp_path, settings, live_server):
    settings.SITE_URL = live_server.url
    journey.begin(tmp_path)


def person(browser: Browser, url: str) -> Page:
    """Somebody's own browser, which complains of every broken script or blocked asset."""
    page = browser.new_context(base_url=url, locale="en-US").new_page()
    page.on("pageerror", lambda error: pytest.fail(f"{page.url}: {error}"))
    page.on("console", lambda said: _no_errors(page, said))
    return page


def _no_errors(page: Page, said) -> None:
    if said.type == "error" and "status of 404" not in said.text:
        pytest.fail(f"{page.url}: {said.text}")


def sign_up(page: Page, email: str, name: str) -> None:
    page.goto("/")
    page.get_by_role("main").get_by_role("link", name="Sign up").click()
    page.get_by_label("Your name").fill(name)
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign Up").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Verify")
    mail = journey.latest_mail(to=email, kind="account/email_confirmation_signup")
    page.goto(journey.link_in(mail, "confirm-email"))
    page.get_by_role("button", name="Confirm").click()
    if "login" in page.url:
        sign_in(page, email)


def sign_in(page: Page, email: str) -> None:
    page.goto("/people/login/")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign In", exact=True).click()


def open_mail(page: Page, subject: str) -> None:
    """Click the link in a mail, in the rehearsal's mailbox, as Carol would in hers."""
    page.goto(f"/rehearsal/mailbox/?to={CAROL}")
    page.get_by_role("link", name=re.compile(subject)).first.click()
    frame = page.frame_locator("iframe")
    frame.get_by_role("link", name=re.compile("Answer")).first.click()


def test_the_main_job_in_a_browser(world, browser, live_server):
    alice = person(browser, live_server.url)
    sign_up(alice, ALICE, "Alice")

    # Before the opening the button says when.
    alice.goto("/")
    expect(alice.get_by_role("button", name="Opens on March 1, 2026")).to_be_disabled()
    call_command("advance", to=journey.OPENS, verbosity=0)
    alice.reload()
    alice.get_by_role("button", name="Join now").click()
    expect(alice.get_by_text("Welcome!")).to_be_visible()

    # She upgrades her tenth site.
    alice.get_by_role("link", name="Sites", exact=True).click()
    alice.get_by_role("link", name="Upgrade client-9.example").click()
    alice.get_by_role("link", name="Choose Premium, yearly").click()
    expect(alice.get_by_text("100 points land on March 15, 2026")).to_be_visible()
    alice.get_by_role("button", name="Buy now").click()
    expect(alice.get_by_text("client-9.example is upgraded")).to_be_visible()

    # Bob claims two of Carol's sites.
    bob = person(browser, live_server.url)
    sign_up(bob, BOB, "Bob")
    bob.goto("/")
    bob.get_by_role("link", name="Claims", exact=True).click()
    bob.get_by_role("link", name="Claim a site").first.click()
    bob.get_by_label("Sites").fill("carols-bread.example\nhttps://www.carols-cake.example/")
    bob.get_by_role("button", name="Ask for approval").click()
    expect(bob.get_by_role("row", name=re.compile("carols-bread"))).to_contain_text("sent")
    bob.get_by_role("link", name="Claims", exact=True).first.click()
    expect(bob.get_by_role("row", name=re.compile("carols-bread"))).to_contain_text("waiting")

    # Carol approves one as a person, in her own browser, without a login.
    call_command("advance", to=date(2026, 3, 2), verbosity=0)
    carol = person(browser, live_server.url)
    open_mail(carol, "carols-bread")
    carol.get_by_label("Yes, they worked on this site").check()
    carol.get_by_role("button", name="Send my answer").click()
    expect(carol.get_by_text("Type your name.").first).to_be_visible()
    carol.get_by_label("Your name").fill("Carol Baker")
    carol.wait_for_timeout(READING)
    carol.get_by_role("button", name="Send my answer").click()
    expect(carol.get_by_role("heading", level=1)).to_contain_text("You confirmed")

    # The other she declines by mistake, after the one follow-up.
    call_command("advance", to=date(2026, 3, 9), verbosity=0)
    open_mail(carol, "carols-cake")
    carol.get_by_label("No, I don’t confirm this").check()
    carol.get_by_label("If no, why?").select_option("other")
    carol.get_by_label("Your name").fill("Carol Baker")
    carol.wait_for_timeout(READING)
    carol.get_by_role("button", name="Send my answer").click()
    expect(carol.get_by_role("heading", level=1)).to_contain_text("You did not confirm")

    # Points arrive fourteen days after each event; the rank moves; she downloads her badge.
    call_command("advance", to=date(2026, 3, 24), verbosity=0)
    alice.goto("/")
    expect(alice.get_by_text("level 2 of 4")).to_be_visible()
    expect(alice.get_by_role("heading", name="Creator")).to_be_visible()
    alice.get_by_role("link", name="Get your badge").click()
    with alice.expect_download() as badge:
        alice.get_by_role("link", name="PNG 560 px").first.click()
    assert badge.value.path().read_bytes().startswith(b"\x89PNG")

    # Dana, with her second factor, puts the wrong decline right.
    dana = person(browser, live_server.url)
    put_right(dana, address="carols-cake.example")
    bob.reload()
    expect(bob.get_by_role("row", name=re.compile("carols-cake"))).to_contain_text("approved")

    # The claimed site renews in April: its points come with that, not before.
    assert Standing.objects.get(account=studio()).points == 1000
    call_command("advance", to=date(2026, 4, 29), verbosity=0)
    alice.goto("/")
    expect(alice.get_by_text("1,100").first).to_be_visible()


def put_right(page: Page, *, address: str) -> None:
    secret = generate_totp_secret()
    TOTP.activate(User.objects.get(email=DANA), secret)
    sign_in(page, DANA)
    counter = next(iter(yield_hotp_counters_from_time()))
    page.get_by_placeholder("Code").fill(format_hotp_value(hotp_value(secret, counter)))
    page.get_by_role("main").get_by_role("button", name="Sign In", exact=True).click()
    page.goto("/admin/claims/claim/")
    page.get_by_role("link", name=re.compile(address)).first.click()
    page.get_by_role("link", name="Reinstate").first.click()
    page.get_by_label("Why was the decline wrong?").fill("Carol called: the wrong one.")
    page.get_by_role("button", name="Reinstate").click()
    expect(page.get_by_text(re.compile("put right")).first).to_be_visible()
