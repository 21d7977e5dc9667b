"""What the documents say is so: files, commands, settings, numbers, headings, tests."""

import re
from datetime import timedelta
from functools import cache
from pathlib import Path

import pytest
from django.core.management import get_commands

from billing import rules as billing_rules
from billing.gateways.simulated_cards import TEST_CARDS
from claims import rules as claims_rules
from partners import rules as partners_rules
from partners.badges import SIZES
from partners.models import Choice
from partners.notifications import every_kind
from partners.roles import ROLES_THAT_CAN, Can, Role
from portal.mail.rules import SENDING
from portal.schedule import JOBS

ROOT = Path(__file__).resolve().parent.parent.parent
APPS = ("portal", "partners", "billing", "claims")
FOLDERS = (*APPS, "templates", "static", "docs", ".ci")
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
NAMES = [str(path.relative_to(ROOT)) for path in DOCUMENTS]

# Read by settings, and nothing a deployment decides.
FOR_DEVELOPERS = {"DEBUG"}
# Read by `make run` alone, not by settings.
FOR_MAKE_RUN = {"PORT", "BIND"}

FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\(([^)\s]+)\)")
# A comment's reference: docs/rules.md: "Points" and "Ranks"
REFERENCE = re.compile(
    r"docs/(\w+)\.md(?:[:,]| under the heading)?\s+(\"[^\"]+\"(?: and \"[^\"]+\")*)"
)


@cache
def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def headings(name: str) -> list[str]:
    return re.findall(r"^#+ (.+)$", FENCED.sub("", read(name)), re.MULTILINE)


