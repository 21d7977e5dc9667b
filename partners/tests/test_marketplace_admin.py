"""Staff look at applications, decide on them, and take listings down and put them up again."""

import pytest

from partners.actions.marketplace.applications import withdraw_application
from partners.models import Application, ApplicationDecision, Listing
from partners.models.listings import RemovalReason
from partners.models.marketplace import ApplicationState
from partners.rules import STANDARDS
from portal.lib import clock
from portal.mail.models import Message
from portal.staff.tests.populate import browser, staff
from portal.testing import builders as make
from portal.testing.builders import TODAY, noon

pytestmark = pytest.mark.django_db

QUEUE = "/admin/partners/application/?state__exact=open"
ALL_MET = dict.fromkeys(STANDARDS, "on")
RUNS_IT = ["programme manager", "administrator"]
DOES_NOT = ["support", "finance"]


@pytest.fixture(autouse=True)
def _today():
    with clock.frozen(noon(TODAY)):
        yield


def page(kind: str, row: Application | Listing, decision: str) -> str:
    return f"/admin/partners/{kind}/{decision}/?row={row.pk}"


def own_page(kind: str, row: Application | Listing) -> str:
    return f"/admin/partners/{kind}/{row.pk}/change/"


def told(response) -> str:
    return " ".join(str(message) for message in response.context["messages"])


# --- Applications --------------------------------------------------------------------------------


def test_the_queue_has_those_that_wait_the_oldest_first_with_their_age():
    late = make.applied(account=make.account(name="Late", owner="Bob"), on=TODAY)
    old = make.applied(account=make.account(name="Old", owner="Charlie"), on=TODAY.replace(day=4))
    make.listed()

    shown = browser(staff("programme manager")).get(QUEUE)

    assert list(shown.context["cl"].result_list) == [old, late]
    assert "11 days" in shown.content.decode()
    assert "Applications for the marketplace" in shown.content.decode()


def test_the_start_page_says_how_many_wait():
    make.applied()

    queues = browser(staff("programme manager")).get("/admin/").context["queues"]

    assert ("Applications for the marketplace", 1) in [
        (str(q.title), n.count) for q, _url, n in queues
    ]


def test_the_page_of_an_application_shows_the_profile_as_it_is():
    application = make.applied(tagline="For <bakers>", website="https://studio.example")

    shown = browser(staff("programme manager")).get(own_page("application", application))

    text = shown.content.decode()
    assert "For &lt;bakers&gt;" in text
    assert 'href="https://studio.example" rel="nofollow noopener noreferrer"' in text
    assert "Approve" in text


def test_ticked_off_an_application_is_approved_and_listed():
    application, dana = make.applied(), staff("programme manager")

    response = browser(dana).post(
        page("application", application, "approval"), ALL_MET, follow=True
    )

    assert Listing.objects.get().listed_by == dana
    assert ApplicationDecision.objects.get().standards_met == list(STANDARDS)
    assert "is listed. The team is told." in told(response)


@pytest.mark.parametrize("left_out", STANDARDS)
def test_with_a_box_left_empty_nothing_is_approved_and_the_others_stay_ticked(left_out):
    application = make.applied()
    ticked = {key: "on" for key in STANDARDS if key != left_out}

    response = browser(staff()).post(page("application", application, "approval"), ticked)

    assert response.context["form"].errors.keys() == {left_out}
    assert response.content.decode().count("checked") >= len(ticked)
    assert not Listing.objects.exists()


def test_declined_with_a_reason_the_partner_is_told():
    application = make.applied()

    response = browser(staff()).post(
        page("application", application, "declining"),
        {"own": "on", "reason": "Your site is down."},
        follow=True,
    )

    application.refresh_from_db()
    assert application.state == ApplicationState.DECLINED
    assert application.decision.standards_met == ["own"]
    assert Message.objects.filter(kind="partners/not_listed").count() == 1
    assert "Your site is down." in response.content.decode()


@pytest.mark.parametrize("reason", ["", "   ", "x" * 601])
def test_without_a_fitting_reason_nothing_is_declined_and_what_was_typed_stays(reason):
    application = make.applied()

    response = browser(staff()).post(
        page("application", application, "declining"), {"own": "on", "reason": reason}
    )

    application.refresh_from_db()
    assert application.state == ApplicationState.OPEN
    assert reason in response.content.decode()


