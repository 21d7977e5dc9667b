"""What partners are told of their place in the marketplace, and what its visitors ask them."""

from django.utils.translation import gettext as _

from partners.marketplace import STANDARDS_IN_WORDS
from partners.models import Account, Application, ApplicationDecision, Listing, QuoteRequest
from partners.models.listings import RemovalReason
from partners.models.offers import Budget
from partners.rules import STANDARDS, Standard
from portal.lib import clock
from portal.mail.letters import Context, letter, link_to
from portal.mail.models import Message


@letter("partners/listed", sample=lambda: _listed(_sample_listing()))
def listed(_message: Message, *, listing_id: int) -> Context:
    """They are in the directory."""
    return _listed(_listing(listing_id))


def _listed(listing: Listing) -> Context:
    return {
        "name": listing.account.name,
        "office": listing.account.email,
        "action_url": link_to("partners:partner", account_ref=listing.account.ref),
        "action_label": _("See your public page"),
    }


@letter("partners/not_listed", sample=lambda: _not_listed(_sample_decision()))
def not_listed(_message: Message, *, decision_id: int) -> Context:
    """The application was declined: why, and that they may apply again."""
    decisions = ApplicationDecision.objects.select_related("application__account")
    return _not_listed(decisions.get(pk=decision_id))


def _not_listed(decision: ApplicationDecision) -> Context:
    unmet = [standard for standard in STANDARDS if standard not in decision.standards_met]
    account = decision.application.account
    return _to_own_page(account) | {
        "why": decision.reason,
        "unmet": [str(STANDARDS_IN_WORDS[standard]) for standard in unmet],
    }


@letter("partners/unlisted", sample=lambda: _unlisted(_sample_removal()))
def unlisted(_message: Message, *, listing_id: int) -> Context:
    """They were taken out of the directory: why, and the way back."""
    return _unlisted(_listing(listing_id))


def _unlisted(listing: Listing) -> Context:
    return _to_own_page(listing.account) | {
        "removed_on": clock.date_of(listing.removed_at or clock.now()),
        "why": str(listing.get_removed_for_display()),
        "note": listing.removal_note,
    }


@letter("partners/quote_request", sample=lambda: _quote_request(_sample_request()))
def quote_request(_message: Message, *, request_id: int) -> Context:
    """What a visitor asks; an answer to this mail goes to them."""
    requests = QuoteRequest.objects.select_related("account")
    return _quote_request(requests.get(pk=request_id))


def _quote_request(request: QuoteRequest) -> Context:
    return {
        "name": request.account.name,
        "sender": request.name,
        "sender_email": request.email,
        "needs": request.needs,
        "budget": request.get_budget_display(),
        "action_url": link_to("partners:quotes", account_ref=request.account.ref),
        "action_label": _("See all requests"),
    }


def _to_own_page(account: Account) -> Context:
    return {
        "name": account.name,
        "action_url": link_to("partners:marketplace", account_ref=account.ref),
        "action_label": _("Open your marketplace page"),
    }


def _listing(listing_id: int) -> Listing:
    return Listing.objects.select_related("account").get(pk=listing_id)


# --- Samples -------------------------------------------------------------------------------------


def _sample_account() -> Account:
    return Account(ref="x", name="Harbour Studio", email="hello@harbour-studio.example")


def _sample_listing() -> Listing:
    return Listing(account=_sample_account(), listed_at=clock.now())


def _sample_removal() -> Listing:
    listing = _sample_listing()
    listing.removed_at = clock.now()
    listing.removed_for = RemovalReason.UNREACHABLE
    listing.removal_note = _("Three visitors told us that nobody answered them for a month.")
    return listing


def _sample_decision() -> ApplicationDecision:
    return ApplicationDecision(
        application=Application(account=_sample_account()),
        is_approval=False,
        standards_met=[standard for standard in STANDARDS if standard is not Standard.CLEAR],
        reason=_("The text does not say what you do."),
    )


def _sample_request() -> QuoteRequest:
    return QuoteRequest(
        account=_sample_account(),
        name="Carol Baker",
        email="carol@carols-bakery.example",
        needs=_("A shop for our bread, with delivery in town, before Easter."),
        budget=Budget.MEDIUM,
        received_at=clock.now(),
    )
