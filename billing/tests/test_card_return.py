"""After adding a card one is back at what it was needed for, and nowhere else."""

import pytest
from django.test import Client

from portal.testing import builders as make

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("wanted", "lands"),
    [
        ("/a/{ref}/sites/abc/plan/", "/a/{ref}/sites/abc/plan/"),
        ("", "/a/{ref}/billing/"),
        ("https://elsewhere.example/", "/a/{ref}/billing/"),
        ("//elsewhere.example/", "/a/{ref}/billing/"),
        ("javascript:alert(1)", "/a/{ref}/billing/"),
    ],
)
def test_a_card_added_for_an_upgrade_leads_back_to_it(wanted, lands):
    studio = make.studio()
    alice = Client()
    alice.force_login(studio.memberships.get().user)
    next_page = wanted.format(ref=studio.ref)

    added = alice.post(f"/a/{studio.ref}/billing/cards/?next={next_page}", {"card": "sim_ok"})

    assert added["Location"] == lands.format(ref=studio.ref)
