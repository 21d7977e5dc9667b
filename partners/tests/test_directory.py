"""The public directory and its pages: found by whoever looks, safe whatever was typed."""

import json
import re
import xml.etree.ElementTree as ET

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from partners.actions.marketplace.listings import remove_listing
from partners.directory import directory
from partners.models import Account
from partners.models.listings import RemovalReason
from partners.models.offers import Language, Region, Service
from partners.standings import rank_held, ranks_held
from portal.lib import clock
from portal.testing import builders as make
from portal.testing.builders import TODAY, noon

pytestmark = pytest.mark.django_db

ATTACK = '</script><script>alert(1)</script><img src=x onerror="alert(2)">&amp;\u2028'


@pytest.fixture(autouse=True)
def _today():
    with clock.frozen(TODAY):
        yield


def listed(name: str, **told) -> Account:
    account = make.account(name=name, owner=name)
    return make.listed(account=account, **told).account


def names(**chosen: str) -> list[str]:
    return [profile.name for profile in directory(on=TODAY, **chosen)]


def get(**query: str):
    return Client().get(reverse("partners:directory"), query)


def page_of(account: Account) -> str:
    return reverse("partners:partner", args=[account.ref])


def structured(page: str) -> dict:
    scripts = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    assert len(scripts) == 1
    return json.loads(scripts[0])


# --- Who is found --------------------------------------------------------------------------------


def test_only_who_is_listed_is_found():
    listed("Ash")
    make.applied(account=make.account(name="Birch", owner="Bob"))
    removed = listed("Cedar").listings.get()
    dana = make.person(name="Dana")
    remove_listing(removed, reason=RemovalReason.LAW, note="", by=dana, at=noon(TODAY))

    assert names() == ["Ash"]
    assert Client().get(page_of(removed.account)).status_code == 404


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("", ["Ash", "Birch"]),
        ("ash", ["Ash"]),
        ("bakers", ["Birch"]),
        ("BREAD sites", ["Birch"]),
        ("bread nothing", []),
        ("%", []),
        ("_", []),
        ("sites", ["Ash", "Birch"]),
    ],
)
def test_every_word_is_looked_for_in_name_sentence_and_text(words, found):
    listed("Ash")
    listed("Birch", tagline="For bakers", text="Sites that smell of bread")

    assert names(words=words) == found


def test_filters_narrow_by_what_is_offered_all_at_once():
    listed("Ash", services=[Service.SHOP], regions=[Region.AFRICA], languages=[Language.FRENCH])
    listed("Birch", services=[Service.SHOP], regions=[Region.ASIA], languages=[Language.FRENCH])

    assert names(service=Service.SHOP) == ["Ash", "Birch"]
    assert names(service=Service.SHOP, region=Region.ASIA) == ["Birch"]
    assert names(language=Language.FRENCH, region=Region.AFRICA) == ["Ash"]
    assert names(service=Service.BRAND) == []


def test_higher_ranks_come_first_then_names_by_the_alphabet():
    for name, level in (("birch", 3), ("Ash", 3), ("Willow", 4), ("Cedar", 3)):
        account = make.account(name=name, owner=name)
        make.rank_reached(account=account, level=level)
        make.listed(account=account)
    fallen = listed("Aspen")
    fallen.standings.all().delete()

    assert names() == ["Willow", "Ash", "birch", "Cedar", "Aspen"]


def test_the_level_it_is_ordered_by_is_the_rank_held():
    accounts = []
    for n, (last, this, final) in enumerate(
        [(5_000, 0, None), (0, 2_000, None), (1_000, 2_500, None), (4_999, 999, 4), (0, 0, None)]
    ):
        account = listed(f"Agency {n}")
        account.standings.all().delete()
        account.standings.create(programme_year_id=TODAY.year - 1, points=last, final_level=final)
        account.standings.create(programme_year_id=TODAY.year, points=this)
        accounts.append(account)

    levels = {profile.account_id: profile.level for profile in directory(on=TODAY)}
    ranks = ranks_held([account.pk for account in accounts], on=TODAY)

    for account in accounts:
        held = rank_held(account, on=TODAY)
        assert ranks[account.pk] == held
        assert levels[account.pk] == held.level


# --- The page of the directory -------------------------------------------------------------------


def test_a_page_has_twenty_five_and_the_next_the_rest():
    for n in range(26):
        listed(f"Agency {n:02}")

    first, second = get(), get(page="2")

    assert len(first.context["entries"]) == 25
    assert [profile.name for profile, _ in second.context["entries"]] == ["Agency 25"]
    listing = structured(second.content.decode())["itemListElement"]
    assert [(item["position"], item["name"]) for item in listing] == [(26, "Agency 25")]
    assert 'rel="canonical" href="http://localhost:8000/marketplace/?page=2"' in (
        second.content.decode()
    )


