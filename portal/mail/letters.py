"""Letters: what a kind of mail says, told once by the app that sends it.

A letter is a function from the stored arguments to the template's context, registered under the
folder of its templates (`templates/emails/<kind>/{subject.txt,body.txt,body.html}`):

    @letter("billing/receipt", sample=lambda: {"invoice_id": …})
    def receipt(message: Message, *, invoice_id: int) -> dict[str, Any]: …

It runs when the mail is handed over, inside the transaction that marks it so.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.translation import override

from portal.mail.models import Message

Context = dict[str, Any]


class SecretLink(str):
    """A link that lets its reader in: sent, but left out of the copy that is kept."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Written:
    """A mail's words as they go out."""

    subject: str
    text: str
    html: str

    def without(self, secrets: list[SecretLink]) -> "Written":
        """The same with secret links blotted out, for the copy that is kept."""
        text, html = self.text, self.html
        for secret in secrets:
            text, html = (
                text.replace(secret, "[link removed]"),
                html.replace(secret, "#"),
            )
        return Written(self.subject, text, html)


_letters: dict[str, Callable[..., Context]] = {}


def letter(kind: str) -> Callable[[Callable[..., Context]], Callable[..., Context]]:
    """Register the function that writes mails of this kind."""

    def register(write: Callable[..., Context]) -> Callable[..., Context]:
        if kind in _letters:
            raise ValueError(f"two letters for {kind}")
        _letters[kind] = write
        return write

    return register


def kinds() -> Iterator[str]:
    return iter(sorted(_letters))


def compose(message: Message) -> tuple[Written, list[SecretLink]]:
    """Write a message in its reader's language; also names the secret links in it."""
    with override(message.language):
        context = _letters[message.kind](message, **message.arguments)
        context |= {
            "PLATFORM_NAME": settings.PLATFORM_NAME,
            "PROGRAMME_NAME": settings.PROGRAMME_NAME,
            "SUPPORT_EMAIL": settings.SUPPORT_EMAIL,
            "SITE_URL": settings.SITE_URL,
        }
        folder = f"emails/{message.kind}"
        written = Written(
            subject=" ".join(render_to_string(f"{folder}/subject.txt", context).split()),
            text=render_to_string(f"{folder}/body.txt", context).strip() + "\n",
            html=render_to_string(f"{folder}/body.html", context),
        )
    return written, [value for value in context.values() if isinstance(value, SecretLink)]
