"""What the database itself refuses of claims and answers, tried with raw SQL."""

from datetime import timedelta
from typing import Any

import pytest

from claims.actions.answer_in_stead import answer_in_stead
from claims.actions.reinstate import reinstate
from claims.actions.submit import withdraw
from claims.links import hash_of
from claims.models import AddressCorrection, ApprovalLink, Claim, Verdict
from portal.mail.actions.queue import Draft, queue
from portal.testing import builders as make
from portal.testing.assertions import (
    FIXED,
    NEVER_CHANGES,
    NEVER_DELETED,
    delete_row,
    insert_like,
    refused,
    set_columns,
)

pytestmark = pytest.mark.django_db


# --- Claims --------------------------------------------------------------------------------------


def test_a_site_has_one_open_claim_of_an_account() -> None:
    claim = make.claim_submitted()

    with refused("one_open_claim"):
        insert_like(claim, programme_year=2027)


def test_a_claim_with_our_team_is_an_open_one() -> None:
    claim = make.claim_submitted()

    with refused("one_open_claim"):
        insert_like(claim, programme_year=2027, state="with_staff")


def test_a_claim_whose_site_moved_leaves_the_year_to_another() -> None:
    claim = make.claim_submitted()
    set_columns(claim, state="moved")

    assert insert_like(claim, state="awaiting") == 1
    with refused("one_claim_a_year"):
        insert_like(claim, state="approved", ref="a-third")


@pytest.mark.parametrize(
    "state",
    ["approved", "declined", "refused", "lapsed", "withdrawn", "merged", "awaiting", "with_staff"],
)
def test_a_site_has_one_claim_of_an_account_and_year(state) -> None:
    claim = make.claim_submitted()
    make.answered(claim=claim, verdict=Verdict.DECLINE)

    with refused("one_claim_a_year"):
        insert_like(claim, state=state)


def test_another_year_or_another_account_has_a_claim_of_its_own() -> None:
    claim = make.claim_submitted()
    make.answered(claim=claim)

    assert insert_like(claim, state="approved", programme_year=2027) == 1
    charlie = make.account(owner="Charlie")
    assert insert_like(claim, account_id=charlie.pk, state="approved", ref="another") == 1


def test_nobody_claims_a_site_of_their_own_account() -> None:
    claim = make.claim_submitted()

    with refused("claim_is_on_anothers_site"):
        insert_like(claim, client_id=claim.account_id, state="lapsed")


def test_a_claim_has_a_known_state() -> None:
    claim = make.claim_submitted()

    with refused("claim_state_known"):
        set_columns(claim, state="maybe")


@pytest.mark.parametrize(
    "column", ["ref", "account_id", "site_id", "client_id", "programme_year", "submitted_at"]
)
def test_what_was_claimed_by_whom_and_when_never_changes(column) -> None:
    claim = make.claim_submitted()
    other = {
        "ref": "other",
        "account_id": make.account(owner="Charlie").pk,
        "site_id": make.site().pk,
        "client_id": make.account(owner="Charlie").pk,
        "programme_year": 2030,
        "submitted_at": claim.submitted_at + timedelta(days=1),
    }

    with refused(FIXED):
        set_columns(claim, **{column: other[column]})


def test_a_claim_is_never_deleted() -> None:
    claim = Claim(pk=make.claim_submitted().pk)

    with refused(NEVER_DELETED):
        delete_row(claim)


# --- Requests ------------------------------------------------------------------------------------


def test_a_claim_is_asked_about_once() -> None:
    claim = make.claim_submitted()

    with refused("claims_approvalrequest_claim_id|mail_id"):
        insert_like(claim.request)


def test_whom_the_client_was_asked_as_never_changes() -> None:
    claim = make.claim_submitted()

    with refused(FIXED):
        set_columns(claim.request, sent_to="alice@studio.example")
    with refused(FIXED):
        set_columns(claim.request, sent_on=make.TODAY - timedelta(days=1))


def test_another_mail_asks_only_where_staff_corrected_the_address() -> None:
    request = make.claim_submitted().request
    mail = queue(Draft(kind="claims/request", key="again", to="carol@bakery.example"))

    with refused(FIXED):
        set_columns(request, mail_id=mail.pk)


def test_an_address_is_corrected_once_with_a_reason_and_for_good() -> None:
    row = make.address_corrected(claim=make.claim_unreached())

    mails = [
        queue(Draft(kind="claims/request", key=f"another:{n}", to="carol@bakery.example")).pk
        for n in (1, 2)
    ]

    with refused("claims_addresscorrection_request_id"):
        insert_like(row, old_mail_id=mails[0], mail_id=mails[1])
    with refused("correction_has_a_reason"):
        AddressCorrection.objects.create(**{**_columns(row), "reason": ""})
    with refused(NEVER_CHANGES):
        set_columns(row, new_address="alice@studio.example")
    with refused(NEVER_CHANGES):
        delete_row(row)


