"""Questions on lines of the ledger: asked, answered, asked again, and never edited."""

from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from partners.actions.questions import answer, ask
from partners.errors import AlreadyAnsweredError, StillOpenError, TooManyQuestionsError
from partners.lines import SHOWN_WITH, how_it_came_about
from partners.models import (
    Account,
    Activity,
    AdjustmentRequest,
    LineAnswer,
    LineQuestion,
    PointsEntry,
)
from partners.models.points import VoidReason
from partners.queries import ledger, questions
from partners.roles import Role
from partners.rules import QUESTION_LENGTH, QUESTIONS_A_DAY
from portal.lib import clock
from portal.mail.actions.hand_over import send_due
from portal.mail.models import Message
from portal.staff.tests.populate import browser, staff
from portal.testing import builders as make
from portal.testing.assertions import NEVER_CHANGES, delete_row, insert_like, refused, set_columns
from portal.testing.builders import TODAY, noon
from portal.testing.races import at_once

pytestmark = pytest.mark.django_db

EARNED_ON = TODAY - timedelta(days=20)
LATER = TODAY + timedelta(days=1)


@pytest.fixture(autouse=True)
def _today():
    with clock.frozen(TODAY):
        yield


@pytest.fixture
def studio() -> Account:
    return make.enrolled()


@pytest.fixture
def line(studio) -> PointsEntry:
    """A renewal's points, landed on 9 June."""
    return make.credited(site=make.site(account=studio, address="shop.example"), on=EARNED_ON)


def page_of(line: PointsEntry) -> str:
    return reverse("partners:line_question", args=[line.account.ref, line.pk])


def signed_in(name: str = "Alice") -> Client:
    client = Client()
    client.force_login(make.person(name=name))
    return client


def facts(line: PointsEntry) -> dict[str, str]:
    return dict(how_it_came_about(PointsEntry.objects.select_related(*SHOWN_WITH).get(pk=line.pk)))


# --- How a line came about -----------------------------------------------------------------------


def test_a_credit_is_explained_by_event_rule_and_dates(line) -> None:
    assert facts(line) == {
        "What happened": "Its premium plan was renewed; the period began on May 26, 2026",
        "Paid on": "May 26, 2026",
        "You were": "the owner of the site when the money arrived",
        "Worth": "100 points for a site of your own in 2026",
        "Waiting period": "14 days from the event",
        "You joined on": "Jan. 2, 2026",
        "In the ledger since": "June 9, 2026",
    }


def test_a_contributors_credit_names_the_approval(studio) -> None:
    site = make.clients_site()
    make.approved(account=studio, site=site, on=EARNED_ON)
    make.credited(site=site, on=EARNED_ON)

    told = facts(studio.entries.get())

    assert told["You were"] == "a contributor, approved by the client on May 26, 2026"


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (VoidReason.REFUND, "What was paid for May 26, 2026 was refunded"),
        (VoidReason.CHARGEBACK, "The bank took back what was paid for May 26, 2026"),
    ],
)
def test_a_reversal_names_what_it_takes_back_and_why(line, reason, words) -> None:
    make.refunded(entry=line, reason=reason)

    told = facts(PointsEntry.objects.get(reverses=line))

    assert told["Takes back"] == "+100 points, in the ledger since June 9, 2026"
    assert told["Why"] == words


def test_an_adjustment_is_explained_by_its_reason_and_note(studio) -> None:
    told = facts(make.adjusted(account=studio).entry)

    assert told == {
        "Why": "Adjusted by us – a mistake of ours: A renewal was not recorded.",
        "In the ledger since": "June 15, 2026",
    }


# --- Asking --------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", Role)
def test_whoever_sees_the_ledger_may_question_a_line(studio, line, role) -> None:
    make.member(account=studio, name="Bob", role=role)

    signed_in("Bob").post(page_of(line), {"text": "Why so many?"})

    asked = LineQuestion.objects.get()
    assert (asked.entry, asked.asked_by.name, asked.text) == (line, "Bob", "Why so many?")
    assert Activity.objects.get(kind="line_questioned").by == asked.asked_by


def test_a_stranger_and_a_removed_member_find_no_line(studio, line) -> None:
    make.account(name="Other", owner="Charlie")
    make.member(account=studio, name="Bob").delete()

    for name in ("Charlie", "Bob"):
        assert signed_in(name).get(page_of(line)).status_code == 404
        assert signed_in(name).post(page_of(line), {"text": "Why?"}).status_code == 404

    assert not LineQuestion.objects.exists()


