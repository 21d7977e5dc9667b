"""What clients and partners are told about claims, through the queue as it really goes out."""

from datetime import timedelta

import pytest
from django.conf import settings

from claims.actions.answer import Said, answer
from claims.actions.follow_up import follow_up_due, lapse_due
from claims.actions.reinstate import reinstate
from claims.links import find_request
from claims.models import ApprovalLink, Claim, DeclineReason, Verdict
from portal.lib import clock
from portal.mail.actions.hand_over import send_due
from portal.mail.letters import compose
from portal.mail.models import MailState, Message
from portal.testing import builders
from portal.testing.builders import TODAY, noon
from portal.tests.test_letters import links_in

pytestmark = pytest.mark.django_db


def deliver(kind: str, *, on=TODAY) -> Message:
    """Hand over all that is queued, and give the one mail of this kind."""
    with clock.frozen(on):
        send_due(at=noon(on))
    message = Message.objects.get(kind=kind)
    assert message.state == MailState.SENT, message.last_error
    return message


def approval_links(message: Message) -> set[str]:
    return {link for link in links_in(message.html) if "/approval/" in link}


def token_of(message: Message) -> str:
    [link] = approval_links(message)
    return link.rstrip("/").rpartition("/")[2]


@pytest.fixture
def claim() -> Claim:
    client = builders.bakery()
    return builders.claim_submitted(site=builders.site(account=client, address="bakery.example"))


# --- To the client -------------------------------------------------------------------------------


def test_request_says_who_asks_for_which_site_and_what_a_yes_means(claim):
    message = deliver("claims/request")

    assert message.to == "carol@bakery.example"
    assert message.subject == "Did Studio work on bakery.example?"
    for words in (message.text, message.html):
        assert "Alice of Studio" in words
        assert "costs you nothing" in words
        assert "nobody access" in words
        assert "who owns the site" in words
        assert settings.SUPPORT_EMAIL in words


def test_request_says_when_it_is_followed_up_and_when_it_lapses(claim):
    message = deliver("claims/request")

    assert "remind you once, on June 22, 2026" in " ".join(message.text.split())
    assert "lapses on July 15, 2026" in " ".join(message.text.split())


def test_request_has_one_link_and_it_finds_the_claim(claim):
    message = deliver("claims/request")

    assert find_request(token_of(message)) == claim.request
    assert ApprovalLink.objects.get().mail == message


def test_token_is_nowhere_but_in_the_mail(claim):
    message = deliver("claims/request")

    token = token_of(message)
    assert token not in str(message.arguments)
    assert ApprovalLink.objects.get().token_hash != token


def test_token_is_not_kept_outside_rehearsal(claim, settings):
    settings.REHEARSAL = False

    message = deliver("claims/request")

    assert not approval_links(message)
    assert "/approval/" not in message.text
    assert ApprovalLink.objects.count() == 1


def test_follow_up_has_a_link_of_its_own_to_the_same_request(claim):
    first = deliver("claims/request")
    week_later = TODAY + timedelta(days=7)
    with clock.frozen(week_later):
        follow_up_due(on=week_later)

    second = deliver("claims/follow_up", on=week_later)

    assert "only reminder" in second.text
    assert token_of(first) != token_of(second)
    assert find_request(token_of(second)) == find_request(token_of(first))


def test_follow_up_and_receipt_stand_under_the_request_in_the_clients_mailbox(claim, mail_server):
    request, week_later = deliver("claims/request"), TODAY + timedelta(days=7)
    with clock.frozen(week_later):
        follow_up_due(on=week_later)
    deliver("claims/follow_up", on=week_later)
    builders.answered(claim=claim, on=week_later)

    deliver("claims/answer_receipt", on=week_later)

    first, *later = mail_server.accepted_by(claim.request.sent_to)
    assert (first["Message-ID"], first["In-Reply-To"]) == (request.message_id, None)
    assert [mail["In-Reply-To"] for mail in later] == [request.message_id] * 2
    assert [mail["References"] for mail in later] == [request.message_id] * 2
    assert len({mail["Message-ID"] for mail in [first, *later]}) == 3


def test_a_request_sent_to_another_address_than_the_one_on_record_does_not_say_it_is():
    claim = builders.claim_unreached()
    builders.address_corrected(claim=claim)

    with clock.frozen(TODAY):
        send_due(at=noon(TODAY))

    asked_again = Message.objects.get(kind="claims/request", to="carol@home.example")
    assert "the address at which we reach" in " ".join(asked_again.text.split())
    assert "on record" not in asked_again.text


def test_request_and_follow_up_say_which_rank_asks(claim):
    assert "(rank: Pioneer)" in " ".join(deliver("claims/request").text.split())


