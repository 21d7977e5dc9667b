"""The marketplace for everyone: the directory, a partner's page, and asking for a quote."""

from typing import Any

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_safe

from partners.actions.marketplace.quotes import Asked, request_quote
from partners.directory import directory
from partners.errors import NotListedError, TooManyQuotesError
from partners.marketplace_forms import DirectoryFilter, QuoteForm
from partners.models import Profile
from partners.quote_stamps import held_for, is_stale, opened, opened_anew
from partners.refusals import why_not
from partners.standings import rank_held, ranks_held
from partners.structured_data import item_list, organization
from portal.lib import clock
from portal.lib.nudge import nudge
from portal.lib.pages import page_of
from portal.mail.tasks import send_mail


@login_not_required
@require_safe
def partners_listed(request: HttpRequest) -> HttpResponse:
    """Who is listed: searched, filtered, page by page."""
    form = DirectoryFilter(request.GET or None)
    chosen = form.cleaned_data if form.is_valid() else {}
    today = clock.today()
    page = page_of(request, directory(on=today, words=chosen.pop("q", ""), **chosen))
    ranks = ranks_held([one.account_id for one in page], on=today)
    return render(
        request,
        "partners/marketplace/directory.html",
        {
            "form": form,
            "page": page,
            "entries": [(one, ranks[one.account_id]) for one in page],
            "is_narrowed": any(request.GET.get(name) for name in form.fields),
            "canonical": _canonical(page.number),
            "structured": item_list(
                [(one.name, _url_of(one.account.ref)) for one in page], first=page.start_index()
            ),
        },
    )


@login_not_required
@require_safe
def partner(request: HttpRequest, account_ref: str) -> HttpResponse:
    """A partner's own page, with the form to ask for a quote."""
    profile = _listed(account_ref)
    stamp = opened(profile.account, at=clock.now())
    return _partner_page(request, profile, form=QuoteForm(), stamp=stamp)


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def quote(request: HttpRequest, account_ref: str) -> HttpResponse:
    """Ask for a quote. Machines get the answer people get, and nothing is sent."""
    profile, at = _listed(account_ref), clock.now()
    stamp = request.POST.get("opened") or opened(profile.account, at=at)
    form = QuoteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if is_stale(stamp, profile.account, at=at):
            stamp = opened_anew(profile.account, at=at)
            form.add_error(None, _("This form was open for long. Please send it once more."))
        elif _ask(request, profile, form):
            return redirect(f"{_path_of(account_ref)}#content")
    return _partner_page(request, profile, form=form, stamp=stamp)


def _ask(request: HttpRequest, profile: Profile, form: QuoteForm) -> bool:
    """Whether the request was taken; if not, the form says why."""
    at = clock.now()
    asked = Asked(
        **form.cleaned_data,
        ip_address=get_adapter(request).get_client_ip(request),
        held_for=held_for(
            request.POST.get("opened", ""),
            profile.account,
            trap=request.POST.get("company", ""),
            at=at,
        ),
    )
    try:
        request_quote(profile.account, asked, at=at)
    except (NotListedError, TooManyQuotesError) as refusal:
        form.add_error(None, why_not(refusal))
        return False
    nudge(send_mail)
    told = {"partner": profile.name, "email": asked.email}
    text = _("Your request is on its way to %(partner)s. They answer to %(email)s.")
    messages.success(request, text % told)
    return True


def _partner_page(
    request: HttpRequest, profile: Profile, *, form: QuoteForm, stamp: str
) -> HttpResponse:
    url = _url_of(profile.account.ref)
    context: dict[str, Any] = {
        "profile": profile,
        "held": rank_held(profile.account, on=clock.today()),
        "form": form,
        "stamp": stamp,
        "canonical": url,
        "structured": organization(profile, url=url, logo_url=_logo_url(profile)),
    }
    return render(request, "partners/marketplace/partner.html", context)


@login_not_required
@require_safe
@cache_control(public=True, max_age=3600)
def sitemap(request: HttpRequest) -> HttpResponse:
    """Every public page of the marketplace, for search engines."""
    listed = Profile.objects.listed().order_by("pk").values_list("account__ref", "changed_at")
    return render(
        request,
        "partners/marketplace/sitemap.xml",
        {
            "directory": _canonical(1),
            "pages": [(_url_of(ref), clock.date_of(at).isoformat()) for ref, at in listed],
        },
        content_type="application/xml",
    )


def _path_of(account_ref: str) -> str:
    """A partner's page; the address stays the same whatever becomes of the name."""
    return reverse("partners:partner", args=[account_ref])


def _url_of(account_ref: str) -> str:
    return f"{settings.SITE_URL}{_path_of(account_ref)}"


def _canonical(page: int) -> str:
    """A page of the whole directory: searches are not pages of their own."""
    path: str = settings.SITE_URL + reverse("partners:directory")
    return f"{path}?page={page}" if page > 1 else path


def _listed(account_ref: str) -> Profile:
    return get_object_or_404(Profile.objects.listed().with_logo(), account__ref=account_ref)


def _logo_url(profile: Profile) -> str:
    if profile.logo is None:
        return ""
    path = reverse("partners:logo_image", args=[profile.account.ref, profile.logo.digest])
    return f"{settings.SITE_URL}{path}"
