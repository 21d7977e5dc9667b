"""The house keeps its own rules: sizes, names, time, templates, jobs."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from statistics import median

import pghistory.models
import pgtrigger
import pytest
from celery import Task
from django.apps import apps
from django.conf import settings
from django.db import connection, models
from django.template.loader import get_template

from portal.celery import app as celery_app
from portal.home import rehearsal
from portal.lib import clock
from portal.schedule import JOBS
from portal.testing.addresses import every_address
from portal.testing.builders import TODAY
from portal.testing.snapshot import changed, snapshot
from portal.testing.worlds import full_account

ROOT = Path(settings.BASE_DIR)
OUR_APPS = ("portal", "partners", "billing", "claims")
NOT_CODE = {"tests", "testing", "migrations"}

LONGEST_MODULE, LONGEST_FUNCTION, MEDIAN_FUNCTION = 300, 40, 10

# Pages of data rather than of code.
MAY_BE_LONGER = {"portal/settings.py", "portal/handover/columns.py"}

NAMES_THAT_SAY_NOTHING = {"utils", "util", "helpers", "helper", "manager", "managers"}
NAMES_THAT_SAY_NOTHING |= {"handlers", "handler", "common", "misc", "core", "process"}

CLOCKS = {
    "datetime.now",
    "datetime.utcnow",
    "datetime.today",
    "date.today",
    "time.time",
    "time.time_ns",
    "timezone.now",
    "timezone.localdate",
    "timezone.localtime",
    "Now",
    "Now()",
}
# An authenticator app goes by the clock on the wall, whatever day is rehearsed.
MAY_READ_TIME = {"portal/lib/clock.py", "portal/home/rehearsal.py"}


# --- Code ----------------------------------------------------------------------------------------


@cache
def modules() -> dict[str, ast.Module]:
    """Every module of ours that is no test and no migration, parsed."""
    found = {}
    for name in OUR_APPS:
        for path in sorted((ROOT / name).rglob("*.py")):
            where = path.relative_to(ROOT)
            if not NOT_CODE & set(where.parts):
                found[str(where)] = ast.parse(path.read_text(), filename=str(where))
    return found


def functions() -> Iterator[tuple[str, int]]:
    """Every function with its length in lines, from its name to its end, its docstring aside."""
    for path, tree in modules().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or 0) - node.lineno + 1
                told = len((ast.get_docstring(node, clean=False) or "").splitlines())
                yield f"{path}:{node.lineno} {node.name}", lines - told


def test_modules_are_short():
    lengths = {path: len((ROOT / path).read_text().splitlines()) for path in modules()}

    too_long = {path: n for path, n in lengths.items() if n > LONGEST_MODULE}

    assert too_long.keys() <= MAY_BE_LONGER, too_long


def test_functions_are_short():
    lengths = dict(functions())

    assert {name: n for name, n in lengths.items() if n > LONGEST_FUNCTION} == {}
    assert median(lengths.values()) <= MEDIAN_FUNCTION


def test_one_module_reads_the_time():
    readers = {
        f"{path}:{node.lineno} {ast.unparse(node.func)}"
        for path, tree in modules().items()
        if path not in MAY_READ_TIME
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and _is_a_clock(node.func)
    }

    assert readers == set()


def _is_a_clock(called: ast.expr) -> bool:
    return ".".join(ast.unparse(called).split(".")[-2:]) in CLOCKS


@pytest.mark.parametrize(
    ("source", "is_one"),
    [
        ("datetime.now(UTC)", True),
        ("datetime.datetime.now()", True),
        ("django.utils.timezone.now()", True),
        ("clock.now()", False),
        ("time.monotonic()", False),
    ],
)
def test_reading_the_time_is_recognised(source, is_one):
    call = ast.parse(source, mode="eval").body

    assert isinstance(call, ast.Call)
    assert _is_a_clock(call.func) is is_one


def test_no_field_reads_the_time_by_itself():
    by_itself = [
        str(field)
        for model in our_models()
        if not issubclass(model, pghistory.models.Event)  # written by triggers alone
        if not model._meta.proxy  # its fields are another's
        for field in model._meta.local_fields
        if getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False)
    ]

    assert by_itself == []


def test_names_of_files_say_what_is_in_them():
    parts = {(path, part) for path in modules() for part in Path(path).with_suffix("").parts}

    assert [path for path, part in sorted(parts) if part in NAMES_THAT_SAY_NOTHING] == []


@pytest.mark.parametrize("path", [path for path in modules() if path.endswith("/rules.py")])
def test_rules_know_no_framework(path):
    imported = {
        name
        for node in ast.walk(modules()[path])
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }

    assert {name.partition(".")[0] for name in imported} & {
        "django",
        "celery",
        "pgtrigger",
    } == set()


def test_every_app_has_its_rules():
    assert {f"{name}/rules.py" for name in ("partners", "billing", "claims")} <= modules().keys()


def test_every_module_of_code_says_what_it_is_for():
    silent = [path for path, tree in modules().items() if tree.body and not ast.get_docstring(tree)]

    assert [path for path in silent if not path.endswith(("urls.py", "apps.py"))] == []


# --- Tables --------------------------------------------------------------------------------------


def our_models() -> list[type[models.Model]]:
    return [m for m in apps.get_models() if m.__module__.partition(".")[0] in OUR_APPS]


def test_every_guard_of_a_table_has_a_name_of_its_own():
    constraints = [c.name for model in our_models() for c in model._meta.constraints]
    indexes = [i.name for model in our_models() for i in model._meta.indexes]

    assert all(constraints)
    assert len(set(constraints + indexes)) == len(constraints + indexes)


@pytest.mark.django_db
def test_every_trigger_that_is_declared_stands_in_the_database():
    declared = {
        (model._meta.db_table, trigger.get_pgid(model))
        for model, trigger in pgtrigger.registered()
        if not model._meta.abstract
    }

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
            " WHERE NOT t.tgisinternal AND t.tgenabled = 'O'"
        )
        there = set(cursor.fetchall())

    assert all(name for _, name in declared)
    assert declared - there == set()


# --- Jobs ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("job", JOBS, ids=lambda job: job.task)
def test_every_job_of_the_schedule_is_a_task_the_worker_knows(job):
    task = job.load()

    assert isinstance(task, Task)
    assert task.name == job.task
    assert job.task in celery_app.tasks
    assert job.task in rehearsal.JOBS, "the clock page has no words for it"


def test_every_task_is_in_the_schedule():
    ours = {name for name in celery_app.tasks if name.partition(".")[0] in OUR_APPS}

    assert ours == {job.task for job in JOBS}


@pytest.mark.django_db
@pytest.mark.parametrize("job", JOBS, ids=lambda job: job.task)
def test_job_finds_nothing_to_do_in_an_empty_portal_the_second_time_at_the_latest(job):
    with clock.frozen(TODAY):
        job.load().run()
        before = snapshot()
        counts = job.load().run()

    assert not any((counts or {}).values())
    assert changed(before) == []


@pytest.mark.django_db
@pytest.mark.parametrize("job", [job for job in JOBS if not job.task.endswith("keep_years")])
def test_job_leaves_an_empty_portal_empty(job):
    before = snapshot()

    with clock.frozen(TODAY):
        job.load().run()

    assert changed(before) == []


@pytest.mark.django_db
def test_jobs_that_ran_today_find_nothing_new_when_they_run_again():
    full_account()
    with clock.frozen(TODAY):
        for _ in range(2):  # a job's mail is the next round's
            for job in JOBS:
                job.load().run()
        before = snapshot()

        done = {job.task: job.load().run() for job in JOBS}

    assert {task: counts for task, counts in done.items() if any((counts or {}).values())} == {}
    assert changed(before) == []


# --- Templates -----------------------------------------------------------------------------------


TEMPLATES = sorted(path for path in (ROOT / "templates").rglob("*") if path.is_file())
TEMPLATE_NAMES = [str(path.relative_to(ROOT / "templates")) for path in TEMPLATES]

# What is read by machines, not by people.
WORDLESS = {"partners/badge.svg", "billing/document.typ", "partners/marketplace/sitemap.xml"}
# Served when nothing works, translations included.
NOT_TRANSLATED = {"500.html"}
SAME_EVERYWHERE = {"UTC", "SVG", "PNG", "px"}


@pytest.mark.parametrize("name", TEMPLATE_NAMES)
def test_template_can_be_read(name):
    get_template(name)


def test_every_address_a_template_names_exists():
    named = {
        (name, url)
        for name, path in zip(TEMPLATE_NAMES, TEMPLATES, strict=True)
        for url in re.findall(r"""{%\s*url\s+['"]([^'"]+)['"]""", path.read_text())
    }
    known = {address.name for address in every_address()}

    assert {(name, url) for name, url in named if url not in known} == set()
    assert len(named) > 50


@pytest.mark.parametrize("name", [n for n in TEMPLATE_NAMES if n not in WORDLESS | NOT_TRANSLATED])
def test_every_word_people_read_can_be_translated(name):
    source = (ROOT / "templates" / name).read_text()

    assert words_outside_translation(source, is_html=name.endswith(("html", "svg"))) == []


# What a reader meets that is no text between tags.
READ_ALOUD = re.compile(r"""\s(?:aria-label|title|alt|placeholder|summary)\s*=\s*"([^"]*)\"""")
WORD = re.compile(r"[^\W\d_]{2,}")


def words_outside_translation(source: str, *, is_html: bool = True) -> list[str]:
    """Words of a template that no translation can reach."""
    for left_out in (
        r"{#.*?#}",
        r"{%\s*comment.*?endcomment\s*%}",
        r"{%\s*blocktrans(?:late)?\b.*?{%\s*endblocktrans(?:late)?\s*%}",
        r"<!--.*?-->",
        r"<(script|style|code)\b.*?</\1>",
        r"{%\s*block robots\s*%}.*?{%\s*endblock.*?%}",
        r"Message-ID",
    ):
        source = re.sub(left_out, " ", source, flags=re.DOTALL)
    source = re.sub(r"{%.*?%}|{{.*?}}", " ", source, flags=re.DOTALL)
    if not is_html:
        return [word for word in WORD.findall(source) if word not in SAME_EVERYWHERE]
    aloud = [word for text in READ_ALOUD.findall(source) for word in WORD.findall(text)]
    between = re.sub(r"<[^>]*>", " ", source)
    between = re.sub(
        r"&\w+;|\b[a-z-]+=\"[^\"]*\"", " ", between
    )  # an attribute in a block is no text
    return [word for word in WORD.findall(between) + aloud if word not in SAME_EVERYWHERE]


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ('<p class="intro">{% translate "Hello" %}</p>', []),
        ("<p>{% blocktranslate trimmed %}Hello {{ name }}{% endblocktranslate %}</p>", []),
        ("{# A remark #}<script>let x</script>{{ name|default:'nobody' }} · 5", []),
        ("<p>Hello {{ name }}</p>", ["Hello"]),
        ('<img alt="Our house">', ["Our", "house"]),
        ('<nav aria-label="{% translate "Pages" %}">', []),
        ("{% if x %}\n  Yes\n{% endif %}", ["Yes"]),
    ],
)
def test_words_outside_translation_are_found(source, words):
    assert words_outside_translation(source) == words


# --- Words in code -------------------------------------------------------------------------------

TRANSLATING = {"_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy", "pgettext", "npgettext"}


def test_words_to_translate_stand_in_the_code_as_they_are():
    """`_(f"…{name}")` and `_("…" + name)` look translated and never are."""
    wrong = [
        f"{path}:{node.lineno} {ast.unparse(node)[:60]}"
        for path, tree in modules().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in TRANSLATING
        and node.args
        and not (isinstance(node.args[0], ast.Constant) and isinstance(node.args[0].value, str))
    ]

    assert wrong == []


def test_placeholders_in_words_have_names_where_there_are_several():
    """A translator has to be able to turn them around."""
    unnamed = [
        f"{path}:{node.lineno} {node.args[0].value}"
        for path, tree in modules().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in TRANSLATING
        and node.args
        and isinstance(node.args[0], ast.Constant)
        and len(re.findall(r"(?<!%)%[sd]|{\d*}", str(node.args[0].value))) > 1
    ]

    assert unnamed == []