def test_receipt_of_a_yes_says_who_answered_and_until_when_it_can_change(claim):
    builders.answered(claim=claim, name="Carol Crumb")

    receipt = deliver("claims/answer_receipt")

    text = " ".join(receipt.text.split())
    assert receipt.to == "carol@bakery.example"
    assert receipt.subject.endswith("yes")
    assert "Carol Crumb answered for Bakery: yes, Studio worked on bakery.example" in text
    assert "until June 29, 2026" in text
    assert find_request(token_of(receipt)) == claim.request


def test_time_to_change_is_counted_from_the_first_answer(claim):
    builders.answered(claim=claim, verdict=Verdict.DECLINE)
    deliver("claims/answer_receipt")
    builders.answered(claim=claim, on=TODAY + timedelta(days=3))

    with clock.frozen(TODAY + timedelta(days=3)):
        send_due(at=noon(TODAY + timedelta(days=3)))

    changed = Message.objects.filter(kind="claims/answer_receipt").latest("id")
    assert "takes the place of the answer" in changed.text
    assert "until June 29, 2026" in " ".join(changed.text.split())


def test_correction_by_staff_is_told_to_both_with_the_reason(claim):
    builders.answered(claim=claim, verdict=Verdict.DECLINE)
    with clock.frozen(TODAY):
        reinstate(
            claim, by=builders.person(name="Dana"), reason="A slip, says Carol", at=noon(TODAY)
        )

    to_client = deliver("claims/reinstated_client")
    to_partner = Message.objects.get(kind="claims/reinstated_partner")

    assert to_client.to == "carol@bakery.example"
    assert to_partner.to == "alice@studio.example"
    assert "A slip, says Carol" in to_client.text
    assert "A slip, says Carol" in to_partner.text
    assert not approval_links(to_client)


# --- To the partner ------------------------------------------------------------------------------


def test_partner_is_told_of_a_yes_and_what_follows(claim):
    builders.answered(claim=claim)

    answered = deliver("claims/answered")

    assert answered.to == "alice@studio.example"
    assert answered.subject == "bakery.example: your claim was approved"
    assert f"/a/{claim.account.ref}/claims/" in answered.text
    assert not approval_links(answered)


def test_partner_is_told_of_a_no_with_its_reason_and_the_way_out(claim):
    builders.answered(claim=claim, verdict=Verdict.DECLINE)

    answered = deliver("claims/answered")

    text = " ".join(answered.text.split())
    assert "your claim was declined" in answered.subject
    assert str(DeclineReason.UNKNOWN_PARTNER.label) in text
    assert "until June 29, 2026" in text
    assert "Carol" not in text


def test_partner_is_not_told_of_a_report_of_abuse(claim):
    said = Said(verdict=Verdict.DECLINE, name="Carol", reason=DeclineReason.ABUSE, comment="Spam!")
    with clock.frozen(TODAY):
        answer(claim.request, said, at=noon(TODAY))

    answered = deliver("claims/answered")
    receipt = Message.objects.get(kind="claims/answer_receipt")

    assert "abuse" not in answered.text
    assert "Spam!" not in answered.text
    assert "abuse" in receipt.text


def test_partner_is_told_when_nobody_answered(claim):
    deliver("claims/request")
    last = TODAY + timedelta(days=30)
    with clock.frozen(last):
        lapse_due(at=noon(last))

    lapsed = deliver("claims/lapsed", on=last)

    assert lapsed.to == "alice@studio.example"
    assert "lapsed on July 15, 2026" in " ".join(lapsed.text.split())


# --- All -----------------------------------------------------------------------------------------


def test_long_names_leave_subjects_short():
    client = builders.account(name="B" * 150, owner="Carol")
    site = builders.site(account=client, address="b" * 60 + ".example/" + "c" * 60)
    studio = builders.account(name="S" * 150)
    made = builders.claim_submitted(account=studio, site=site)
    request = deliver("claims/request")
    builders.answered(claim=made)
    receipt = deliver("claims/answer_receipt")

    assert len(request.subject) <= 78
    assert len(receipt.subject) <= 78


def test_names_cannot_carry_html(claim):
    claim.account.name = "<b>Bold</b> & Co"
    claim.account.save()

    message = deliver("claims/request")

    assert "<b>Bold</b> & Co" in message.text
    assert "<b>Bold" not in message.html
    assert message.subject.startswith("Did <b>Bold</b> & Co work")


@pytest.mark.parametrize(
    ("kind", "queries"),
    [("claims/request", 3), ("claims/answer_receipt", 3), ("claims/answered", 7)],
)
def test_letters_read_little(claim, kind, queries, django_assert_max_num_queries):
    builders.answered(claim=claim)
    message = Message.objects.get(kind=kind)

    with django_assert_max_num_queries(queries):
        compose(message)
