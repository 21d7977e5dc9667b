"""Buying: everything is said on one page, and its button buys."""

from dataclasses import dataclass

from django.contrib import messages
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from billing.actions.purchase import buy
from billing.emails.unpaid import decline_in_words
from billing.errors import (
    AlreadySubscribedError,
    NoPaymentMethodError,
    NoPriceError,
    NotForSaleError,
    PaymentDeclinedError,
    PaymentInDoubtError,
    PriceChangedError,
    WrongSubjectError,
)
from billing.forms import BuyForm
from billing.models import Plan, Subscription
from billing.names import BadNameError
from billing.reviews import Review, review
from billing.rules import KINDS_THAT_EARN_POINTS, SOLD_FOR, Kind, Subject
from billing.subjects import BoughtFor, name_to_keep, runs_already, to_begin
from partners.access import AccountRequest, account_page, render_in_account
from partners.models import Site
from partners.roles import Can
from portal.lib import clock

DECLINED = "declined"
REFUSALS = {
    NoPaymentMethodError: gettext_lazy("There is no card yet. Add one, and you come back here."),
    NotForSaleError: gettext_lazy("It is not sold any more. Please choose something else."),
    PriceChangedError: gettext_lazy("It costs something else than when this page was opened."),
}


@require_http_methods(["GET", "HEAD", "POST"])
@account_page(Can.PAY)
def purchase(request: AccountRequest, product: str, cycle: str, site_ref: str = "") -> HttpResponse:
    """What is charged now, what later, when and why then; and the button that buys."""
    asked = _asked(request, product, cycle, site_ref)
    form = BuyForm(request.POST if request.method == "POST" else None)
    try:
        told = review(asked.wanted(), on=clock.today())
    except (BadNameError, NoPriceError):
        return redirect(asked.shelf_url)  # where it says what is missing
    if request.method == "POST":
        if form.is_valid() and _is_bought(request, told, form):
            return redirect(asked.done_url)
    elif runs_already(told.wanted) or not asked.plan.is_sold:
        return redirect(asked.shelf_url)
    return render_in_account(
        request,
        "billing/shop/purchase.html",
        {
            "active_tab": "sites" if asked.site else "billing",
            "review": told,
            "form": form,
            "is_declined": form.has_error(NON_FIELD_ERRORS, DECLINED),
            "button": BuyForm(initial={"total": told.offer.now.gross_amount}),
            "change_url": asked.shelf_url,
            "cards_url": asked.cards_url,
        },
    )


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the address asks for, and the ways from here."""

    request: AccountRequest
    plan: Plan
    site: Site | None

    def wanted(self) -> Subscription:
        """The subscription it would be. Raises BadNameError; Http404 if it is sold for others."""
        account, kind = self.request.account, Kind(self.plan.product.kind)
        subject: BoughtFor = self.site
        if SOLD_FOR[kind] in {Subject.DOMAIN, Subject.MAILBOX} and self.site is None:
            subject = name_to_keep(kind, self.request.GET.get("name", ""))
        currency = self.request.GET.get("currency") or account.currency
        try:
            return to_begin(
                account, self.plan, subject=subject, currency=currency, on=clock.today()
            )
        except WrongSubjectError as error:
            raise Http404 from error

    @property
    def shelf_url(self) -> str:
        """Back to what there is to choose from, with what was chosen and typed."""
        chosen = self.request.GET
        told = {name: chosen[name] for name in ("currency", "name") if name in chosen}
        known = {"account_ref": self.request.account.ref, "kind": self.plan.product.kind}
        if self.site is None:
            page = reverse("billing:department", kwargs=known)
        else:
            page = reverse("billing:site_department", kwargs=known | {"site_ref": self.site.ref})
        return f"{page}?{urlencode({'cycle': self.plan.cycle, **told})}"

    @property
    def cards_url(self) -> str:
        """To the cards, and from there back here, the choice as it is."""
        query = urlencode({"next": self.request.get_full_path()})
        return f"{reverse('billing:cards', args=[self.request.account.ref])}?{query}"

    @property
    def done_url(self) -> str:
        """Where it can be seen once it is bought."""
        page = "home:sites" if self.site else "billing:overview"
        return reverse(page, args=[self.request.account.ref])


def _asked(request: AccountRequest, product: str, cycle: str, site_ref: str) -> _Asked:
    plans = Plan.objects.select_related("product")
    plan = get_object_or_404(plans, product__code=product, cycle=cycle)
    sites = Site.objects.in_account(request.account)
    site = get_object_or_404(sites, ref=site_ref) if site_ref else None
    return _Asked(request, plan, site)


def _is_bought(request: AccountRequest, told: Review, form: BuyForm) -> bool:
    """Buy it, with a word on how it went; or put the reason why not into the form."""
    wanted = told.wanted
    try:
        buy(
            wanted.account,
            wanted.plan,
            subject=wanted.site or wanted.label or None,
            currency=wanted.currency,
            by=request.user,
            on=clock.today(),
            shown_amount=form.cleaned_data["total"],
        )
    except PaymentDeclinedError as refusal:
        form.add_error(None, ValidationError(decline_in_words(refusal.code), code=DECLINED))
    except tuple(REFUSALS) as refusal:
        form.add_error(None, REFUSALS[type(refusal)])
    except AlreadySubscribedError:
        text = _("%(what)s runs already, and was not charged again.")
        messages.info(request, text % {"what": wanted.in_words})
    except PaymentInDoubtError:
        text = _("Your bank has not answered yet. The purchase completes by itself when it does.")
        messages.warning(request, text)
    else:
        messages.success(request, _bought_in_words(told))
    return not form.errors


def _bought_in_words(told: Review) -> str:
    wanted = told.wanted
    if wanted.plan.product.kind in KINDS_THAT_EARN_POINTS:
        return " ".join([_("%(site)s is upgraded.") % {"site": wanted.site}, told.points])
    return _("Bought and paid: %(what)s.") % {"what": wanted.in_words}
