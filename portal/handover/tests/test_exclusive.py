"""What only one running subscription may be for: an import brings the keys, and refuses doubles."""

from datetime import date

import pytest

from billing.models import Period, Subscription
from billing.rules import Kind
from billing.subjects import exclusive_key
from portal.handover.tests.folders import contents, imported, price, report, rows, subscription

pytestmark = pytest.mark.django_db

PRODUCTS = {
    "app": Kind.APP,
    "reviews": Kind.APP,
    "reach": Kind.MARKETING_SUITE,
    "studio": Kind.STUDIO_PLAN,
    "domain": Kind.DOMAIN,
    "mailbox": Kind.BUSINESS_EMAIL,
}
DOMAIN = {"product": "domain", "site": "", "label": "juniper.example"}
MAILBOX = {"product": "mailbox", "site": "", "label": "kim@juniper.example"}
STUDIO = {"product": "studio", "site": ""}


def handover(*subscriptions):
    sheets = rows()
    sheets["catalogue"] = [price(), *(price(code, kind.value) for code, kind in PRODUCTS.items())]
    sheets["subscriptions"] = list(subscriptions)
    return sheets


def told(outcome):
    return [(line, column, reason) for _, line, column, reason, _ in report(outcome)]


# --- Keys ----------------------------------------------------------------------------------------


def test_keys_are_those_a_purchase_would_have_made(tmp_path):
    sheets = handover(
        subscription("sub-1"),
        subscription("sub-2", product="app"),
        subscription("sub-3", product="reach"),
        subscription("sub-4", **STUDIO),
        subscription("sub-5", **DOMAIN),
        subscription("sub-6", **MAILBOX),
    )

    imported(tmp_path, sheets)

    kinds = set()
    for one in Subscription.objects.select_related("plan__product", "account", "site"):
        subject = one.site or one.label or None
        kinds.add(one.plan.product.kind)
        assert one.exclusive_key == exclusive_key(
            one.plan.product, account=one.account, subject=subject
        )
    assert kinds == set(Kind)


@pytest.mark.parametrize(
    ("like", "written", "kept"),
    [
        (DOMAIN, "https://www.Juniper.example/", "juniper.example"),
        (DOMAIN, "Müller.example", "xn--mller-kva.example"),
        (MAILBOX, "Kim@Juniper.Example", "Kim@juniper.example"),
    ],
)
def test_domains_and_mailboxes_are_kept_in_one_form(tmp_path, like, written, kept):
    imported(tmp_path, handover(subscription(**like | {"label": written})))

    assert Subscription.objects.get().label == kept


@pytest.mark.parametrize(
    "nothing",
    [
        DOMAIN | {"label": ""},
        DOMAIN | {"label": "the old one"},
        MAILBOX | {"label": "kim"},
        {"product": "app", "site": ""},
    ],
)
def test_what_is_for_nothing_that_can_be_bought_is_taken_over_without_a_key(tmp_path, nothing):
    outcome = imported(tmp_path, handover(subscription(**nothing)))

    assert outcome.is_complete
    made = Subscription.objects.get()
    assert (made.exclusive_key, made.label) == ("", nothing.get("label", ""))


# --- Doubles in the file -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("both", "column"),
    [
        ({}, "site"),
        ({"product": "app"}, "site"),
        ({"product": "reach"}, "site"),
        (STUDIO, "account"),
        (DOMAIN, "label"),
        (MAILBOX, "label"),
    ],
)
def test_a_second_one_for_the_same_is_told_with_its_line(tmp_path, both, column):
    second = subscription("sub-2", **both)
    if column == "label":
        second |= {"account": "acc-2", "label": both["label"].upper()}

    outcome = imported(tmp_path, handover(subscription("sub-1", **both), second))

    reason = "line 2 runs for the same already, and only one may"
    assert told(outcome) == [(3, column, reason)]
    assert not Subscription.objects.exists()


def test_a_third_one_is_told_too_and_each_names_the_first(tmp_path):
    outcome = imported(tmp_path, handover(*(subscription(f"sub-{n}") for n in (1, 2, 3))))

    assert [(line, reason[:6]) for line, _, reason in told(outcome)] == [
        (3, "line 2"),
        (4, "line 2"),
    ]


