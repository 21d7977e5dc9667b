"""The client's page in Chromium: a robot that presses everything, and a person who answers."""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from claims.links import new_link
from claims.models import Claim, ClaimState
from claims.rules import LEAST_TIME_TO_ANSWER
from portal.testing import builders as make
from portal.testing.snapshot import changed, snapshot

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.xdist_group("browser"),
]

WCAG = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
READING = LEAST_TIME_TO_ANSWER.total_seconds() * 1000 + 200


@pytest.fixture
def claim(live_server, settings) -> Claim:
    settings.SITE_URL = live_server.url
    return make.claim_submitted()


@pytest.fixture
def link(claim) -> str:
    return str(new_link(claim.request, mail=claim.request.mail))


def opened(browser: Browser, link: str, **options) -> Page:
    page = browser.new_context(locale="en-US", **options).new_page()
    page.goto(link)
    return page


# --- A robot -------------------------------------------------------------------------------------


@pytest.mark.parametrize("scripts", [True, False])
@pytest.mark.parametrize("is_answered", [True, False])
def test_a_robot_that_follows_and_presses_everything_changes_nothing(
    browser, claim, link, scripts, is_answered
):
    if is_answered:
        make.answered(claim=claim)
    before = snapshot()
    robot = opened(browser, link, java_script_enabled=scripts)
    start = robot.url
    robot.wait_for_timeout(READING)

    links = [one.get_attribute("href") for one in robot.locator("a").all()]
    for n in range(len([href for href in links if not href.startswith("mailto:")])):
        robot.goto(start)
        robot.locator("a:not([href^='mailto:'])").nth(n).press("Enter")
    for page in (start, f"{start}?change"):
        robot.goto(page)
        _press_everything(robot, page)

    assert links
    assert changed(before) == []


def _press_everything(robot: Page, page: str) -> None:
    """Each button as the page stands, and with each choice made; nothing is typed."""
    choices = robot.locator("input[type=radio]").count()
    for n in range(choices):
        robot.locator("input[type=radio]").nth(n).check()
        robot.locator("select").select_option(index=n + 1)
        robot.locator("button").first.click()
        robot.goto(page)
    for n in range(robot.locator("button").count()):
        robot.locator("button").nth(n).click()
        robot.goto(page)


# --- A person ------------------------------------------------------------------------------------


@pytest.mark.parametrize("scripts", [True, False])
def test_a_person_answers_with_and_without_scripts(browser, claim, link, scripts):
    carol = opened(
        browser,
        link,
        java_script_enabled=scripts,
        viewport={"width": 360, "height": 740},
    )
    carol.wait_for_timeout(READING)
    carol.get_by_label("Yes, they worked on this site").check()
    carol.get_by_role("button", name="Send my answer").click()
    expect(carol.get_by_role("alert")).to_contain_text("Your name")
    carol.get_by_label("Your name").fill("Carol Baker")
    carol.get_by_role("button", name="Send my answer").click()

    expect(carol.get_by_role("heading", level=1)).to_contain_text("You confirmed")
    claim.refresh_from_db()
    assert claim.state == ClaimState.APPROVED


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_keeps_to_wcag_and_to_a_narrow_screen(browser, claim, link, scheme):
    page = opened(browser, link, color_scheme=scheme, viewport={"width": 360, "height": 740})

    _assert_accessible(page)
    page.get_by_role("button", name="Send my answer").click()
    _assert_accessible(page)
    make.answered(claim=claim)
    page.goto(page.url)
    _assert_accessible(page)
    page.goto(f"{link[:-5]}/")
    _assert_accessible(page)


def _assert_accessible(page: Page) -> None:
    found = Axe().run(page, options=WCAG)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


# --- The way out ---------------------------------------------------------------------------------


def test_no_page_that_is_visited_next_learns_the_token(browser, claim, link):
    referrers: list[str | None] = []

    class Elsewhere(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            referrers.append(self.headers.get("Referer"))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    elsewhere = HTTPServer(("127.0.0.1", 0), Elsewhere)
    threading.Thread(target=elsewhere.serve_forever, daemon=True).start()
    page = opened(browser, link)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.headers.get("referer", "")))

    page.get_by_role("link", name="Find a partner").click()
    page.go_back()
    page.evaluate(
        """address => {
            const link = document.createElement("a");
            link.href = address;
            document.body.append(link);
            link.click();
        }""",
        f"http://127.0.0.1:{elsewhere.server_port}/",
    )
    page.wait_for_url(f"http://127.0.0.1:{elsewhere.server_port}/")
    elsewhere.shutdown()
    elsewhere.server_close()

    assert referrers[0] is None
    assert not any(link.rstrip("/").rpartition("/")[2] in told for told in asked)
