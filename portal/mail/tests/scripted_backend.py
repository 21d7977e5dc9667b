"""A mail server that does as a test tells it."""

from collections.abc import Callable
from typing import ClassVar

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend


class ScriptedBackend(BaseEmailBackend):
    """Takes every mail, unless it cannot be reached or has something against an address."""

    taken: ClassVar[list[EmailMessage]] = []
    errors: ClassVar[dict[str, Exception]] = {}  # by address, before the mail is taken
    lost: ClassVar[dict[str, Exception]] = {}  # by address, after it was taken
    unreachable: ClassVar[list[Exception]] = []
    opened: ClassVar[list[None]] = []
    before_taking: ClassVar[list[Callable[[EmailMessage], None]]] = []

    @classmethod
    def reset(cls) -> None:
        for script in (
            cls.taken,
            cls.errors,
            cls.lost,
            cls.unreachable,
            cls.opened,
            cls.before_taking,
        ):
            script.clear()

    def open(self) -> bool:
        self.opened.append(None)
        for error in self.unreachable:
            raise error
        return True

    def send_messages(self, messages) -> int:
        for message in messages:
            for look in self.before_taking:
                look(message)
            self._raise_for(message, self.errors)
            self.taken.append(message)
            self._raise_for(message, self.lost)
        return len(messages)

    @staticmethod
    def _raise_for(message: EmailMessage, errors: dict[str, Exception]) -> None:
        if message.to[0] in errors:
            raise errors[message.to[0]]
