"""Answering through the client's page, as a person does who takes time to read."""

from datetime import timedelta
from typing import Any

from claims.answer_stamps import stamp
from claims.models import Claim
from claims.rules import LEAST_TIME_TO_ANSWER
from portal.lib import clock


def filled_in(claim: Claim, *, after: timedelta = LEAST_TIME_TO_ANSWER, **typed: Any) -> dict:
    """What the browser sends: what was typed, on a page that was opened so long ago."""
    return {"opened": stamp(claim, at=clock.now() - after), "website": "", **typed}