def test_a_line_of_another_account_is_not_found_under_ones_own(line) -> None:
    other = make.account(name="Other", owner="Charlie")
    address = reverse("partners:line_question", args=[other.ref, line.pk])

    assert signed_in("Charlie").get(address).status_code == 404


@pytest.mark.parametrize("text", ["", "   ", "x" * (QUESTION_LENGTH + 1)])
def test_a_question_says_something_and_no_novel(line, text) -> None:
    page = signed_in().post(page_of(line), {"text": text})

    assert page.context["form"].errors
    assert not LineQuestion.objects.exists()


def test_looking_at_a_line_asks_nothing(line) -> None:
    page = signed_in().get(page_of(line)).content.decode()

    assert "Question this line" in page
    assert not LineQuestion.objects.exists()


def test_a_line_has_one_open_question(line) -> None:
    make.questioned(line=line)

    with pytest.raises(StillOpenError):
        make.questioned(line=line)
    page = signed_in().post(page_of(line), {"text": "And why?"}, follow=True).content.decode()

    assert "looked into already" in page
    assert "<textarea" not in page
    assert LineQuestion.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_who_ask_at_once_ask_once() -> None:
    line = make.credited(on=EARNED_ON)
    alice = make.person(name="Alice")

    def once() -> LineQuestion:
        return ask(line, text="Why?", by=alice, at=noon(TODAY))

    outcomes = at_once(once, once)

    assert sorted(type(outcome).__name__ for outcome in outcomes) == [
        "LineQuestion",
        "StillOpenError",
    ]


def test_after_an_answer_one_may_ask_again(line) -> None:
    make.replied(question=make.questioned(line=line))

    again = make.questioned(line=line)

    assert list(line.questions.open()) == [again]
    assert line.questions.count() == 2


def test_an_account_asks_so_much_a_day_and_goes_on_the_next(studio) -> None:
    lines = [make.adjusted(account=studio).entry for _ in range(QUESTIONS_A_DAY + 1)]
    for line in lines[:-1]:
        make.questioned(line=line)

    with pytest.raises(TooManyQuestionsError):
        make.questioned(line=lines[-1])
    page = signed_in().post(page_of(lines[-1]), {"text": "Why?"})
    make.questioned(line=lines[-1], on=LATER)

    assert "enough questions for a day" in page.content.decode()
    assert LineQuestion.objects.count() == QUESTIONS_A_DAY + 1


# --- The answer ----------------------------------------------------------------------------------


def mail() -> Message:
    send_due(at=noon(TODAY))
    return Message.objects.get(kind="partners/question_answered")


def test_whoever_asked_reads_the_answer_by_mail_and_on_the_page(line) -> None:
    make.replied(question=make.questioned(line=line))

    page = signed_in().get(page_of(line)).content.decode()

    assert mail().to == make.person(name="Alice").email
    for words in ("Why so many?", "The site renewed."):
        assert words in mail().text
        assert words in page
    assert "Ask again" in page


def test_whoever_has_left_meanwhile_is_not_written_to(studio, line) -> None:
    seat = make.member(account=studio, name="Bob")
    asked = make.questioned(line=line, name="Bob")
    seat.delete()

    make.replied(question=asked)

    assert mail().to == studio.email


def test_a_question_is_answered_once(line) -> None:
    asked = make.questioned(line=line)
    make.replied(question=asked)

    with pytest.raises(AlreadyAnsweredError):
        make.replied(question=asked)

    assert LineAnswer.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_who_answer_at_once_answer_once() -> None:
    asked = make.questioned(line=make.credited(on=EARNED_ON))
    dana = make.person(name="Dana")

    def once() -> LineAnswer:
        return answer(asked, text="Since.", by=dana, at=noon(TODAY))

    outcomes = at_once(once, once)

    assert sorted(type(outcome).__name__ for outcome in outcomes) == [
        "AlreadyAnsweredError",
        "LineAnswer",
    ]
    assert Message.objects.filter(kind="partners/question_answered").count() == 1


# --- In the lists --------------------------------------------------------------------------------


def test_the_ledger_marks_what_was_questioned(studio) -> None:
    plain, waiting, settled, again = (make.adjusted(account=studio).entry for _ in range(4))
    make.questioned(line=waiting)
    for line in (settled, again):
        make.replied(question=make.questioned(line=line))
    make.questioned(line=again)

    states = {line.pk: line.question_state for line in ledger(studio)}  # type: ignore[attr-defined]

    assert states == {plain.pk: "", waiting.pk: "open", settled.pk: "answered", again.pk: "open"}
    page = signed_in().get(reverse("partners:points", args=[studio.ref])).content.decode()
    assert (page.count("question open"), page.count("question answered")) == (2, 1)


