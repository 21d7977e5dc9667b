"""The shop as a browser without scripts sees it: its addresses, its words, its links."""

import html
import re
from urllib.parse import parse_qs, urlsplit

from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from billing.models import Plan
from billing.rules import Cycle, Kind
from partners.models import Account, Site
from portal.testing import builders as make


def signed_in(name: str) -> Client:
    client = Client()
    client.force_login(make.person(name=name))
    return client


def on_sale(kind: Kind, *, cycle: Cycle = Cycle.YEARLY, code: str = "", **terms) -> Plan:
    plan = make.plan(kind=kind, cycle=cycle, code=code)
    make.price(plan=plan, **terms)
    return plan


def shop(account: Account, kind: Kind, *, site: Site | None = None) -> str:
    known = {"account_ref": account.ref, "kind": kind.value}
    if site is None:
        return reverse("billing:department", kwargs=known)
    return reverse("billing:site_department", kwargs=known | {"site_ref": site.ref})


def order(account: Account, plan: Plan, *, site: Site | None = None) -> str:
    known = {"account_ref": account.ref, "product": plan.product.code, "cycle": plan.cycle}
    if site is None:
        return reverse("billing:purchase", kwargs=known)
    return reverse("billing:site_purchase", kwargs=known | {"site_ref": site.ref})


def text_of(response: HttpResponse) -> str:
    assert response.status_code == 200
    shown = re.sub(
        r"<(script|style|head)\b.*?</\1>", " ", response.content.decode(), flags=re.DOTALL
    )
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", shown)).split())


def links_of(response: HttpResponse) -> list[str]:
    return [html.unescape(one) for one in re.findall(r'href="([^"]+)"', response.content.decode())]


def query_of(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def press(client: Client, url: str, **data: str):
    """Buy at the total the page shows."""
    shown = re.search(r'name="total" value="([^"]*)"', client.get(url).content.decode())
    return client.post(url, {"total": shown[1] if shown else "0"} | data)
