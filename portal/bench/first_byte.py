"""How long pages take until their first byte."""

import time
from collections.abc import Sequence
from statistics import median

from django.test import Client

MILLISECONDS = 1000


class NoPageError(Exception):
    """There was no page to measure."""


def milliseconds(client: Client, pages: Sequence[str], *, times: int) -> list[float]:
    """Of the usual request for each page; in turns, so that a busy machine slows all alike."""
    taken: list[list[float]] = [[] for _ in pages]
    for _ in range(times):
        for page, seconds in zip(pages, taken, strict=True):
            seconds.append(_seconds(client, page))
    return [MILLISECONDS * median(seconds) for seconds in taken]


def _seconds(client: Client, page: str) -> float:
    began = time.perf_counter()
    answer = client.get(page)
    seconds = time.perf_counter() - began
    if answer.status_code != 200:  # noqa: PLR2004
        raise NoPageError(f"{page}: {answer.status_code}")
    return seconds
