"""What each staff role may do: one table. A superuser may do everything.

Money, points, answers and mail can be seen only: their pages refuse changes whatever the role. What
changes them are actions, each under the permission named here (putting a claim right needs
`claims.add_reinstatement`, answering one in the client's stead `claims.add_staffanswer`, asking a
client again `claims.add_addresscorrection`, merging a duplicate `claims.add_merger`, closing a
report of abuse `claims.add_abusefinding`,
deciding on an application `partners.add_applicationdecision`, taking a parked account up again
`billing.delete_parkedaccount`, paying money back `billing.add_refund`, approving what somebody
else pays back `billing.add_refunddecision`, adjusting points
`partners.add_adjustmentrequest`, approving what somebody else adjusts
`partners.add_adjustmentdecision`).
"""

from collections.abc import Iterable

from django.apps import apps
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Concat


def _may(verbs: str, app: str, models: str) -> frozenset[str]:
    return frozenset(f"{app}.{verb}_{model}" for verb in verbs.split() for model in models.split())


SEE_PARTNERS = _may("view", "portal", "user") | _may(
    "view",
    "partners",
    "account membership pendingmembership site contributor contributorapproval enrolment"
    " notificationchoice",
)
SEE_PROGRAMME = _may(
    "view",
    "partners",
    "programme programmeterms programmeyear rank pointvalue standing pointsentry"
    " qualifyingevent eventvoid pointsdue adjustmentrequest adjustmentdecision linequestion"
    " lineanswer badgerevocation staffvisit",
)
SEE_MARKETPLACE = _may(
    "view",
    "partners",
    "profile logoimage application applicationdecision applicationwithdrawal listing quoterequest",
)
SEE_CLAIMS = _may(
    "view",
    "claims",
    "claim approvalrequest addresscorrection answer withdrawal reinstatement abusereport"
    " abusefinding staffanswer merger",
)
SEE_BILLING = _may(
    "view",
    "billing",
    "subscription period cancellation invoice invoiceline paymentattempt paymentmethod"
    " creditnote creditnoteline refund refundrequest refunddecision dispute pricenotice"
    " nonprofitverification parkedaccount gatewayevent couponbatch coupon redemption",
)
SEE_CATALOGUE = _may("view", "billing", "product plan price sale saleoffer taxrate volumeprice")
SEE_MAIL = _may("view", "mail", "message mailevent")
SEE_HISTORY = _may("view", "portal", "historyentry")
SEE_ALL = (
    SEE_PARTNERS
    | SEE_PROGRAMME
    | SEE_MARKETPLACE
    | SEE_CLAIMS
    | SEE_BILLING
    | SEE_CATALOGUE
    | SEE_MAIL
)

PUT_CLAIMS_RIGHT = _may("add", "claims", "reinstatement addresscorrection staffanswer merger")
LOOK_INTO_ABUSE = _may("add", "claims", "abusefinding")
KEEP_ACCOUNTS = _may("change", "partners", "account")
KEEP_PEOPLE = _may("change", "portal", "user")
VERIFY_NONPROFITS = _may("add", "billing", "nonprofitverification")
# Paying back, and being the second person for what somebody else wants paid back.
PAY_BACK = _may("add", "billing", "refund refunddecision")
TAKE_UP_PARKED = _may("delete", "billing", "parkedaccount")
RUN_PROGRAMME = _may("add change", "partners", "programme programmeterms programmeyear") | _may(
    "add change delete", "partners", "rank pointvalue"
)
# Asking for points to be adjusted, and being the second person for somebody else's.
ADJUST_POINTS = _may("add", "partners", "adjustmentrequest adjustmentdecision")
LOOK_ON = _may("add", "partners", "staffvisit")
REVOKE_BADGES = _may("add change", "partners", "badgerevocation")
ANSWER_QUESTIONS = _may("add", "partners", "lineanswer")
RUN_MARKETPLACE = _may("add", "partners", "applicationdecision") | _may(
    "add change", "partners", "listing"
)
RUN_CATALOGUE = _may("add change", "billing", "product plan price sale taxrate volumeprice") | _may(
    "add change delete", "billing", "saleoffer"
)

ROLES: dict[str, frozenset[str]] = {
    # Answers partners and clients.
    "support": SEE_ALL
    | LOOK_ON
    | PUT_CLAIMS_RIGHT
    | LOOK_INTO_ABUSE
    | KEEP_ACCOUNTS
    | ANSWER_QUESTIONS,
    # Decides what the programme is; has no business with invoices and cards.
    "programme manager": SEE_PARTNERS
    | SEE_PROGRAMME
    | SEE_MARKETPLACE
    | SEE_CLAIMS
    | SEE_CATALOGUE
    | SEE_MAIL
    | PUT_CLAIMS_RIGHT
    | LOOK_INTO_ABUSE
    | ADJUST_POINTS
    | ANSWER_QUESTIONS
    | REVOKE_BADGES
    | RUN_PROGRAMME
    | RUN_MARKETPLACE,
    # Money in and out; what clients answered is not theirs to read.
    "finance": SEE_PARTNERS
    | SEE_PROGRAMME
    | SEE_BILLING
    | SEE_CATALOGUE
    | SEE_MAIL
    | RUN_CATALOGUE
    | VERIFY_NONPROFITS
    | PAY_BACK
    | TAKE_UP_PARKED,
    "administrator": SEE_ALL
    | SEE_HISTORY
    | LOOK_ON
    | PUT_CLAIMS_RIGHT
    | LOOK_INTO_ABUSE
    | KEEP_ACCOUNTS
    | KEEP_PEOPLE
    | VERIFY_NONPROFITS
    | PAY_BACK
    | TAKE_UP_PARKED
    | ADJUST_POINTS
    | ANSWER_QUESTIONS
    | REVOKE_BADGES
    | RUN_PROGRAMME
    | RUN_MARKETPLACE
    | RUN_CATALOGUE,
}


@transaction.atomic
def ensure_roles() -> None:
    """Make each role's group hold exactly what the table says; changes nothing the second time.

    Raises ValueError for a permission that does not exist.
    """
    wanted = frozenset().union(*ROLES.values())
    # Django makes an app's permissions when that app's turn has come; ours may be before it.
    for app in sorted({name.partition(".")[0] for name in wanted}):
        create_permissions(apps.get_app_config(app), verbosity=0)
    known = _permissions(wanted)
    if missing := wanted - known.keys():
        raise ValueError(f"no such permissions: {', '.join(sorted(missing))}")
    for role, names in ROLES.items():
        group, _ = Group.objects.get_or_create(name=role)
        group.permissions.set([known[name] for name in names])


def _permissions(names: Iterable[str]) -> dict[str, Permission]:
    named = Permission.objects.alias(app=F("content_type__app_label")).annotate(
        full_name=Concat("app", Value("."), "codename")
    )
    found = named.filter(full_name__in=list(names))
    return {permission.full_name: permission for permission in found}
