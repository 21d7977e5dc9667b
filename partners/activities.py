"""What was done in an account, in words: one sentence a kind, for the activity log.

Each app says its own kinds in an `activities` module. Details are kept as they were then: names
change, and what happened does not.
"""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from partners.models import Activity
from partners.roles import Role

Sentence = Promise | str

_sentences: dict[str, Sentence] = {}


def say(sentences: Mapping[str, Sentence]) -> None:
    """Register what kinds of activity are called; each kind belongs to one app."""
    if twice := _sentences.keys() & sentences.keys():
        raise ValueError(f"two sentences for {twice}")
    _sentences.update(sentences)


say(
    {
        "invited": _("invited %(email)s as %(role)s"),
        "invited_again": _("sent %(email)s the invitation again"),
        "invitation_revoked": _("took back the invitation of %(email)s"),
        "joined_team": _("accepted the invitation as %(role)s"),
        "role_changed": _("made %(name)s %(role)s instead of %(before)s"),
        "removed": _("removed %(name)s"),
        "left": _("left the team"),
        "transferred": _("handed the account over to %(name)s"),
        "joined_programme": _("joined the programme"),
        "line_questioned": _("questioned a line of the ledger (%(points)s points)"),
        "badge_revoked": _("revoked the badge"),
        "badge_restored": _("gave the badge back"),
        "points_adjusted": _("adjusted the points of %(year)s by %(points)s"),
        "profile_edited": _("edited the marketplace profile"),
        "logo_changed": _("uploaded a logo"),
        "logo_removed": _("removed the logo"),
        "applied_for_listing": _("applied for the marketplace"),
        "application_withdrawn": _("withdrew the application for the marketplace"),
    }
)


def in_words(activity: Activity) -> str:
    """What was done, without who did it; of a kind nobody knows any more, its name."""
    sentence = _sentences.get(activity.kind)
    if sentence is None:
        return activity.kind.replace("_", " ")
    return str(sentence) % {key: _worded(key, value) for key, value in activity.details.items()}


def _worded(key: str, value: str) -> str:
    return str(Role(value).label) if key in {"role", "before"} else value