def _columns(row: AddressCorrection) -> dict[str, Any]:
    fields = [field for field in row._meta.concrete_fields if not field.primary_key]
    return {field.attname: getattr(row, field.attname) for field in fields}


def test_a_request_that_was_followed_up_is_never_due_for_another() -> None:
    request = make.claim_submitted().request
    mail = queue(Draft(kind="claims/follow_up", key="again", to="carol@bakery.example"))

    with refused("one_follow_up"):
        set_columns(request, follow_up_mail_id=mail.pk)


def test_a_link_belongs_to_one_request_and_never_changes() -> None:
    request = make.claim_submitted().request
    link = ApprovalLink.objects.create(
        request=request, token_hash=hash_of("token"), mail=request.mail
    )

    with refused("token_hash"):
        insert_like(link)
    with refused(NEVER_CHANGES):
        set_columns(link, token_hash=hash_of("other"))
    with refused(NEVER_CHANGES):
        delete_row(link)


# --- Answers -------------------------------------------------------------------------------------


def test_an_answer_is_written_once() -> None:
    answer = make.answered(claim=make.claim_submitted())

    with refused("answer_ordinal_unique"):
        insert_like(answer)
    with refused(NEVER_CHANGES):
        set_columns(answer, verdict="decline", reason="abuse")
    with refused(NEVER_CHANGES):
        delete_row(answer)


def test_an_answer_has_the_name_of_who_gave_it() -> None:
    answer = make.answered(claim=make.claim_submitted())

    with refused("answer_has_a_name"):
        insert_like(answer, ordinal=2, answered_by="")


@pytest.mark.parametrize(("verdict", "reason"), [("decline", ""), ("approve", "abuse"), ("", "")])
def test_a_decline_has_a_reason_and_nothing_else_has(verdict, reason) -> None:
    answer = make.answered(claim=make.claim_submitted())

    with refused("decline_has_a_reason"):
        insert_like(answer, ordinal=2, verdict=verdict, reason=reason)


def test_a_withdrawal_is_written_once() -> None:
    claim = make.claim_submitted()
    withdraw(claim, by=claim.submitted_by, at=make.noon(make.TODAY))

    with refused("claims_withdrawal_claim_id"):
        insert_like(claim.withdrawal)
    with refused(NEVER_CHANGES):
        delete_row(claim.withdrawal)


def test_a_reinstatement_is_written_once_for_an_answer_and_has_a_reason() -> None:
    claim = make.claim_submitted()
    declined = make.answered(claim=claim, verdict=Verdict.DECLINE)
    reinstated = reinstate(
        claim, by=make.person(name="Dana"), reason="A slip", at=make.noon(make.TODAY)
    )

    with refused("claims_reinstatement_answer_id"):
        insert_like(reinstated)
    with refused(NEVER_CHANGES):
        set_columns(reinstated, reason="")
    assert declined.reinstatement == reinstated


def test_a_reinstatement_without_a_reason_is_none() -> None:
    claim = make.claim_submitted()
    make.answered(claim=claim, verdict=Verdict.DECLINE)

    with refused("reinstatement_has_a_reason"):
        reinstate(claim, by=make.person(name="Dana"), reason="", at=make.noon(make.TODAY))


# --- Submissions, and answers of our team --------------------------------------------------------


def test_what_was_sent_in_and_how_it_was_answered_never_changes() -> None:
    line = make.claim_submitted().lines.get()

    for row, change in ((line, {"typed": "other"}), (line.submission, {"account_id": 1})):
        with refused(NEVER_CHANGES):
            set_columns(row, **change)
        with refused(NEVER_CHANGES):
            delete_row(row)


@pytest.mark.parametrize("outcome", ["accepted", "with_staff"])
def test_a_line_that_was_accepted_has_its_claim(outcome) -> None:
    line = make.claim_submitted().lines.get()

    with refused("line_accepted_has_a_claim"):
        insert_like(line, outcome=outcome, claim_id=None)
    assert insert_like(line, outcome="not_found", claim_id=None) == 1


def test_a_line_has_a_known_outcome() -> None:
    with refused("line_outcome_known"):
        insert_like(make.claim_submitted().lines.get(), outcome="maybe")


def test_our_team_answers_a_claim_once_with_a_reason_and_a_verdict() -> None:
    other, claim = make.claim_submitted(), make.claim_submitted(site=make.clients_site())
    set_columns(claim, state="with_staff")
    dana = make.person(name="Dana")
    given = answer_in_stead(
        claim, verdict=Verdict.DECLINE, reason="Seen", by=dana, at=make.noon(make.TODAY)
    )

    with refused("claims_staffanswer_claim_id"):
        insert_like(given)
    with refused("staff_answer_has_a_reason"):
        insert_like(given, claim_id=other.pk, reason="")
    with refused("staff_answer_known"):
        insert_like(given, claim_id=other.pk, verdict="maybe")
    with refused(NEVER_CHANGES):
        set_columns(given, reason="Other")
