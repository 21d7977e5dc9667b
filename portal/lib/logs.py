"""Lines of the log, without what would let their reader in."""

import logging
import re

# Addresses that carry a token: what follows their name is left out, up to the end of the address.
_CARRIES_A_TOKEN = re.compile(
    r"(/(?:approval|notifications|confirm-email|password/reset/key)/)(?!\?)[^\"'\n]+?"
    r"(?= HTTP/|[\"'\n]|$)"
)


class WithoutTokens(logging.Formatter):
    """Blots out tokens in addresses, wherever in a line or its traceback they stand.

    Django names the address of every request it refuses, that of a good link included (a POST to
    it, a database that is away), and that of a link of which a character is missing.
    """

    def format(self, record: logging.LogRecord) -> str:
        return _CARRIES_A_TOKEN.sub(r"\1…", super().format(record))