@pytest.mark.parametrize("decision", ["approval", "declining"])
def test_what_was_withdrawn_meanwhile_stays_as_it_is(decision):
    application = make.applied()
    withdraw_application(application, by=make.person(), at=clock.now())

    response = browser(staff()).post(
        page("application", application, decision), {**ALL_MET, "reason": "No."}, follow=True
    )

    assert "decided or withdrawn already" in told(response)
    assert not ApplicationDecision.objects.exists()


@pytest.mark.parametrize("decision", ["approval", "declining"])
def test_asking_decides_nothing(decision):
    application = make.applied()

    assert browser(staff()).get(page("application", application, decision)).status_code == 200

    assert not ApplicationDecision.objects.exists()


@pytest.mark.parametrize("decision", ["approval", "declining"])
@pytest.mark.parametrize(
    ("role", "status"), [(role, 302) for role in RUNS_IT] + [(role, 403) for role in DOES_NOT]
)
def test_who_runs_the_programme_decides_and_nobody_else(role, status, decision):
    application = make.applied()
    typed = {**ALL_MET, "reason": "No."}

    response = browser(staff(role)).post(page("application", application, decision), typed)

    assert response.status_code == status
    assert ApplicationDecision.objects.exists() == (status == 302)


def test_support_sees_applications_and_no_button():
    application = make.applied()

    shown = browser(staff("support")).get(own_page("application", application))

    assert shown.status_code == 200
    assert "approve-this" not in shown.content.decode()
    assert "approve_this" not in shown.content.decode()


# --- Listings ------------------------------------------------------------------------------------


def test_a_listing_is_removed_with_a_reason_and_a_note():
    listing, dana = make.listed(), staff("programme manager")

    response = browser(dana).post(
        page("listing", listing, "removal"),
        {"reason": RemovalReason.UNREACHABLE, "note": "Three complaints."},
        follow=True,
    )

    listing.refresh_from_db()
    assert (listing.removed_by, listing.removed_for, listing.removal_note) == (
        dana,
        RemovalReason.UNREACHABLE,
        "Three complaints.",
    )
    assert "is removed. The team is told." in told(response)
    assert listing.history.count() == 2


@pytest.mark.parametrize("typed", [{}, {"reason": ""}, {"reason": "rank"}, {"note": "Because"}])
def test_without_one_of_the_reasons_nothing_is_removed(typed):
    listing = make.listed()

    response = browser(staff()).post(page("listing", listing, "removal"), typed)

    assert response.status_code == 200
    assert response.context["form"].errors.keys() == {"reason"}
    assert Listing.objects.in_force().exists()


def test_what_was_removed_is_listed_again():
    listing, client = make.listed(), browser(staff())
    client.post(page("listing", listing, "removal"), {"reason": RemovalReason.LAW})

    again = client.post(page("listing", listing, "again"), {"why": "A mistake"}, follow=True)
    twice = client.post(page("listing", listing, "again"), {"why": "A mistake"}, follow=True)

    assert "is listed again" in told(again)
    assert "is listed already" in told(twice)
    assert Listing.objects.in_force().count() == 1


def test_who_has_applied_again_is_decided_on_instead():
    listing, client = make.listed(), browser(staff())
    client.post(page("listing", listing, "removal"), {"reason": RemovalReason.LAW})
    make.applied(account=listing.account)

    response = client.post(page("listing", listing, "again"), {"why": "A mistake"}, follow=True)

    assert "decide on the application instead" in told(response)
    assert not Listing.objects.in_force().exists()


@pytest.mark.parametrize("decision", ["removal", "again"])
@pytest.mark.parametrize(
    ("role", "status"), [(role, 200) for role in RUNS_IT] + [(role, 403) for role in DOES_NOT]
)
def test_who_runs_the_programme_removes_and_lists_and_nobody_else(role, status, decision):
    listing = make.listed()

    assert browser(staff(role)).get(page("listing", listing, decision)).status_code == status


def test_every_version_of_a_profile_can_be_read():
    profile = make.profile(account=make.studio(), tagline="Before")
    make.profile(account=profile.account, tagline="After")

    shown = browser(staff("support")).get(f"/admin/partners/profile/{profile.pk}/change/")

    assert "Before" in shown.content.decode()
    assert "After" in shown.content.decode()
