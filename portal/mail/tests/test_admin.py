"""Every mail can be read in the admin as it was sent."""

import pytest

from portal.mail.actions.queue import Draft, queue
from portal.mail.models import MailState, Message
from portal.staff.tests.populate import browser, sent, staff

pytestmark = pytest.mark.django_db


def queued(key: str = "test:1") -> Message:
    return queue(Draft(kind="claims/request", key=key, to="carol@client.example"))


def page_of(message: Message) -> str:
    response = browser(staff("support")).get(f"/admin/mail/message/{message.pk}/change/")
    return response.content.decode()


def test_a_sent_mail_is_shown_as_it_was_sent():
    message = queued()
    sent(message, html='<p class="x">Did Bramble & Finch work on your site?</p>')

    page = page_of(message)

    assert "carol@client.example" in page
    assert "Please confirm" in page
    assert "Did they?" in page
    assert "&lt;p class=&quot;x&quot;&gt;Did Bramble &amp; Finch work" in page


def test_the_mails_html_is_shut_in():
    message = queued()
    sent(message, html='<script>alert(1)</script>"><script>alert(2)</script>')

    page = page_of(message)

    assert 'sandbox=""' in page
    assert "<script>alert" not in page


def test_a_mail_still_to_be_written_says_so():
    assert "Not written yet" in page_of(queued())


def test_a_refused_mail_shows_the_servers_words_and_waits_in_a_queue():
    message = queued()
    message.state, message.last_error = MailState.FAILED, "550 no such user"
    message.save()

    assert "550 no such user" in page_of(message)
    index = browser(staff("support")).get("/admin/")
    counts = {str(queue.title): backlog.count for queue, _url, backlog in index.context["queues"]}
    assert counts["Mail that did not get out"] == 1
    url = next(url for queue, url, _count in index.context["queues"] if "Mail" in queue.title)
    assert [m.pk for m in browser(staff()).get(url).context["cl"].result_list] == [message.pk]


@pytest.mark.parametrize("typed", ["carol@client.example", "CAROL@client.example", "test:1"])
def test_mail_is_found_by_its_reader_and_its_cause(typed):
    message = queued()
    queue(Draft(kind="claims/request", key="other:2", to="other@client.example"))

    page = browser(staff()).get("/admin/mail/message/", {"q": typed})

    assert [found.pk for found in page.context["cl"].result_list] == [message.pk]
