"""Approval links: long, random, in one mail, and known here by their hash only."""

import re

import pytest

from claims.links import find_request, hash_of, new_link
from claims.models import ApprovalLink
from portal.testing import builders as make

pytestmark = pytest.mark.django_db


def token_in(link: str) -> str:
    found = re.search(r"[\w-]{43}", link)  # 256 bits, six to a character
    assert found
    return found[0]


def test_a_link_leads_to_its_request_on_the_address_in_the_settings(settings) -> None:
    settings.SITE_URL = "https://partners.example"
    request = make.claim_submitted().request

    link = new_link(request, mail=request.mail)

    assert link.startswith("https://partners.example/")
    assert find_request(token_in(link)) == request


def test_only_the_hash_of_a_token_is_kept() -> None:
    request = make.claim_submitted().request

    token = token_in(new_link(request, mail=request.mail))

    kept = ApprovalLink.objects.values().get()
    assert kept["token_hash"] == hash_of(token)
    assert token not in str(kept)


def test_every_mail_has_a_link_of_its_own_and_all_of_them_lead_there() -> None:
    request = make.claim_submitted().request

    tokens = {token_in(new_link(request, mail=request.mail)) for _ in range(5)}

    assert len(tokens) == 5
    assert {find_request(token) for token in tokens} == {request}


@pytest.mark.parametrize("token", ["", "nonsense", "a" * 43])
def test_what_is_no_link_of_ours_leads_nowhere(token) -> None:
    make.claim_submitted()

    assert find_request(token) is None


def test_the_hash_itself_opens_nothing() -> None:
    request = make.claim_submitted().request
    new_link(request, mail=request.mail)

    assert find_request(ApprovalLink.objects.get().token_hash) is None
