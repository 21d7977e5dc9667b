"""Policy of claims: data and pure functions, no Django.

Told, with reasons, in docs/rules.md under the heading "Claims".
"""

from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True, slots=True)
class RequestPolicy:
    """The life of a request for approval, in days after its first mail."""

    follow_up_days: int  # one reminder, and only one
    lapse_days: int  # no answer by then: the request lapses
    change_of_mind_days: int  # after an answer, how long the same link can change it
    token_bytes: int  # randomness of the link


# A week is long enough not to nag and short enough to be remembered; a month is what a client on
# holiday needs; two weeks to change an answer is the waiting period of points.
REQUEST_POLICY = RequestPolicy(
    follow_up_days=7, lapse_days=30, change_of_mind_days=14, token_bytes=32
)

# Nobody reads the question, chooses and types a name faster than this; programs do.
LEAST_TIME_TO_ANSWER = timedelta(seconds=3)

# A name has so many letters, of any alphabet.
LETTERS_OF_A_NAME = 2


@dataclass(frozen=True, slots=True)
class SignalPolicy:
    """What makes a decline look like a machine's, or like somebody's for several clients."""

    fast: timedelta  # from the mail to the answer
    network_within: timedelta  # before or after, in which a network answers for several clients
    network_bits: tuple[int, int]  # of an IPv4 and an IPv6 address, that name a network
    scanners: tuple[str, ...]  # what programs that are no browser call themselves


# docs/rules.md: "Claims". Signals are for people to judge by: none decides anything. Nobody opens a
# mail, reads the page and types a name in half a minute.
SIGNALS = SignalPolicy(
    fast=timedelta(seconds=30),
    network_within=timedelta(days=1),
    network_bits=(24, 64),
    scanners=("bot", "crawl", "spider", "scan", "headless", "preview", "curl", "wget", "python"),
)

# Sites one submission may name, as many as one looks through on a page; and lines an account may
# send in a day, refused ones too: a large agency’s portfolio, and too few to search with.
SITES_A_SUBMISSION = 200
LINES_A_DAY = 500
SHEET_BYTES = 1_000_000  # of an uploaded file: far more than so many lines need, quickly read


def follow_up_on(sent_on: date) -> date:
    return sent_on + timedelta(days=REQUEST_POLICY.follow_up_days)


def lapses_on(sent_on: date) -> date:
    """The first day on which a request without an answer has lapsed."""
    return sent_on + timedelta(days=REQUEST_POLICY.lapse_days)


def claimable_again_on(programme_year: int) -> date:
    """The day from which a site claimed in that year in vain can be claimed again."""
    return date(programme_year + 1, 1, 1)


def answer_changeable_until(answered_on: date) -> date:
    """The last day on which the answer can be changed through the same link."""
    return answered_on + timedelta(days=REQUEST_POLICY.change_of_mind_days)