def anchor(heading: str) -> str:
    """As code hosts make them."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def code_of(name: str) -> list[str]:
    """What a document sets as code, inline and in blocks."""
    text = read(name)
    return [*FENCED.findall(text), *INLINE.findall(FENCED.sub("", text))]


def table(name: str, heading: str) -> list[list[str]]:
    """The rows of the first table below a heading, without its header."""
    below = read(name).partition(f"\n## {heading}\n")[2]
    lines = re.search(r"(?:^\|.*\n)+", below, re.MULTILINE)
    assert lines, f"{name} has no table under {heading}"
    rows = [line.strip().strip("|").split("|") for line in lines[0].strip().splitlines()]
    return [[cell.strip() for cell in row] for row in rows[2:]]


def numbers(text: str) -> tuple[int, ...]:
    return tuple(int(found.replace(",", "")) for found in re.findall(r"\d[\d,]*\d|\d", text))


def python_files() -> list[Path]:
    return [
        path for app in APPS for path in ROOT.glob(f"{app}/**/*.py") if path.name != "test_docs.py"
    ]


# --- Files, links, commands ----------------------------------------------------------------------


def is_there(path: str) -> bool:
    return (ROOT / path).exists()


@pytest.mark.parametrize("name", NAMES)
def test_files_a_document_names_are_there(name):
    named = {code.rstrip("/") for code in INLINE.findall(FENCED.sub("", read(name)))}
    paths = {code for code in named if re.fullmatch(r"[\w.\-]+(/[\w.\-]+)+", code)}
    files = {
        code for code in named if re.fullmatch(r"\.?[\w\-]+(\.[\w\-]+)*\.(md|toml|yaml)", code)
    }
    ours = {path for path in paths if path.partition("/")[0] in FOLDERS} | files

    missing = {path for path in ours if not is_there(path)}

    assert not {path for path in missing if not (ROOT / "docs" / path).exists()}


@pytest.mark.parametrize("name", NAMES)
def test_links_of_a_document_lead_somewhere(name):
    for target in LINK.findall(FENCED.sub("", read(name))):
        if "://" in target:
            continue
        path, _, place = target.partition("#")
        file = (ROOT / name).parent / path if path else ROOT / name
        found = str(file.resolve().relative_to(ROOT))
        assert is_there(found), target
        assert not place or place in {anchor(one) for one in headings(found)}, target


def test_the_tree_in_the_readme_is_the_tree():
    block = next(block for block in FENCED.findall(read("README.md")) if "portal/  " in block)
    folder = ""
    for line in block.splitlines()[1:-1]:
        indent, entry = re.fullmatch(r"( *)(\S+)  .*", line).groups()
        folder = folder if indent else entry
        assert (ROOT / (folder + entry if indent else entry)).exists(), line


@pytest.mark.parametrize("name", NAMES)
def test_commands_a_document_names_exist(name):
    code = "\n".join(code_of(name))
    targets = set(re.findall(r"^([a-z]+):", read("Makefile"), re.MULTILINE))

    made = {
        word for said in re.findall(r"\bmake((?: [a-z]+\b(?!=))+)", code) for word in said.split()
    }
    managed = set(re.findall(r"manage\.py ([a-z_]+)", code))

    assert made <= targets
    assert managed <= set(get_commands())


# --- What the code refers to ---------------------------------------------------------------------


def test_headings_the_code_refers_to_exist():
    referred = [
        (path, document, heading)
        for path in python_files()
        for document, said in REFERENCE.findall(re.sub(r"\n#?\s*", " ", path.read_text()))
        for heading in re.findall(r'"([^"]+)"', said)
    ]

    assert ("rules", "Charge days") in {(document, heading) for _, document, heading in referred}
    for path, document, heading in referred:
        assert heading in headings(f"docs/{document}.md"), path


def test_documents_the_code_refers_to_exist():
    for path in python_files():
        for document in re.findall(r"docs/[\w/\-]+\.md", path.read_text()):
            assert (ROOT / document).exists(), path


def test_tests_the_documents_name_exist():
    here = {
        found
        for path in python_files()
        for found in re.findall(r"def (test_\w+)\(", path.read_text())
    }

    named = {
        code
        for name in NAMES
        for code in INLINE.findall(read(name))
        if re.fullmatch(r"test_\w+", code)
    }

    assert named
    assert not named - here


# --- Settings and jobs ---------------------------------------------------------------------------


def settings_read() -> set[str]:
    return set(re.findall(r"\benv\.\w+\(\s*\"([A-Z_]+)\"", read("portal/settings.py")))


def test_every_setting_is_in_the_example():
    example = set(re.findall(r"^#?([A-Z_]+)=", read(".env.example"), re.MULTILINE))

    assert settings_read() - FOR_DEVELOPERS <= example


def test_every_setting_is_told_and_no_other():
    told = {
        name for row in table("docs/operations.md", "Settings") for name in INLINE.findall(row[0])
    }

    assert told == settings_read() | FOR_MAKE_RUN


def test_every_job_is_told_and_no_other():
    told = [row[0].strip("`") for row in table("docs/operations.md", "Jobs")]

    assert told == [job.task for job in JOBS]


# --- Numbers -------------------------------------------------------------------------------------


def test_what_is_sold_for_what_is_that_of_the_code():
    rows = table("docs/rules.md", "Buying")

    assert {row[0].strip("`"): row[1] for row in rows} == billing_rules.SOLD_FOR
    of_each_product = {row[0].strip("`") for row in rows if "product" in row[2]}
    assert of_each_product == billing_rules.ONE_OF_EACH_PRODUCT


def test_charge_days_are_those_of_the_code():
    told = {
        row[0].strip("`"): (int(row[1]), int(row[2]))
        for row in table("docs/rules.md", "Charge days")
    }

    assert told == {
        kind.value: (lead.monthly_days, lead.longer_days)
        for kind, lead in billing_rules.CHARGE_LEADS.items()
    }


def test_retry_days_are_those_of_the_code():
    early, on_the_day = table("docs/rules.md", "Retries")

    assert numbers(early[1]) == billing_rules.RETRY_DAYS_CHARGED_EARLY
    assert numbers(on_the_day[1]) == billing_rules.RETRY_DAYS_CHARGED_ON_THE_DAY
    assert numbers(on_the_day[2]) == billing_rules.RETRY_DAYS_CHARGED_ON_THE_DAY[-1:]


def test_a_new_year_starts_with_what_is_told():
    told = [numbers(row[1]) for row in table("docs/rules.md", "Points")]
    first = partners_rules.YEAR_DEFAULTS

    assert told == [(first.waiting_days,), (first.closes_day,), (first.points,), (first.points,)]
    assert f"{first.closes_day} January" in table("docs/rules.md", "Points")[1][1]
    assert first.closes_month == 1


def test_ranks_are_those_of_the_code():
    told = [(int(row[0]), row[1], *numbers(row[2])) for row in table("docs/rules.md", "Ranks")]

    assert told == [
        (rank.level, rank.name, rank.threshold_points)
        for rank in partners_rules.YEAR_DEFAULTS.ranks
    ]


def test_levels_and_sizes_of_the_badge_are_those_of_the_code():
    text = read("docs/rules.md")
    widths = re.search(r"widths ([^)]+)\)", text)

    assert (
        f"`BADGE_FROM_LEVEL` in `partners/rules.py` is {partners_rules.BADGE_FROM_LEVEL}." in text
    )
    marketplace = partners_rules.MARKETPLACE_FROM_LEVEL
    assert f"`MARKETPLACE_FROM_LEVEL` in `partners/rules.py` is {marketplace}." in text
    assert widths
    assert numbers(widths[1]) == SIZES


def test_limits_of_adjustments_are_those_of_the_code():
    told = [numbers(row[1])[0] for row in table("docs/rules.md", "Adjustments")]

    assert told == [partners_rules.ADJUSTED_ALONE_UP_TO, partners_rules.ADJUSTED_AT_MOST]


def test_limits_of_questions_are_those_of_the_code():
    told = [numbers(row[1])[0] for row in table("docs/rules.md", "Questions")]

    assert told == [partners_rules.QUESTIONS_A_DAY, partners_rules.QUESTION_LENGTH]


def test_days_before_a_card_expires_are_those_of_the_code():
    days = billing_rules.CARD_EXPIRES_SOON_DAYS

    assert f"`CARD_EXPIRES_SOON_DAYS` in `billing/rules.py` is {days}." in read("docs/rules.md")


def test_every_test_card_is_told_and_no_other():
    told = [name for row in table("docs/rules.md", "Cards") for name in INLINE.findall(row[0])]

    assert sorted(told) == sorted(TEST_CARDS)


def test_days_and_limits_of_claims_are_those_of_the_code():
    told = [numbers(row[1])[0] for row in table("docs/rules.md", "Claims")]
    policy = claims_rules.REQUEST_POLICY

    assert told == [
        policy.follow_up_days,
        policy.lapse_days,
        policy.change_of_mind_days,
        policy.token_bytes * 8,
        claims_rules.SITES_A_SUBMISSION,
        claims_rules.LINES_A_DAY,
    ]


def test_limits_of_coupons_are_those_of_the_code():
    told = [numbers(row[1])[0] for row in table("docs/rules.md", "Bulk purchase and coupons")]

    assert told == [
        billing_rules.COUPONS_AT_ONCE,
        billing_rules.COUPONS_VALID_MONTHS,
        billing_rules.WRONG_CODES_A_DAY,
    ]


def test_limits_of_the_marketplace_are_those_of_the_code():
    told = [numbers(row[1])[0] for row in table("docs/rules.md", "Marketplace")]
    logo, quote = partners_rules.LOGO_POLICY, partners_rules.QUOTE_POLICY

    assert told == [
        logo.bytes_at_most // 1024**2,
        logo.pixels_at_most,
        logo.side,
        quote.least_time.seconds,
        quote.form_valid.seconds // 3600,
        quote.links_at_most,
        quote.a_day_from_an_address,
        quote.a_day_from_a_network_address,
        quote.a_day_to_a_partner,
    ]


def test_waits_of_mail_are_those_of_the_code():
    waits, doubt, batch = (row[1] for row in table("docs/rules.md", "Mail"))

    assert tuple(_duration(wait) for wait in waits.split(", ")) == SENDING.retry_after
    assert _duration(doubt) == SENDING.in_doubt_after
    assert int(batch) == SENDING.batch


def _duration(said: str) -> timedelta:
    number, unit = said.split()
    return timedelta(**{unit if unit.endswith("s") else f"{unit}s": int(number)})


def test_roles_are_those_of_the_code():
    roles = (Role.OWNER, Role.ADMIN, Role.MEMBER, Role.BILLING)
    told = {
        row[0]: [cell == "yes" for cell in row[1:]]
        for row in table("docs/rules.md", "Team and roles")
    }

    assert told == {
        str(permission.label): [role in ROLES_THAT_CAN[permission] for role in roles]
        for permission in Can
    }


def test_kinds_of_notification_are_those_of_the_code():
    first = {Choice.DAILY: "each day", Choice.ON: "on"}
    told = [tuple(row) for row in table("docs/rules.md", "Notifications")]

    assert sorted(told) == sorted(
        (
            f"`{kind.key}`",
            str(kind.permission.label),
            first[kind.default] if kind.is_chosen else "always",
        )
        for kind in every_kind()
    )


def test_days_of_notices_and_digests_are_those_of_the_code():
    text = read("docs/rules.md")
    back = partners_rules.DIGEST_LOOKS_BACK.days

    assert f"in `billing/rules.py`\nis {billing_rules.RENEWAL_NOTICE_DAYS}." in text
    assert f"A digest looks back {back} days" in text
    assert partners_rules.DIGEST_WEEKDAY == 0  # Mondays


# --- Decisions -----------------------------------------------------------------------------------


def test_every_direct_dependency_has_its_line():
    direct = set()
    for name in ("requirements.txt", "requirements-dev.txt"):
        first = read(name).partition("# Brought along")[0]
        direct |= set(re.findall(r"^([\w.\-]+)(?:\[[^\]]+\])?==", first, re.MULTILINE))
    rows = re.findall(
        r"^\| ([\w.\-]+) \| \S", read("docs/decisions/0012-dependencies.md"), re.MULTILINE
    )

    assert sorted(set(rows) - {"package"}) == sorted(direct)


def test_decisions_are_numbered_dated_and_whole():
    decisions = [name for name in NAMES if name.startswith("docs/decisions/")]

    for place, name in enumerate(decisions, start=1):
        number = f"{place:04}"
        assert Path(name).name.startswith(f"{number}-")
        assert re.match(rf"# {number} – .+\n\n\d{{4}}-\d\d-\d\d\n", read(name)), name
        if number != "0012":
            assert headings(name)[1:] == ["Context", "Decision", "Consequences"]
