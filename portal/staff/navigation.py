"""The admin's sidebar, grouped by work; everyone sees the part their role opens."""

import re
from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# Group → entries: title, icon (Material Symbols), the model's label, and if it is not the list as
# such: the list's filter behind "?", or the page beside it behind "/".
SIDEBAR = (
    (
        _("Claims"),
        (
            (_("To put right"), "rule", "claims.claim?state__exact=declined"),
            (_("To answer"), "how_to_reg", "claims.claim?state__exact=with_staff"),
            (_("Not reached"), "unsubscribe", "claims.claim?unreached=yes"),
            (_("All claims"), "handshake", "claims.claim"),
            (_("Reports of abuse"), "flag", "claims.abusereport"),
        ),
    ),
    (
        _("Partners"),
        (
            (_("Accounts"), "domain", "partners.account"),
            (_("Sites"), "language", "partners.site"),
            (_("People"), "group", "portal.user"),
            (_("Visits"), "visibility", "partners.staffvisit"),
        ),
    ),
    (
        _("Programme"),
        (
            (_("Programme years"), "calendar_month", "partners.programmeyear"),
            (_("Opening date"), "event_available", "partners.programme"),
            (_("Terms"), "gavel", "partners.programmeterms"),
            (_("Enrolments"), "how_to_reg", "partners.enrolment"),
            (_("Standings"), "leaderboard", "partners.standing"),
            (_("Points ledger"), "stars", "partners.pointsentry"),
            (_("Adjustments"), "exposure", "partners.adjustmentrequest"),
            (_("Questions on lines"), "contact_support", "partners.linequestion"),
            (_("Revoked badges"), "block", "partners.badgerevocation"),
            (_("Qualifying events"), "bolt", "partners.qualifyingevent"),
            (_("Points due"), "hourglass_top", "partners.pointsdue"),
            (_("Contributor approvals"), "verified", "partners.contributorapproval"),
        ),
    ),
    (
        _("Marketplace"),
        (
            (_("To decide"), "pending_actions", "partners.application?state__exact=open"),
            (_("All applications"), "storefront", "partners.application"),
            (_("Listings"), "public", "partners.listing"),
            (_("Profiles"), "badge", "partners.profile"),
            (_("Logos"), "image", "partners.logoimage"),
            (_("Requests for quotes"), "request_quote", "partners.quoterequest"),
        ),
    ),
    (
        _("Billing"),
        (
            (_("Subscriptions"), "autorenew", "billing.subscription"),
            (_("Coming charges"), "event_upcoming", "billing.subscription/coming"),
            (_("Invoices"), "receipt_long", "billing.invoice"),
            (_("Invoice lines"), "list_alt", "billing.invoiceline"),
            (_("Credit notes"), "undo", "billing.creditnote"),
            (_("Refunds"), "currency_exchange", "billing.refund"),
            (_("Refunds asked for"), "approval_delegation", "billing.refundrequest"),
            (_("Disputes"), "balance", "billing.dispute"),
            (_("Coupon batches"), "confirmation_number", "billing.couponbatch"),
            (_("Coupons"), "qr_code_2", "billing.coupon"),
            (_("Coupons used"), "task_alt", "billing.redemption"),
            (_("Payment attempts"), "credit_score", "billing.paymentattempt"),
            (_("Payment methods"), "credit_card", "billing.paymentmethod"),
            (_("Gateway events"), "webhook", "billing.gatewayevent"),
            (_("Price notices"), "campaign", "billing.pricenotice"),
            (_("Parked accounts"), "pause_circle", "billing.parkedaccount"),
            (_("Non-profits"), "volunteer_activism", "billing.nonprofitverification"),
        ),
    ),
    (
        _("Catalogue"),
        (
            (_("Products"), "inventory_2", "billing.product"),
            (_("Plans"), "sell", "billing.plan"),
            (_("Prices"), "payments", "billing.price"),
            (_("Sales"), "local_offer", "billing.sale"),
            (_("Tax rates"), "percent", "billing.taxrate"),
            (_("Volume prices"), "stacks", "billing.volumeprice"),
        ),
    ),
    (
        _("Mail"),
        (
            (_("Messages"), "mail", "mail.message"),
            (_("Came back"), "undo", "mail.message?life=came_back"),
            (_("Mail events"), "webhook", "mail.mailevent"),
            (_("Notification choices"), "notifications_off", "partners.notificationchoice"),
        ),
    ),
    (
        _("Who changed what"),
        ((_("History log"), "history", "portal.historyentry"),),
    ),
)


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """The groups and entries this person may open."""
    groups: list[dict[str, Any]] = []
    for title, entries in SIDEBAR:
        items = [
            _item(request, *entry)
            for entry in entries
            if request.user.has_perm(view_permission(entry[2]))
        ]
        if items:
            groups.append({"title": title, "separator": bool(groups), "items": items})
    return groups


def view_permission(target: str) -> str:
    app, _dot, model = re.split(r"[?/]", target)[0].partition(".")
    return f"{app}.view_{model}"


def _address(target: str) -> tuple[str, str]:
    """The path and the query an entry leads to."""
    place, _mark, query = target.partition("?")
    label, _slash, page = place.partition("/")
    return reverse(f"admin:{label.replace('.', '_')}_{page or 'changelist'}"), query


def _item(request: HttpRequest, title: str | Promise, icon: str, target: str) -> dict[str, Any]:
    path, query = _address(target)
    return {
        "title": title,
        "icon": icon,
        "link": f"{path}?{query}" if query else path,
        "active": _is_open(request, path=path, query=query),
    }


def _is_open(request: HttpRequest, *, path: str, query: str) -> bool:
    """The entry the page belongs to: of two for one list, the one whose filter or page is open."""
    if not request.path.startswith(path):
        return False
    if query:
        return query in request.GET.urlencode()
    others = [_address(entry[2]) for _title, entries in SIDEBAR for entry in entries]
    pages = [other for other, _query in others if len(other) > len(path)]
    filters = [other for _path, other in others if other]
    return not (
        any(request.path.startswith(page) for page in pages)
        or any(part in request.GET.urlencode() for part in filters)
    )


def sign_in_link(request: HttpRequest) -> str:
    return reverse("mfa_index")


def fonts(request: HttpRequest) -> str:
    return static("css/fonts.css")


def stylesheet(request: HttpRequest) -> str:
    return static("css/staff.css")


def favicon(request: HttpRequest) -> str:
    return static("img/favicon.svg")
