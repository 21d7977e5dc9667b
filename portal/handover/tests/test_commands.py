"""What the commands say, and how they end."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from billing.models import Subscription
from claims.models import Claim, ClaimState
from partners.models import Account, Enrolment, Membership, Site, Standing
from portal.handover.tests.folders import TODAY, contents, rows, write
from portal.lib import clock
from portal.mail.models import Message
from portal.models import User
from portal.testing import cast, demo

pytestmark = pytest.mark.django_db


def run(*arguments, **options):
    out = StringIO()
    call_command(*arguments, stdout=out, **options)
    return out.getvalue()


def test_import_ends_with_a_table(tmp_path):
    told = run("import_data", str(write(tmp_path, rows())))

    lines = {line.split()[0]: line.split() for line in told.splitlines()}
    assert lines["accounts.csv"][1:] == ["2", "0", "accounts", "2", "0", "0", "0"]
    assert "Bad rows" not in told


def test_import_with_bad_rows_fails_and_says_where_they_are(tmp_path):
    sheets = rows()
    sheets["accounts"][0]["country"] = "Oz"
    out = StringIO()

    with pytest.raises(CommandError, match="not written"):
        call_command("import_data", str(write(tmp_path, sheets)), stdout=out)

    assert f"Bad rows: 1, listed in {tmp_path / 'import-report.csv'}" in out.getvalue()
    assert "accounts.csv" in out.getvalue()
    assert "it waits for another file" in out.getvalue()


def test_report_can_be_put_elsewhere_and_is_not_read_as_a_file(tmp_path):
    sheets = rows()
    sheets["sites"].append({"id": "site-9", "account": "acc-9", "address": "nine.example"})
    folder = tmp_path / "in"
    folder.mkdir()
    write(folder, sheets)
    (folder / "notes.csv").write_text("a,b\n", encoding="utf-8")

    told = run("import_data", str(folder), "--skip-bad", "--report", str(tmp_path / "bad-rows.csv"))

    assert "notes.csv is not a file of a handover" in told
    assert (tmp_path / "bad-rows.csv").read_text("utf-8-sig").count("\n") == 2
    assert not (folder / "import-report.csv").exists()
    assert Site.objects.count() == 3


def test_dry_run_says_so(tmp_path):
    before = contents()

    told = run("import_data", str(write(tmp_path, rows())), "--dry-run")

    assert told.endswith("Dry run: nothing was written.\n")
    assert contents() == before


@pytest.mark.parametrize("arguments", [["/nowhere"], ["--as-of", f"{TODAY + timedelta(days=1)}"]])
def test_import_refuses_what_makes_no_sense(tmp_path, arguments):
    folder = [] if "/nowhere" in arguments else [str(write(tmp_path, rows()))]

    with pytest.raises(CommandError):
        call_command("import_data", *folder, *arguments)


def test_sample_says_how_much_it_wrote(tmp_path):
    told = run("make_sample", str(tmp_path / "new"), accounts=5, seed=1)

    assert "accounts.csv" in told
    assert (tmp_path / "new" / "periods.csv").exists()


def test_report_that_cannot_be_written_is_told_before_the_work(tmp_path):
    folder = str(write(tmp_path, rows()))

    with pytest.raises(CommandError, match="No such file"):
        call_command("import_data", folder, "--report", str(tmp_path / "no" / "such.csv"))

    assert not Account.objects.exists()


# --- The demo ------------------------------------------------------------------------------------


def account(company):
    return Account.objects.get(platform_ref=company.ref)


def test_demo_has_the_cast_where_their_stories_begin():
    told = run("seed_demo")

    assert "is there" in told
    with_a_password = {user.email for user in User.objects.all() if user.has_usable_password()}
    assert with_a_password == {one[1] for one in cast.DEMO_SIGN_INS}
    alder, lantern = account(cast.ALDER), account(cast.LANTERN)
    assert Site.objects.filter(account=alder).count() == 30
    assert not Enrolment.objects.filter(account=alder).exists()
    assert Standing.objects.get(account=lantern).points >= 2_000
    roles = Membership.objects.filter(account=alder).values_list("user__name", "role")
    assert set(roles) == {("Alice Alder", "owner"), ("Bob Ash", "member")}
    assert set(Claim.objects.values_list("account", "state")) == {
        (lantern.pk, state) for state in ClaimState.values
    }
    asked = Message.objects.filter(kind="claims/request").values_list("to", flat=True)
    assert set(asked) == {cast.BAKERY.email}
    assert Subscription.objects.due(clock.today()).exists()


def test_demo_is_made_once():
    run("seed_demo")
    before = contents()

    assert run("seed_demo") == "The demo is there already.\n"
    assert contents() == before


def test_production_is_never_seeded(settings):
    settings.PRODUCTION = True

    with pytest.raises(CommandError, match="rehearsal"):
        call_command("seed_demo")

    assert not User.objects.exists()


@pytest.mark.parametrize(("month", "day"), [(1, 1), (1, 20), (3, 1), (12, 31)])
def test_demo_can_be_made_on_any_day(month, day):
    with clock.frozen(TODAY.replace(month=month, day=day)):
        demo.seed(on=clock.today())

    assert demo.is_there()
