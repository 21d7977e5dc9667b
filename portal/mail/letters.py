"""Letters: what a kind of mail says, told once by the app that sends it.

A letter is a function from the stored arguments to the template's context, registered under its
kind, which is also the folder of its templates under `templates/emails/`: `subject.txt`, `body.txt`
and `body.html`.

    @letter("billing/receipt", sample=lambda: _receipt(_sample_attempt(), _sample_lines()))
    def receipt(message: Message, *, invoice_id: int) -> Context: …

It runs when the mail is handed over, inside the transaction that marks it so. Its sample is the
same context about people and things that do not exist, made without the database, so that every
letter can be read (and tested) at any time.

What goes with a letter is drawn then, too, by a function from the same arguments:

    @attached("billing/receipt")
    def receipt_pdf(message: Message, *, invoice_id: int) -> list[Attachment]: …

It is sent and not kept; the row keeps what was attached: its name, size and digest.

A letter that its reader can turn off has an `unsubscribe_url` (a secret link) in its context. It
stands in the footer, and in the headers that mail programs make a button of (RFC 8058).

A letter may become pointless while it waits. `still_wanted` is asked with the stored arguments just
before the server hears of it; whoever makes it pointless calls `withhold`, and so waits for a
hand-over that has begun. A letter to somebody who did not ask for our mail is `is_unasked`: an
address that reported our mail as spam gets no such letter, and none that can be turned off.

A letter that answers an earlier one names its Message-ID as `in_reply_to` in its context.
"""

import hashlib
import re
import textwrap
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import override

from portal.mail.models import Message

Context = dict[str, Any]
Write = Callable[..., Context]
Attach = Callable[..., "Iterable[Attachment]"]
Ask = Callable[..., bool]

TEXT_WIDTH = 76


class SecretLink(str):
    """A link that lets its reader in: sent, but left out of the copy that is kept."""

    __slots__ = ()


def link_to(name: str, **kwargs: str) -> str:
    """The address of a page as a mail carries it: built from the settings, never from a request."""
    return f"{settings.SITE_URL}{reverse(name, kwargs=kwargs)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file that goes with a mail; `url` is where its reader finds the same in the portal.

    `row` is what it is made of ("billing.invoice", 17), for staff.
    """

    name: str
    content_type: str
    content: bytes = field(repr=False)
    url: str = ""
    row: tuple[str, int] | None = None

    @property
    def summary(self) -> dict[str, Any]:
        """What is kept of it. Size in bytes."""
        return {
            "name": self.name,
            "size": len(self.content),
            "sha256": hashlib.sha256(self.content).hexdigest(),
            "url": self.url,
            "row": self.row,
        }


@dataclass(frozen=True, slots=True)
class Written:
    """A mail's words as they go out, and what goes with them."""

    subject: str
    text: str
    html: str
    attachments: tuple[Attachment, ...] = ()
    unsubscribe_url: str = ""  # of a mail its reader can turn off
    in_reply_to: str = ""  # the Message-ID of the mail it follows

    def without(self, secrets: list[SecretLink]) -> "Written":
        """The same with secret links blotted out, for the copy that is kept."""
        text, html = self.text, self.html
        for secret in secrets:
            text, html = (
                text.replace(secret, "[link removed]"),
                html.replace(secret, "#"),
            )
        return replace(self, text=text, html=html)


@dataclass(frozen=True, slots=True)
class Letter:
    """How one kind of mail is written, an example of it, and where its templates are."""

    write: Write
    sample: Callable[[], Context]
    folder: str
    is_unasked: bool = False
    still_wanted: Ask | None = None


_letters: dict[str, Letter] = {}
_attached: dict[str, Attach] = {}


def letter(
    kind: str,
    *,
    sample: Callable[[], Context],
    folder: str = "",
    is_unasked: bool = False,
    still_wanted: Ask | None = None,
) -> Callable[[Write], Write]:
    """Register what writes mails of this kind; `folder` where kinds share templates."""

    def register(write: Write) -> Write:
        if kind in _letters:
            raise ValueError(f"two letters for {kind}")
        _letters[kind] = Letter(write, sample, folder or kind, is_unasked, still_wanted)
        return write

    return register


def attached(kind: str) -> Callable[[Attach], Attach]:
    """Register what draws the attachments of mails of this kind."""

    def register(attach: Attach) -> Attach:
        if kind in _attached:
            raise ValueError(f"two sets of attachments for {kind}")
        _attached[kind] = attach
        return attach

    return register


def kinds() -> Iterator[str]:
    return iter(sorted(_letters))


def is_still_wanted(message: Message) -> bool:
    """Whether what it is about still asks for this mail."""
    ask = _letters[message.kind].still_wanted
    return ask is None or ask(message, **message.arguments)


def is_refusable(message: Message, written: Written) -> bool:
    """Whether a reader who wants none of our mail is spared this one."""
    return _letters[message.kind].is_unasked or bool(written.unsubscribe_url)


def compose(message: Message) -> tuple[Written, list[SecretLink]]:
    """Write a message and draw its attachments in its reader's language.

    Also names the secret links in it.
    """
    registered = _letters[message.kind]
    with override(message.language):
        context = registered.write(message, **message.arguments)
        written = _render(registered.folder, context)
        if attach := _attached.get(message.kind):
            files = tuple(attach(message, **message.arguments))
            written = replace(written, attachments=files)
    return written, [value for value in context.values() if isinstance(value, SecretLink)]


def sample(kind: str, *, language: str) -> Written:
    """A mail of this kind about things that do not exist; reads and changes nothing."""
    registered = _letters[kind]
    with override(language):
        return _render(registered.folder, registered.sample())


def _render(folder: str, context: Context) -> Written:
    context = context | {
        "PLATFORM_NAME": settings.PLATFORM_NAME,
        "PROGRAMME_NAME": settings.PROGRAMME_NAME,
        "ISSUER_NAME": settings.ISSUER_NAME,
        "SUPPORT_EMAIL": settings.SUPPORT_EMAIL,
        "SITE_URL": settings.SITE_URL,
    }
    folder = f"emails/{folder}"
    return Written(
        subject=" ".join(render_to_string(f"{folder}/subject.txt", context).split()),
        text=_set_in_lines(render_to_string(f"{folder}/body.txt", context)),
        html=render_to_string(f"{folder}/body.html", context).strip() + "\n",
        unsubscribe_url=context.get("unsubscribe_url", ""),
        in_reply_to=context.get("in_reply_to", ""),
    )


def _set_in_lines(text: str) -> str:
    """Plain text as mail readers like it: short lines, single blank ones, addresses unbroken."""
    lines = (_broken(line) for line in text.strip().splitlines())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)) + "\n"


def _broken(line: str) -> str:
    if len(line) <= TEXT_WIDTH:
        return line if line.strip() else ""
    return textwrap.fill(
        line,
        TEXT_WIDTH,
        subsequent_indent="  " if line.startswith("- ") else "",
        break_long_words=False,
        break_on_hyphens=False,
    )
