"""Letters of the tests' own, and a mail server that does as it is told."""

from typing import Any

import pytest

from portal.mail import letters
from portal.mail.letters import SecretLink, letter
from portal.mail.tests.scripted_backend import ScriptedBackend

TEMPLATES = {
    "subject.txt": "Hello\n{{ name }}",
    "body.txt": "Dear {{ name }}, see {{ link }}",
    "body.html": '<p>Dear {{ name }}, <a href="{{ link }}">see</a></p>',
}


@pytest.fixture
def letters_of_the_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    """`test/hello` can be written, `test/broken` cannot; both are forgotten after the test."""
    monkeypatch.setattr(letters, "_letters", dict(letters._letters))

    @letter("test/hello", sample=dict)
    def hello(message: Any, *, name: str) -> dict[str, Any]:
        return {"name": name, "link": SecretLink("https://portal.example/let-me-in")}

    @letter("test/broken", sample=dict)
    def broken(message: Any, **arguments: Any) -> dict[str, Any]:
        raise LookupError("what it was about is gone")


@pytest.fixture
def server(settings, letters_of_the_tests) -> type[ScriptedBackend]:
    """The mail server; templates come from memory."""
    loaders = [
        (
            "django.template.loaders.locmem.Loader",
            {f"emails/test/hello/{name}": text for name, text in TEMPLATES.items()},
        )
    ]
    settings.TEMPLATES = [
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "OPTIONS": {"loaders": loaders},
        }
    ]
    settings.EMAIL_BACKEND = "portal.mail.tests.scripted_backend.ScriptedBackend"
    ScriptedBackend.reset()
    return ScriptedBackend
