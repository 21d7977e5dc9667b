"""Which declines are worth another try with the same card, and why.

Soft: what the bank or the card lacks today it may have on another day. Hard: only another card, or
new details of this one, can help; asking again costs reputation with the networks and nothing else.
"""

from billing.rules import Outcome

SOFT: dict[str, str] = {
    "approve_with_id": "the bank wants to be asked again",
    "call_issuer": "the bank does not say why",
    "card_velocity_exceeded": "the card's limit is full for now",
    "do_not_honor": "the bank does not say why; often a limit or a first doubt",
    "duplicate_transaction": "the same amount was taken from the card a moment ago",
    "generic_decline": "the bank does not say why",
    "insufficient_funds": "there may be money on another day",
    "invalid_amount": "more than the card allows now",
    "issuer_not_available": "the bank cannot be reached",
    "no_action_taken": "the bank does not say why",
    "processing_error": "something broke on the way",
    "reenter_transaction": "something broke on the way",
    "try_again_later": "the bank says so",
    "withdrawal_count_limit_exceeded": "the card's limit is full for now",
}
HARD: dict[str, str] = {
    "authentication_required": "the holder must confirm, and is not there when a renewal is due",
    "authentication_not_handled": "the holder must confirm, and is not there",
    "card_not_supported": "this card cannot pay this way",
    "currency_not_supported": "this card cannot pay in this currency",
    "do_not_try_again": "the bank says so",
    "expired_card": "the network sends the new date if there is one",
    "fraudulent": "the bank fears fraud",
    "highest_risk_level": "blocked as too risky",
    "incorrect_address": "details are wrong",
    "incorrect_cvc": "details are wrong",
    "incorrect_number": "details are wrong",
    "incorrect_zip": "details are wrong",
    "invalid_account": "the account is closed or never was",
    "invalid_cvc": "details are wrong",
    "invalid_expiry_month": "details are wrong",
    "invalid_expiry_year": "details are wrong",
    "invalid_number": "details are wrong",
    "live_mode_test_card": "a test card where money is real",
    "lost_card": "the card was reported lost",
    "merchant_blacklist": "the payer is on our own list",
    "new_account_information_available": "the card was replaced",
    "no_such_card": "the gateway does not hold the card any more",
    "not_permitted": "the bank does not allow it",
    "offline_pin_required": "the card wants its holder",
    "online_or_offline_pin_required": "the card wants its holder",
    "payment_intent_authentication_failure": "the holder did not confirm",
    "pickup_card": "the card was reported lost or stolen",
    "restricted_card": "the card was reported lost or stolen",
    "revocation_of_all_authorizations": "the holder withdrew the permission",
    "revocation_of_authorization": "the holder withdrew the permission",
    "security_violation": "the bank does not say why, and means it",
    "service_not_allowed": "the card cannot do this",
    "stolen_card": "the card was reported stolen",
    "stop_payment_order": "the holder withdrew the permission",
    "testmode_decline": "a test card of the wrong kind",
    "transaction_not_allowed": "the card cannot do this",
}


def outcome_of(code: str) -> Outcome:
    """Soft or hard. A code nobody knows is soft: it is tried on the few days there are."""
    return Outcome.HARD_DECLINE if code in HARD else Outcome.SOFT_DECLINE
