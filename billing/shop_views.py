"""The shop: what can be bought, for what, on which cycle and in which currency."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from billing.forms import NameForm, SiteSearch
from billing.models.catalogue import CYCLES
from billing.names import as_people_write
from billing.rules import KINDS_SOLD_IN_BULK, SOLD_FOR, Kind, Subject
from billing.shop import DEPARTMENTS, Shelf, shelf, sites_to_choose, stocked
from billing.subjects import BoughtFor
from partners.access import AccountRequest, account_page, render_in_account
from partners.models import Site
from partners.roles import Can
from portal.lib import clock
from portal.lib.pages import page_of


@require_safe
@account_page(Can.PAY)
def shop(request: AccountRequest) -> HttpResponse:
    """Everything that is sold, by kind."""
    context = {"active_tab": "billing", "departments": stocked()}
    return render_in_account(request, "billing/shop/shop.html", context)


@require_safe
@account_page(Can.PAY)
def site_shop(request: AccountRequest, site_ref: str) -> HttpResponse:
    """What is sold for a site."""
    site = get_object_or_404(Site.objects.in_account(request.account), ref=site_ref)
    departments = [(one, names) for one, names in stocked() if one.is_for_sites]
    return render_in_account(
        request,
        "billing/shop/site_shop.html",
        {"active_tab": "sites", "site": site, "departments": departments},
    )


@require_safe
@account_page(Can.PAY)
def department(request: AccountRequest, kind: Kind) -> HttpResponse:
    """What is sold of a kind; for sites, the sites to choose from come first."""
    match SOLD_FOR[kind]:
        case Subject.SITE:
            return _choose_site(request, kind)
        case Subject.ACCOUNT:
            found = _shelf(request, kind, subject=None)
            return _shelf_page(request, kind, found, active_tab="billing")
        case Subject.DOMAIN | Subject.MAILBOX:
            return _shelf_by_name(request, kind)


@require_safe
@account_page(Can.PAY)
def site_department(request: AccountRequest, site_ref: str, kind: Kind) -> HttpResponse:
    """What is sold of a kind for this site."""
    site = get_object_or_404(Site.objects.in_account(request.account), ref=site_ref)
    if SOLD_FOR[kind] is not Subject.SITE:
        raise Http404
    found = _shelf(request, kind, subject=site)
    return _shelf_page(request, kind, found, active_tab="sites", site=site)


def _choose_site(request: AccountRequest, kind: Kind) -> HttpResponse:
    form = SiteSearch(request.GET or None)
    address = form.cleaned_data["q"] if form.is_valid() else ""
    sites = page_of(request, sites_to_choose(request.account, kind, address=address))
    return render_in_account(
        request,
        "billing/shop/choose_site.html",
        {
            "active_tab": "billing",
            "department": DEPARTMENTS[kind],
            "form": form,
            "sites": sites,
        },
    )


def _shelf_by_name(request: AccountRequest, kind: Kind) -> HttpResponse:
    """A shelf whose plans can be chosen once the domain or mailbox has been typed."""
    form = NameForm(request.GET if "name" in request.GET else None, kind=kind)
    name = form.cleaned_data["name"] if form.is_valid() else ""
    found = _shelf(request, kind, subject=name)
    shown = as_people_write(name)
    if found.is_taken:
        text = _("%(name)s is taken: it runs already. Type another one.")
        form.add_error("name", text % {"name": shown})
    return _shelf_page(request, kind, found, active_tab="billing", form=form, name=shown)


def _shelf(request: AccountRequest, kind: Kind, *, subject: BoughtFor) -> Shelf:
    return shelf(
        request.account,
        kind,
        subject=subject,
        currency=request.GET.get("currency", ""),
        cycle=request.GET.get("cycle", ""),
        on=clock.today(),
    )


def _shelf_page(
    request: AccountRequest, kind: Kind, found: Shelf, *, site: Site | None = None, **context: Any
) -> HttpResponse:
    heading = str(DEPARTMENTS[kind].heading) % {"site": site}
    words = dict(CYCLES)
    context |= {
        "heading": heading,
        "shelf": found,
        "site": site,
        "takes_coupons": site is not None and kind in KINDS_SOLD_IN_BULK,
        "cycles": [(cycle.value, words[cycle.value]) for cycle in found.cycles],
        "currencies": [(currency, currency) for currency in found.currencies],
    }
    return render_in_account(request, "billing/shop/shelf.html", context)