def test_a_search_is_the_directory_itself_to_search_engines():
    page = get(q="x", service="shop").content.decode()

    assert f'rel="canonical" href="{settings.SITE_URL}/marketplace/"' in page


def test_where_nobody_fits_the_page_says_so_and_what_to_do():
    listed("Ash")

    assert "Nobody fits all of that" in get(q="zzz").content.decode()
    assert "Nobody is listed yet" not in get(q="zzz").content.decode()


def test_before_anyone_is_listed_the_page_says_so():
    make.programme()

    assert "Nobody is listed yet" in get().content.decode()


@pytest.mark.parametrize(
    "query",
    [
        {"service": "nonsense"},
        {"page": "-1"},
        {"page": "x"},
        {"q": "x" * 5000},
        {"q": "\x00"},
        {"q": "a " * 50},
        {"q": "'; DROP TABLE"},
    ],
)
def test_whatever_is_asked_for_there_is_an_answer(query):
    listed("Ash")

    assert get(**query).status_code == 200


def test_what_was_chosen_stays_chosen():
    page = get(q="bread", service="shop").content.decode()

    assert 'value="bread"' in page
    assert re.search(r'<option value="shop"\s+selected', page)


def queries_of(path: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert Client().get(path).status_code == 200
    return len(asked)


def test_public_pages_take_as_many_queries_for_many_as_for_few():
    few = listed("Ash")
    paths = [reverse("partners:directory"), reverse("partners:sitemap"), page_of(few)]
    before = [queries_of(path) for path in paths]
    for n in range(24):
        make.quote_requested(account=listed(f"Agency {n}"), email=f"{n}@people.example")

    assert [queries_of(path) for path in paths] == before
    assert max(before) <= 6


# --- A partner's page ----------------------------------------------------------------------------


def test_a_partners_page_tells_what_it_does_and_which_rank_it_holds():
    account = listed("Ash", tagline="For bakers", services=[Service.SHOP])

    page = Client().get(page_of(account)).content.decode()

    for words in ("Ash", "For bakers", "Online shops", "English", "level 3 of 4", "Icon"):
        assert words in page
    assert f'rel="canonical" href="{settings.SITE_URL}{page_of(account)}"' in page
    assert '<meta name="description" content="For bakers">' in page


def test_its_address_stays_when_the_name_changes():
    account = listed("Ash")
    before = page_of(account)

    make.profile(account=account, name="Ash & Daughters")

    assert "Ash &amp; Daughters" in Client().get(before).content.decode()


def test_its_structured_data_says_the_same_to_machines():
    account = listed("Ash", tagline="For bakers", languages=[Language.FRENCH])

    told = structured(Client().get(page_of(account)).content.decode())

    assert told["@type"] == "Organization"
    assert (told["name"], told["slogan"]) == ("Ash", "For bakers")
    assert told["url"] == settings.SITE_URL + page_of(account)
    assert told["knowsLanguage"] == ["fr"]
    assert "logo" not in told


def test_nothing_typed_into_a_profile_runs_or_breaks_out():
    account = listed("Ash", tagline=ATTACK, text=ATTACK)
    make.profile(account=account, name=ATTACK[:80], tagline=ATTACK, text=ATTACK)

    for path in (page_of(account), reverse("partners:directory"), "/"):
        page = Client().get(path).content.decode()
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert 'onerror="' not in re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)
    told = structured(Client().get(page_of(account)).content.decode())
    assert told["description"] == ATTACK
    assert told["slogan"] == ATTACK
    listing = structured(get().content.decode())["itemListElement"]
    assert listing[0]["name"] == ATTACK[:80]


def test_the_sitemap_names_every_public_page_and_no_other():
    account = listed("Ash")
    make.applied(account=make.account(name="Birch", owner="Bob"))

    answer = Client().get(reverse("partners:sitemap"))

    assert answer["Content-Type"].startswith("application/xml")
    named = [node.text for node in ET.fromstring(answer.content).iter() if "loc" in node.tag]
    assert named == [
        f"{settings.SITE_URL}/marketplace/",
        f"{settings.SITE_URL}{page_of(account)}",
    ]


@pytest.mark.parametrize("path", ["/", "/people/login/"])
def test_public_pages_lead_to_the_directory(path):
    assert f'href="{reverse("partners:directory")}"' in Client().get(path).content.decode()


def test_public_pages_run_under_the_strict_policy():
    account = listed("Ash")

    for path in (reverse("partners:directory"), page_of(account)):
        answer = Client().get(path)
        assert "unsafe" not in answer["Content-Security-Policy"]
        assert "default-src 'self'" in answer["Content-Security-Policy"]
        assert not re.search(r'\s(?:style|on\w+)="', answer.content.decode())