def test_the_list_of_questions_has_the_open_ones_first_and_no_other_accounts(studio, line) -> None:
    settled = make.questioned(line=line)
    make.replied(question=settled)
    waiting = make.questioned(line=make.adjusted(account=studio).entry)
    other = make.enrolled(account=make.account(name="Other", owner="Charlie"))
    make.questioned(line=make.adjusted(account=other).entry)

    page = signed_in().get(reverse("partners:questions", args=[studio.ref]))

    assert list(page.context["questions"]) == [waiting, settled]
    assert list(questions(studio)) == [waiting, settled]


# --- The database --------------------------------------------------------------------------------


def test_the_database_has_one_open_question_a_line(line) -> None:
    asked = make.questioned(line=line)

    with refused("a line has one open question"):
        insert_like(asked)
    make.replied(question=asked)

    assert insert_like(asked) == 1


def test_the_database_keeps_questions_and_answers_as_they_were(line) -> None:
    asked = make.questioned(line=line)
    told = make.replied(question=asked)

    for row in (asked, told):
        with refused(NEVER_CHANGES):
            set_columns(row, text="Something else")
        with refused(NEVER_CHANGES):
            delete_row(row)
    with refused("question_id"):
        insert_like(told)


def test_the_database_wants_words(line) -> None:
    asked = make.questioned(line=line)
    told = make.replied(question=asked)
    again = make.questioned(line=line)

    with refused("line_answer_says"):
        insert_like(told, question_id=again.pk, text="")
    make.replied(question=again)
    with refused("line_question_asks"):
        insert_like(asked, text="")


# --- In the admin --------------------------------------------------------------------------------


def test_the_queue_has_the_oldest_question_first_with_its_age(studio, line) -> None:
    old = make.questioned(line=line, on=date(2026, 6, 10))
    new = make.questioned(line=make.adjusted(account=studio).entry)
    make.replied(question=make.questioned(line=make.adjusted(account=studio).entry))

    page = browser(staff()).get("/admin/partners/linequestion/?answer=open")

    assert list(page.context["cl"].result_list) == [old, new]
    assert "5\xa0days" in page.content.decode()


def test_staff_answer_in_the_admin_once(line) -> None:
    asked = make.questioned(line=line)
    support = browser(staff("support"))
    address = f"/admin/partners/linequestion/answer/?row={asked.pk}"

    support.post(address, {"text": "Since it renewed."})
    again = support.post(address, {"text": "Once more."}, follow=True)

    assert asked.answer.text == "Since it renewed."
    assert "answered it meanwhile" in again.content.decode()


@pytest.mark.parametrize(
    ("role", "status"),
    [("support", 200), ("programme manager", 200), ("administrator", 200), ("finance", 403)],
)
def test_support_programme_managers_and_administrators_answer(line, role, status) -> None:
    asked = make.questioned(line=line)

    page = browser(staff(role)).get(f"/admin/partners/linequestion/answer/?row={asked.pk}")

    assert page.status_code == status


def test_an_adjustment_may_follow_from_a_question(studio, line) -> None:
    asked = make.questioned(line=line)
    dana = browser(staff())

    form = dana.get(f"/admin/partners/linequestion/{asked.pk}/adjust", follow=True)
    page = form.redirect_chain[-1][0]
    sent = {"points": 50, "year": 2026, "reason": "missing", "note": "Yes", "ref": "f0rm"}
    sent["question"] = asked.pk
    shown = dana.post(page, sent)
    dana.post(page, sent | {"seen": shown.context["adjusted"].seen})

    assert "About your question on the line of June 9, 2026." in form.content.decode()
    assert AdjustmentRequest.objects.get().question == asked
    assert "f0rm" in AdjustmentRequest.objects.get().ref
    assert studio.entries.filter(kind="adjustment").get().points == 50


def test_another_accounts_question_is_not_taken_along(studio, line) -> None:
    asked = make.questioned(line=line)
    other = make.enrolled(account=make.account(name="Other", owner="Charlie"))

    page = browser(staff()).get(
        f"/admin/partners/account/{other.pk}/adjustment/?question={asked.pk}"
    )

    assert "question" not in page.context["form"].initial
