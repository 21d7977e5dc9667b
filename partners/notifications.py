"""Every kind of mail an account’s people get: what it is, whose role gets it, who may turn it off.

One table for the whole portal. Each app says its own kinds in a `notifications` module; which
letters belong to a kind stands beside it, and a test finds the letter that belongs to none.
"""

from dataclasses import dataclass

from django.core import signing
from django.utils.functional import Promise
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from partners.models import Account, Choice
from partners.roles import Can
from portal.mail.letters import Context, SecretLink, link_to
from portal.models import User

Words = Promise | str


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of mail. It is a person’s to choose, unless there is a reason to send it always."""

    key: str
    name: Words
    what: Words  # when it comes, what it says and, where nobody can choose, to whom it goes
    letters: tuple[str, ...]  # "app/letter"; or "app/" for every letter of an app
    permission: Can = Can.SEE  # the roles that get it, and see it among their notifications
    why_always: Words = ""
    choices: tuple[Choice, ...] = (Choice.ON, Choice.OFF)  # the first is the default

    @property
    def is_chosen(self) -> bool:
        return not self.why_always

    @property
    def default(self) -> Choice:
        return self.choices[0]


_kinds: dict[str, Kind] = {}


def register(*kinds: Kind) -> None:
    """Add kinds to the table, in the order in which they are shown."""
    for kind in kinds:
        if kind.key in _kinds:
            raise ValueError(f"two kinds of notification called {kind.key}")
        _kinds[kind.key] = kind


def every_kind() -> list[Kind]:
    return list(_kinds.values())


def named(key: str) -> Kind:
    """Raises KeyError."""
    return _kinds[key]


register(
    Kind(
        key="points",
        name=_("Points landed"),
        what=_("Which sites brought points and why, the new total, and what comes next."),
        letters=("partners/points_landed",),
        choices=(Choice.DAILY, Choice.WEEKLY, Choice.OFF),
    ),
    Kind(
        key="rank",
        name=_("Rank changed"),
        what=_("When the rank you hold goes up or down, and what comes or goes with it."),
        letters=("partners/rank_changed",),
    ),
    Kind(
        key="team",
        name=_("Team"),
        what=_("To whom it is about: an invitation, the end of a seat, an account handed over."),
        letters=("partners/invitation", "partners/removed", "partners/ownership"),
        why_always=_("It is about what you may open, and an invitation waits for your answer."),
    ),
    Kind(
        key="ledger",
        name=_("Ledger put right"),
        what=_(
            "To the address on record: points adjusted by hand. To whoever questioned a line: the"
            " answer."
        ),
        letters=("partners/points_adjusted", "partners/question_answered"),
        why_always=_("Somebody changed your points, or answers what you asked."),
    ),
    Kind(
        key="badge",
        name=_("Badge"),
        what=_("To the address on record: that your badge was revoked, or given back."),
        letters=("partners/badge_revoked", "partners/badge_restored"),
        why_always=_("It is about what you may show to everyone."),
    ),
    Kind(
        key="marketplace",
        name=_("Marketplace"),
        what=_("To owners and admins: what became of an application, and the end of a listing."),
        letters=("partners/listed", "partners/not_listed", "partners/unlisted"),
        permission=Can.MANAGE_LISTING,
        why_always=_("It is about what everyone sees of you, or does not see any more."),
    ),
    Kind(
        key="quotes",
        name=_("Requests for quotes"),
        what=_("To the address on record: what visitors of the marketplace ask you."),
        letters=("partners/quote_request",),
        permission=Can.SEE_QUOTES,
        why_always=_("Somebody waits for your answer."),
    ),
    Kind(
        key="sign_in",
        name=_("Signing in"),
        what=_("To you: links you asked for, and changes of your password or second factor."),
        letters=("account/",),
        why_always=_("It is about the safety of your login."),
    ),
)


# --- Unsubscribing -------------------------------------------------------------------------------

# docs/security.md: "Unsubscribe links".
_signer = signing.Signer(salt="partners.unsubscribe", sep=".")


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """Who is told what of which account: what an unsubscribe link names."""

    user_ref: str
    account_ref: str
    kind: Kind


def unsubscribe_token(kind: str, *, user: User, account: Account) -> str:
    """Names person, account and kind, signed; it does not expire, since mail is read late."""
    return _signer.sign(f"{user.ref}.{account.ref}.{kind}")


def read_token(token: str) -> Subscription:
    """What a token names. Raises BadSignature, also for a kind that nobody can choose any more."""
    user_ref, account_ref, key = _signer.unsign(token).split(".")
    kind = _kinds.get(key)
    if kind is None or not kind.is_chosen:
        raise signing.BadSignature(key)
    return Subscription(user_ref=user_ref, account_ref=account_ref, kind=kind)


def footer(key: str, *, user: User, account: Account) -> Context:
    """What stands below every mail that can be turned off: why it came, and two ways to stop it."""
    kind = named(key)
    token = unsubscribe_token(key, user=user, account=account)
    return {
        "reason": _now("You get this mail because you have “%(kind)s” switched on for %(account)s.")
        % {"kind": kind.name, "account": account.name},
        "unsubscribe_url": SecretLink(link_to("partners:unsubscription", token=token)),
        "preferences_url": link_to("partners:notifications", account_ref=account.ref),
    }