@pytest.mark.parametrize(
    "other",
    [
        {"site": "site-2"},
        {"product": "app"},
        {"state": "lapsed", "ended_on": "2026-03-10"},
        {"state": "cancelled", "ended_on": "2026-03-10"},
    ],
)
def test_for_something_else_or_over_it_is_no_second_one(tmp_path, other):
    outcome = imported(
        tmp_path, handover(subscription("sub-1", **other), subscription("sub-2", product="premium"))
    )

    assert outcome.is_complete
    assert Subscription.objects.count() == 2


def test_two_apps_of_a_site_are_two(tmp_path):
    apps = [subscription(f"sub-{code}", product=code) for code in ("app", "reviews")]

    assert imported(tmp_path, handover(*apps)).is_complete


def test_skipping_leaves_out_the_second_one_and_all_that_is_its(tmp_path):
    doubles = [subscription(f"sub-{n}", **DOMAIN) for n in (1, 2)]

    imported(tmp_path, handover(*doubles), skips_bad=True)

    assert Subscription.objects.get().platform_ref == "sub-1"
    assert set(Period.objects.values_list("subscription__platform_ref", flat=True)) == {"sub-1"}


def test_a_second_one_left_out_changes_nothing_of_what_the_portal_has_of_it(tmp_path):
    imported(
        tmp_path,
        handover(subscription("sub-1", **DOMAIN), subscription("sub-2", site="site-2")),
        as_of=date(2026, 1, 20),
    )
    before = Subscription.objects.get(platform_ref="sub-2")

    imported(
        tmp_path,
        handover(
            subscription("sub-1", site="site-2"),
            subscription("sub-2", site="site-2", state="cancelled"),
        ),
        skips_bad=True,
    )

    after = Subscription.objects.get(platform_ref="sub-2")
    assert (after.state, after.paid_through) == (before.state, before.paid_through)
    assert not after.cancellations.exists()


# --- Beside the portal ---------------------------------------------------------------------------


def test_what_the_portal_has_running_is_not_brought_a_second_time(tmp_path):
    imported(tmp_path, handover(subscription("sub-1", **DOMAIN)))

    outcome = imported(tmp_path, handover(subscription("sub-2", **DOMAIN | {"account": "acc-2"})))

    reason = "another subscription in the portal runs for the same, and only one may"
    assert told(outcome) == [(2, "label", reason)]


def test_one_that_ends_makes_way_for_another_wherever_the_two_stand(tmp_path):
    imported(tmp_path, handover(subscription("sub-1")))
    over = subscription("sub-1", state="lapsed", ended_on="2026-06-01")

    outcome = imported(tmp_path, handover(subscription("sub-2"), over))

    assert outcome.is_complete
    running = Subscription.objects.running().get()
    assert running.platform_ref == "sub-2"


def test_two_subscriptions_may_swap_what_they_are_for(tmp_path):
    names = ("juniper.example", "alder.example")
    pair = [subscription(f"sub-{name}", **DOMAIN | {"label": name}) for name in names]
    imported(tmp_path, handover(*pair))
    pair[0]["label"], pair[1]["label"] = pair[1]["label"], pair[0]["label"]

    outcome = imported(tmp_path, handover(*pair))

    assert outcome.is_complete
    keys = dict(Subscription.objects.values_list("platform_ref", "exclusive_key"))
    assert keys == {
        "sub-juniper.example": "domain:alder.example",
        "sub-alder.example": "domain:juniper.example",
    }


def test_one_left_out_keeps_the_key_another_line_counted_on(tmp_path):
    # The file gives the domain of sub-1 to sub-2, and to sub-1 the one that sub-3 keeps.
    names = {"sub-1": "juniper.example", "sub-3": "alder.example"}
    imported(
        tmp_path,
        handover(*(subscription(ref, **DOMAIN | {"label": name}) for ref, name in names.items())),
    )

    outcome = imported(
        tmp_path,
        handover(
            subscription("sub-1", **DOMAIN | {"label": "alder.example"}),
            subscription("sub-2", **DOMAIN),
        ),
        skips_bad=True,
    )

    assert [line for line, _, _ in told(outcome)] == [2, 3]
    assert dict(Subscription.objects.values_list("platform_ref", "label")) == names


def test_a_second_import_touches_no_key(tmp_path):
    sheets = handover(
        subscription("sub-1"),
        subscription("sub-2", **DOMAIN | {"label": "Müller.example"}),
        subscription("sub-3", **MAILBOX, state="lapsed", ended_on="2026-03-10"),
    )
    imported(tmp_path, sheets)
    before = contents()

    imported(tmp_path, sheets)

    assert contents() == before
