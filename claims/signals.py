"""What makes a decline look wrong: said of the answer in force, for staff to judge by.

How soon a mail was opened is not among them: opening changes nothing, so nothing is kept of it.
"""

from django.db.models import (
    CharField,
    DateTimeField,
    Exists,
    ExpressionWrapper,
    Func,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
)

from claims import rules
from claims.models import Answer, Claim
from portal.mail.models import Message


class Network(Func):
    """The network an address is in."""

    template = (
        "network(set_masklen(%(expressions)s,"
        " CASE family(%(expressions)s) WHEN 4 THEN {} ELSE {} END))"
    ).format(*rules.SIGNALS.network_bits)
    output_field = CharField()


def with_signals(claims: QuerySet[Claim]) -> QuerySet[Claim]:
    """Each claim with what its answer in force looks like, in the query that reads the claims.

    `is_fast`: it came within seconds of a mail. `is_network_shared`: other clients' answers came
    from the same network at that time. `is_scanner`: no browser gave it.
    """
    in_force = Answer.objects.filter(claim=OuterRef("pk")).order_by("-ordinal")
    known = claims.annotate(
        answer_id=Subquery(in_force.values("pk")[:1]),
        answer_reason=Subquery(in_force.values("reason")[:1]),
        answered_at=Subquery(in_force.values("answered_at")[:1]),
        answered_from=Subquery(
            in_force.annotate(network=Network("ip_address")).values("network")[:1]
        ),
    )
    return known.annotate(
        is_fast=Exists(_mails_just_before()),
        is_network_shared=Exists(_others_from_its_network()),
        is_scanner=Exists(_given_by_a_program()),
    )


def _mails_just_before() -> QuerySet[Message]:
    mails = Q(pk=OuterRef("request__mail")) | Q(pk=OuterRef("request__follow_up_mail"))
    earliest = OuterRef("answered_at") - rules.SIGNALS.fast
    return Message.objects.filter(
        mails,
        sent_at__gte=ExpressionWrapper(earliest, DateTimeField()),
        sent_at__lte=OuterRef("answered_at"),
    )


def _others_from_its_network() -> QuerySet[Answer]:
    at, within = OuterRef("answered_at"), rules.SIGNALS.network_within
    around = Answer.objects.filter(
        answered_at__gte=ExpressionWrapper(at - within, DateTimeField()),
        answered_at__lte=ExpressionWrapper(at + within, DateTimeField()),
    )
    others = around.exclude(claim__client=OuterRef("client"))
    return others.annotate(network=Network("ip_address")).filter(network=OuterRef("answered_from"))


def _given_by_a_program() -> QuerySet[Answer]:
    names = "|".join(rules.SIGNALS.scanners)
    unnamed = Q(user_agent="", ip_address__isnull=False)
    return Answer.objects.filter(Q(user_agent__iregex=names) | unnamed, pk=OuterRef("answer_id"))
